/*
 * The loops of the ear, for each level of vector instructions. Plain C is the truth; each wider
 * level computes the same bits.
 */
#ifndef SPIKELOOM_CORE_MEDIA_COCHLEA_KERNELS_H
#define SPIKELOOM_CORE_MEDIA_COCHLEA_KERNELS_H

#include "core/base/cpu.h"
#include "core/media/cochlea.h"

/*
 * Values below the first count as 0 in every feedback path: a cascade that dies away would spend
 * a long silence in subnormal numbers, many times slower on most processors. Values beyond the
 * second are cut, so that squares of them stay finite. Sound is nowhere near either.
 */
#define COCHLEA_TINY         1e-150
#define COCHLEA_HUGE         1e+100
#define COCHLEA_GAIN_CEILING 0.9

struct cochlea_kernels {
    /* Bytes of scratch for an ear of that many sections. */
    size_t (*scratch_size)(int num_sections);
    /*
     * From rest: samples [num_frames * decimation] to frames [num_frames][num_channels]. `scratch`
     * is aligned to MEM_ALIGNMENT; what it holds before does not matter.
     */
    void (*run)(const struct cochlea_design *design, const double *samples, size_t num_frames,
                double *frames, void *scratch);
};

/* The kernels of a level that cpu_has_level: its own, or the best that there are below it. */
const struct cochlea_kernels *cochlea_kernels_get(enum cpu_level level);

#ifdef __x86_64__
extern const struct cochlea_kernels cochlea_kernels_avx2;
extern const struct cochlea_kernels cochlea_kernels_avx512;
#endif

#endif
