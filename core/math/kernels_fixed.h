/*
 * Sums of rows in fixed point, written once for the levels of vector instructions. A file of one
 * includes it after it has defined FIXED_INLINE, with which its functions begin, FIXED_VECTOR, a
 * vector of FIXED_LANES integers, and FIXED_LOAD, FIXED_ADD and FIXED_SUB on these. Private to
 * them.
 */
#ifndef SPIKELOOM_CORE_MATH_KERNELS_FIXED_H
#define SPIKELOOM_CORE_MATH_KERNELS_FIXED_H

#include "core/math/kernels.h"
#include "core/math/unroll.h"

#ifdef FIXED_VECTOR

FIXED_INLINE void load_fixed(FIXED_VECTOR *sum, int n, const int16_t *row)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = FIXED_LOAD(row + i * FIXED_LANES);
}

FIXED_INLINE void copy_fixed(FIXED_VECTOR *sum, int n, const FIXED_VECTOR *from)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = from[i];
}

/* n vectors of the sum plus a row, or less it. */
FIXED_INLINE void add_fixed(FIXED_VECTOR *sum, int n, bool less, const int16_t *row)
{
    UNROLL
    for (int i = 0; i < n; i++) {
        FIXED_VECTOR weight = FIXED_LOAD(row + i * FIXED_LANES);
        sum[i] = less ? FIXED_SUB(sum[i], weight) : FIXED_ADD(sum[i], weight);
    }
}

/* The same of the rows, `width` apart, of a span of the layer's list. */
FIXED_INLINE void add_fixed_rows(FIXED_VECTOR *sum, int n, bool less,
                                 const struct kernel_layer *layer, struct kernel_span span,
                                 const int16_t *weight, size_t width)
{
    const uint32_t *pre = layer->pre + span.begin, *end = layer->pre + span.end;
    const int64_t first = layer->first;
    for (; pre + 2 <= end; pre += 2) {
        add_fixed(sum, n, less, weight + (size_t)(pre[0] - first) * width);
        add_fixed(sum, n, less, weight + (size_t)(pre[1] - first) * width);
    }
    if (pre < end)
        add_fixed(sum, n, less, weight + (size_t)(*pre - first) * width);
}

/* The sum of step s, kept for later ones in sums [1 + num_steps][n], of which row 0 is of none. */
FIXED_INLINE void sum_fixed_step(FIXED_VECTOR *sum, int n, FIXED_VECTOR *sums,
                                 const struct kernel_layer *layer, size_t s, const int16_t *weight,
                                 size_t width)
{
    const struct kernel_step *step = &layer->steps[s];
    copy_fixed(sum, n, sums + step->from * (size_t)n);
    add_fixed_rows(sum, n, false, layer, step->more, weight, width);
    add_fixed_rows(sum, n, true, layer, step->less, weight, width);
    copy_fixed(sums + (1 + s) * (size_t)n, n, sum);
}

#endif

#endif
