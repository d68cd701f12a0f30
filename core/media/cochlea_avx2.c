/* The ear's kernels of x86-64-v3: vectors of four doubles. */
#include "core/media/cochlea_kernels.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define LANES        4
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_INLINE LANES_TARGET static inline __attribute__((always_inline))
#define LANES_UNROLL _Pragma("GCC unroll 11")

typedef __m256d lanes;
typedef __m256d lanes_mask;

LANES_INLINE lanes lanes_all(double value)
{
    return _mm256_set1_pd(value);
}

LANES_INLINE lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_pd(a, b);
}

LANES_INLINE lanes lanes_sub(lanes a, lanes b)
{
    return _mm256_sub_pd(a, b);
}

LANES_INLINE lanes lanes_mul(lanes a, lanes b)
{
    return _mm256_mul_pd(a, b);
}

/* min and max keep their second operand unless the first is less, or greater */

LANES_INLINE lanes lanes_settled(lanes value)
{
    return _mm256_andnot_pd(_mm256_cmp_pd(value, lanes_all(COCHLEA_TINY), _CMP_LT_OQ), value);
}

LANES_INLINE lanes lanes_bounded(lanes value)
{
    lanes magnitude = _mm256_andnot_pd(lanes_all(-0.0), value);
    lanes tiny = _mm256_cmp_pd(magnitude, lanes_all(COCHLEA_TINY), _CMP_LT_OQ);
    value = _mm256_min_pd(lanes_all(COCHLEA_HUGE), _mm256_andnot_pd(tiny, value));
    return _mm256_max_pd(lanes_all(-COCHLEA_HUGE), value);
}

LANES_INLINE lanes lanes_capped(lanes value)
{
    return lanes_settled(_mm256_min_pd(value, lanes_all(COCHLEA_GAIN_CEILING)));
}

LANES_INLINE lanes lanes_rectified(lanes value)
{
    return _mm256_max_pd(value, _mm256_setzero_pd());
}

LANES_INLINE lanes_mask lanes_only(int lane)
{
    __m256i wanted = _mm256_set1_epi64x(lane), all = _mm256_set_epi64x(3, 2, 1, 0);
    return _mm256_castsi256_pd(_mm256_cmpeq_epi64(all, wanted));
}

LANES_INLINE lanes lanes_pick(lanes_mask mask, lanes chosen, lanes other)
{
    return _mm256_blendv_pd(other, chosen, mask);
}

LANES_INLINE lanes lanes_up(lanes lowest, lanes from)
{
    return _mm256_blend_pd(_mm256_permute4x64_pd(from, 0x93), lowest, 1);
}

LANES_INLINE lanes lanes_down(lanes highest, lanes from)
{
    return _mm256_blend_pd(_mm256_permute4x64_pd(from, 0x39), highest, 8);
}

LANES_INLINE lanes lanes_delayed(int step, lanes now, lanes late)
{
    return step == 0 ? _mm256_blend_pd(now, late, 0x5) : _mm256_blend_pd(now, late, 0x3);
}

#include "core/media/cochlea_lanes.inc"

const struct cochlea_kernels cochlea_kernels_avx2 = {lanes_scratch_size, lanes_run};

#endif
