/* Sums of rows and products for x86-64-v4. Vectors of 16 units; the last one of a row is masked. */
#include "core/math/kernels_avx512.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

/* How many vectors the next block has, when `count` units are left: no last one is narrow. */
AVX512_INLINE size_t wide_block(size_t count)
{
    size_t vectors = (count + AVX512_LANES - 1) / AVX512_LANES;
    return vectors <= 8 ? vectors : vectors < 16 ? (vectors + 1) / 2 : 8;
}

/* to = from + the rows, n vectors of `count` units. */
AVX512_INLINE void add_rows_block(int n, const float *from, float *to, const float *weight,
                                  size_t stride, size_t count, const uint32_t *pre,
                                  size_t num_spikes, int64_t first)
{
    const __mmask16 last = first_lanes(count - (size_t)(n - 1) * AVX512_LANES);
    __m512 sum[8];
    load(sum, n, last, from);
    for (size_t i = 0; i < num_spikes; i++)
        add(sum, n, last, weight + (size_t)(pre[i] - first) * stride);
    store(sum, n, last, to);
}

AVX512 static void avx512_add_rows(float *current, const float *weight, size_t stride, size_t count,
                                   const uint32_t *pre, size_t num_spikes, int64_t first)
{
    for (size_t at = 0, n; at < count; at += n * AVX512_LANES) {
        n = wide_block(count - at);
#define BODY(n)                                                                                    \
    add_rows_block(n, current + at, current + at, weight + at, stride, count - at, pre,            \
                   num_spikes, first)
        BLOCK_OF(n, BODY)
#undef BODY
    }
}

AVX512_INLINE void add_lists_block(int n, float *sums, size_t stride, size_t num_lists,
                                   const float *start, const float *matrix, size_t row_stride,
                                   size_t count, const uint32_t *list, const uint32_t *begin)
{
    for (size_t i = 0; i < num_lists; i++, sums += stride)
        add_rows_block(n, start ? start : sums, sums, matrix, row_stride, count, list + begin[i],
                       begin[i + 1] - begin[i], 0);
}

AVX512 static void avx512_add_lists(float *sums, size_t stride, size_t num_lists,
                                    const float *start, const float *matrix, size_t count,
                                    const uint32_t *list, const uint32_t *begin)
{
    for (size_t at = 0, n; at < count; at += n * AVX512_LANES) {
        n = wide_block(count - at);
#define BODY(n)                                                                                    \
    add_lists_block(n, sums + at, stride, num_lists, start ? start + at : NULL, matrix + at,       \
                    count, count - at, list, begin)
        BLOCK_OF(n, BODY)
#undef BODY
    }
}

/* Inputs of which the nonzero ones are listed at a time. */
enum { AVX512_INPUTS = 256 };

AVX512_INLINE void add_scaled_block(int n, float *current, const float *weight, size_t stride,
                                    size_t count, const uint32_t *pre, const float *value,
                                    size_t num_values)
{
    const __mmask16 last = first_lanes(count - (size_t)(n - 1) * AVX512_LANES);
    __m512 sum[8];
    load(sum, n, last, current);
    for (size_t i = 0; i < num_values; i++) {
        const float *row = weight + pre[i] * stride;
        const __m512 scale = _mm512_set1_ps(value[i]);
        UNROLL
        for (int k = 0; k < n - 1; k++)
            sum[k] = _mm512_add_ps(sum[k],
                                   _mm512_mul_ps(scale, _mm512_loadu_ps(row + k * AVX512_LANES)));
        sum[n - 1] = _mm512_add_ps(
            sum[n - 1],
            _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(last, row + (n - 1) * AVX512_LANES)));
    }
    store(sum, n, last, current);
}

AVX512 static void add_scaled_some(float *current, const float *weight, size_t count,
                                   const uint32_t *pre, const float *value, size_t num_values)
{
    for (size_t at = 0, n; at < count; at += n * AVX512_LANES) {
        n = wide_block(count - at);
#define BODY(n)                                                                                    \
    add_scaled_block(n, current + at, weight + at, count, count - at, pre, value, num_values)
        BLOCK_OF(n, BODY)
#undef BODY
    }
}

