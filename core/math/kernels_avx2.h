/*
 * What the files of the kernels for x86-64-v3 share: vectors of a row, and the parts that each of
 * them adds to kernels_use_avx2. Private to them.
 */
#ifndef SPIKELOOM_CORE_MATH_KERNELS_AVX2_H
#define SPIKELOOM_CORE_MATH_KERNELS_AVX2_H

#include "core/math/kernels.h"
#include "core/math/unroll.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <immintrin.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

enum { AVX2_LANES = 8 };

AVX2_INLINE void load(__m256 *sum, int n, const float *from)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = _mm256_loadu_ps(from + i * AVX2_LANES);
}

AVX2_INLINE void add(__m256 *sum, int n, const float *row)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = _mm256_add_ps(sum[i], _mm256_loadu_ps(row + i * AVX2_LANES));
}

AVX2_INLINE void store(const __m256 *sum, int n, float *to)
{
    UNROLL
    for (int i = 0; i < n; i++)
        _mm256_storeu_ps(to + i * AVX2_LANES, sum[i]);
}

void kernels_use_avx2_sums(struct kernels *kernels);
void kernels_use_avx2_layers(struct kernels *kernels);

#endif

#endif
