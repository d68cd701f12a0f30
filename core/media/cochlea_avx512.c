/* The ear's kernels of x86-64-v4: vectors of eight doubles. */
#include "core/media/cochlea_kernels.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define LANES        8
#define LANES_TARGET __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define LANES_INLINE LANES_TARGET static inline __attribute__((always_inline))
#define LANES_UNROLL _Pragma("GCC unroll 6")

typedef __m512d lanes;
typedef __mmask8 lanes_mask;

LANES_INLINE lanes lanes_all(double value)
{
    return _mm512_set1_pd(value);
}

LANES_INLINE lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_pd(a, b);
}

LANES_INLINE lanes lanes_sub(lanes a, lanes b)
{
    return _mm512_sub_pd(a, b);
}

LANES_INLINE lanes lanes_mul(lanes a, lanes b)
{
    return _mm512_mul_pd(a, b);
}

/* min and max keep their second operand unless the first is less, or greater */

LANES_INLINE lanes lanes_bounded(lanes value)
{
    __mmask8 large = _mm512_cmp_pd_mask(_mm512_abs_pd(value), lanes_all(COCHLEA_TINY), _CMP_NLT_UQ);
    value = _mm512_maskz_min_pd(large, lanes_all(COCHLEA_HUGE), value);
    return _mm512_max_pd(lanes_all(-COCHLEA_HUGE), value);
}

LANES_INLINE lanes lanes_settled(lanes value)
{
    __mmask8 large = _mm512_cmp_pd_mask(value, lanes_all(COCHLEA_TINY), _CMP_NLT_UQ);
    return _mm512_maskz_mov_pd(large, value);
}

LANES_INLINE lanes lanes_capped(lanes value)
{
    __mmask8 large = _mm512_cmp_pd_mask(value, lanes_all(COCHLEA_TINY), _CMP_NLT_UQ);
    return _mm512_maskz_min_pd(large, value, lanes_all(COCHLEA_GAIN_CEILING));
}

LANES_INLINE lanes lanes_rectified(lanes value)
{
    return _mm512_max_pd(value, _mm512_setzero_pd());
}

LANES_INLINE lanes_mask lanes_only(int lane)
{
    return (lanes_mask)(1 << lane);
}

LANES_INLINE lanes lanes_pick(lanes_mask mask, lanes chosen, lanes other)
{
    return _mm512_mask_mov_pd(other, mask, chosen);
}

LANES_INLINE lanes lanes_up(lanes lowest, lanes from)
{
    __m512i bits = _mm512_castpd_si512(from);
    return _mm512_castsi512_pd(
        _mm512_mask_alignr_epi64(_mm512_castpd_si512(lowest), 0xFE, bits, bits, 7));
}

LANES_INLINE lanes lanes_down(lanes highest, lanes from)
{
    __m512i bits = _mm512_castpd_si512(from);
    return _mm512_castsi512_pd(
        _mm512_mask_alignr_epi64(_mm512_castpd_si512(highest), 0x7F, bits, bits, 1));
}

LANES_INLINE lanes lanes_delayed(int step, lanes now, lanes late)
{
    return _mm512_mask_mov_pd(now, step == 0 ? 0x55 : step == 1 ? 0x33 : 0x0F, late);
}

#include "core/media/cochlea_lanes.inc"

const struct cochlea_kernels cochlea_kernels_avx512 = {lanes_scratch_size, lanes_run};

#endif
