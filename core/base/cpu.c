#include "core/base/cpu.h"

#include <stdatomic.h>
#include <string.h>

/* The level in use plus one; 0 until somebody asks. */
static atomic_int chosen;

const char *cpu_level_name(enum cpu_level level)
{
    static const char *const names[] = {
#define CPU_LEVEL_NAME(name, text) text,
        CPU_LEVEL_LIST(CPU_LEVEL_NAME)
#undef CPU_LEVEL_NAME
    };
    return names[level];
}

bool cpu_has_level(enum cpu_level level)
{
    switch (level) {
    case CPU_PLAIN:
        return true;
#ifdef __x86_64__
    case CPU_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CPU_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#endif
#ifdef __aarch64__
    case CPU_NEON:
        return true;
#endif
    default:
        return false;
    }
}

static enum cpu_level best_level(void)
{
    int level = CPU_LEVEL_COUNT - 1;
    while (!cpu_has_level((enum cpu_level)level))
        level--;
    return (enum cpu_level)level;
}

enum cpu_level cpu_level(void)
{
    int level = atomic_load_explicit(&chosen, memory_order_relaxed) - 1;
    if (level >= 0)
        return (enum cpu_level)level;
    level = (int)best_level(); /* every thread finds the same */
    atomic_store_explicit(&chosen, level + 1, memory_order_relaxed);
    return (enum cpu_level)level;
}

enum status cpu_use_level(enum cpu_level level, struct error *error)
{
    if (!cpu_has_level(level))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "This processor cannot run kernels of the level '%s'.",
                         cpu_level_name(level));
    atomic_store_explicit(&chosen, (int)level + 1, memory_order_relaxed);
    return STATUS_OK;
}

enum status cpu_use_level_named(const char *name, struct error *error)
{
    if (!strcmp(name, "auto"))
        return cpu_use_level(best_level(), error);
    for (int level = 0; level < CPU_LEVEL_COUNT; level++)
        if (!strcmp(name, cpu_level_name((enum cpu_level)level)))
            return cpu_use_level((enum cpu_level)level, error);
    return error_set(
        error, STATUS_INVALID_ARGUMENT,
        "There is no level of kernels '%s'; there are auto, plain, neon, avx2, avx512.", name);
}
