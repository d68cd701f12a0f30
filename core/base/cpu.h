/*
 * Which of the processor's vector instructions the kernels use. The plain C kernels are the truth;
 * a level above CPU_PLAIN replaces some of them by functions that give the same bits faster. The
 * best level of the processor is found on first use; a program may force a lower one before it
 * computes.
 */
#ifndef SPIKELOOM_CORE_BASE_CPU_H
#define SPIKELOOM_CORE_BASE_CPU_H

#include "core/base/status.h"

#include <stdbool.h>

/* Name and what it needs, from slow to fast. */
#define CPU_LEVEL_LIST(X)                                                                          \
    X(PLAIN, "plain")   /* what the compiler makes for the oldest processor of the architecture */ \
    X(NEON, "neon")     /* AArch64, where every processor has it */                                \
    X(AVX2, "avx2")     /* x86-64-v3 */                                                            \
    X(AVX512, "avx512") /* x86-64-v4: F, BW, CD, DQ and VL */

enum cpu_level {
#define CPU_LEVEL_ENUM(name, text) CPU_##name,
    CPU_LEVEL_LIST(CPU_LEVEL_ENUM)
#undef CPU_LEVEL_ENUM
        CPU_LEVEL_COUNT
};

/* "plain", "neon", "avx2", "avx512". */
const char *cpu_level_name(enum cpu_level level);

/* Whether this processor, and this build, can run kernels of that level. */
bool cpu_has_level(enum cpu_level level);

/* The level in use: the best there is unless cpu_use_level has chosen another. */
enum cpu_level cpu_level(void);

/*
 * Uses `level` from now on; before any thread computes. INVALID_ARGUMENT where the processor lacks
 * it.
 */
enum status cpu_use_level(enum cpu_level level, struct error *error);

/* The same by name, as a flag gives it; "auto" is the best there is. INVALID_ARGUMENT. */
enum status cpu_use_level_named(const char *name, struct error *error);

#endif
