/*
 * What the files of the kernels for x86-64-v4 share: vectors of a row, and the parts that each of
 * them adds to kernels_use_avx512. Private to them.
 */
#ifndef SPIKELOOM_CORE_MATH_KERNELS_AVX512_H
#define SPIKELOOM_CORE_MATH_KERNELS_AVX512_H

#include "core/math/kernels.h"
#include "core/math/unroll.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define AVX512_INLINE                                                                              \
    AVX512                                                                                         \
    static inline __attribute__((always_inline))

enum { AVX512_LANES = 16 };

/* A mask of the first `count` lanes, at most all. */
AVX512_INLINE __mmask16 first_lanes(size_t count)
{
    return count >= AVX512_LANES ? (__mmask16)0xFFFF : (__mmask16)((1u << count) - 1);
}

/* Vectors 0 .. n - 1 at `from`; the last one under a mask. */
AVX512_INLINE void load(__m512 *sum, int n, __mmask16 last, const float *from)
{
    UNROLL
    for (int i = 0; i < n - 1; i++)
        sum[i] = _mm512_loadu_ps(from + i * AVX512_LANES);
    sum[n - 1] = _mm512_maskz_loadu_ps(last, from + (n - 1) * AVX512_LANES);
}

AVX512_INLINE void add(__m512 *sum, int n, __mmask16 last, const float *row)
{
    UNROLL
    for (int i = 0; i < n - 1; i++)
        sum[i] = _mm512_add_ps(sum[i], _mm512_loadu_ps(row + i * AVX512_LANES));
    sum[n - 1] =
        _mm512_add_ps(sum[n - 1], _mm512_maskz_loadu_ps(last, row + (n - 1) * AVX512_LANES));
}

AVX512_INLINE void store(const __m512 *sum, int n, __mmask16 last, float *to)
{
    UNROLL
    for (int i = 0; i < n - 1; i++)
        _mm512_storeu_ps(to + i * AVX512_LANES, sum[i]);
    _mm512_mask_storeu_ps(to + (n - 1) * AVX512_LANES, last, sum[n - 1]);
}

/*
 * Columns of a row are taken n vectors at a time; the switch makes n a constant in each case, so
 * that sums stay in registers.
 */
#define BLOCK_OF(n, body)                                                                          \
    switch (n) {                                                                                   \
        CASE(1, body)                                                                              \
        CASE(2, body)                                                                              \
        CASE(3, body)                                                                              \
        CASE(4, body)                                                                              \
        CASE(5, body)                                                                              \
        CASE(6, body)                                                                              \
        CASE(7, body)                                                                              \
        CASE(8, body)                                                                              \
    }

void kernels_use_avx512_sums(struct kernels *kernels);
void kernels_use_avx512_layers(struct kernels *kernels);

#endif

#endif