AVX512 static size_t avx512_add_scaled(float *current, const float *weight, size_t count,
                                       const float *value, size_t num_pre)
{
    uint32_t pre[AVX512_INPUTS];
    float scale[AVX512_INPUTS];
    size_t all = 0;
    for (size_t begin = 0; begin < num_pre; begin += AVX512_INPUTS) {
        size_t size = num_pre - begin < AVX512_INPUTS ? num_pre - begin : AVX512_INPUTS, found = 0;
        __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        for (size_t i = 0; i < size; i += AVX512_LANES) {
            __m512 some = _mm512_maskz_loadu_ps(first_lanes(size - i), value + begin + i);
            /* as != does: a value that is no number is not skipped */
            __mmask16 set = _mm512_cmp_ps_mask(some, _mm512_setzero_ps(), _CMP_NEQ_UQ);
            _mm512_storeu_epi32(pre + found, _mm512_maskz_compress_epi32(set, index));
            _mm512_storeu_ps(scale + found, _mm512_maskz_compress_ps(set, some));
            index = _mm512_add_epi32(index, _mm512_set1_epi32(AVX512_LANES));
            /* not the mask itself: gcc 12 may spill 16 bits of it and then count 32 (seen with
             * ThreadSanitizer) */
            found += (size_t)__builtin_popcount(_cvtmask16_u32(set));
        }
        add_scaled_some(current, weight + begin * count, count, pre, scale, found);
        all += found;
    }
    return all;
}

enum { AVX512_SUMS = 5, AVX512_WIDTH = 4 }; /* that share the rows of a product; vectors of them */

/* `rows` sums from sum `i` on, n vectors of each; the last one is masked. */
AVX512_INLINE void multiply_block(const struct kernel_product *p, int rows, int n, size_t i,
                                  size_t at)
{
    const __mmask16 last = first_lanes(p->count - at - (size_t)(n - 1) * AVX512_LANES);
    const float *factor = p->factors + i * p->factor_sum;
    __m512 sum[AVX512_SUMS][AVX512_WIDTH], row[AVX512_WIDTH];
    UNROLL
    for (int r = 0; r < rows; r++)
        load(sum[r], n, last, p->sums + p->sum_rows[i + (size_t)r] * p->sum_stride + at);
    for (size_t k = 0; k < p->num_terms; k++, factor += p->factor_term) {
        load(row, n, last, p->matrix + p->matrix_rows[k] * p->matrix_stride + at);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const __m512 scale = _mm512_set1_ps(factor[(size_t)r * p->factor_sum]);
            UNROLL
            for (int c = 0; c < n; c++)
                sum[r][c] = _mm512_add_ps(sum[r][c], _mm512_mul_ps(scale, row[c]));
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        store(sum[r], n, last, p->sums + p->sum_rows[i + (size_t)r] * p->sum_stride + at);
}

AVX512_INLINE void multiply_columns(const struct kernel_product *product, int n, size_t at)
{
    size_t i = 0;
    for (; i + AVX512_SUMS <= product->num_sums; i += AVX512_SUMS)
        multiply_block(product, AVX512_SUMS, n, i, at);
    for (; i < product->num_sums; i++)
        multiply_block(product, 1, n, i, at);
}

AVX512 static void avx512_multiply(const struct kernel_product *product)
{
    for (size_t at = 0, n; at < product->count; at += n * AVX512_LANES) {
        size_t vectors = (product->count - at + AVX512_LANES - 1) / AVX512_LANES;
        size_t blocks = (vectors + AVX512_WIDTH - 1) / AVX512_WIDTH;
        n = (vectors + blocks - 1) / blocks;
#define BODY(n) multiply_columns(product, n, at)
        switch (n) {
            CASE(1, BODY)
            CASE(2, BODY)
            CASE(3, BODY)
            CASE(4, BODY)
        }
#undef BODY
    }
}

void kernels_use_avx512_sums(struct kernels *kernels)
{
    kernels->add_rows = avx512_add_rows;
    kernels->add_lists = avx512_add_lists;
    kernels->add_scaled = avx512_add_scaled;
    kernels->multiply = avx512_multiply;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx512_sums_empty;

#endif
