/* Sums of rows and products for x86-64-v3. Vectors of 8 units; plain kernels do what is left. */
#include "core/math/kernels_avx2.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

/* to = from + the rows, n vectors of them. */
AVX2_INLINE void add_rows_block(int n, const float *from, float *to, const float *weight,
                                size_t stride, const uint32_t *pre, size_t num_spikes,
                                int64_t first)
{
    __m256 sum[8];
    load(sum, n, from);
    for (size_t i = 0; i < num_spikes; i++)
        add(sum, n, weight + (size_t)(pre[i] - first) * stride);
    store(sum, n, to);
}

AVX2 static void avx2_add_rows(float *current, const float *weight, size_t stride, size_t count,
                               const uint32_t *pre, size_t num_spikes, int64_t first)
{
    size_t at = 0;
    for (; at + 64 <= count; at += 64)
        add_rows_block(8, current + at, current + at, weight + at, stride, pre, num_spikes, first);
    for (; at + 32 <= count; at += 32)
        add_rows_block(4, current + at, current + at, weight + at, stride, pre, num_spikes, first);
    for (; at + AVX2_LANES <= count; at += AVX2_LANES)
        add_rows_block(1, current + at, current + at, weight + at, stride, pre, num_spikes, first);
    if (at < count)
        kernels_plain.add_rows(current + at, weight + at, stride, count - at, pre, num_spikes,
                               first);
}

/* Columns at .. in blocks of n vectors, as many as there are; the next column. */
AVX2_INLINE size_t add_lists_blocks(int n, size_t at, float *sums, size_t stride, size_t num_lists,
                                    const float *start, const float *matrix, size_t count,
                                    const uint32_t *list, const uint32_t *begin)
{
    for (; at + (size_t)n * AVX2_LANES <= count; at += (size_t)n * AVX2_LANES) {
        for (size_t i = 0; i < num_lists; i++) {
            float *sum = sums + i * stride + at;
            add_rows_block(n, start ? start + at : sum, sum, matrix + at, count, list + begin[i],
                           begin[i + 1] - begin[i], 0);
        }
    }
    return at;
}

AVX2 static void avx2_add_lists(float *sums, size_t stride, size_t num_lists, const float *start,
                                const float *matrix, size_t count, const uint32_t *list,
                                const uint32_t *begin)
{
    size_t at = 0;
    at = add_lists_blocks(8, at, sums, stride, num_lists, start, matrix, count, list, begin);
    at = add_lists_blocks(4, at, sums, stride, num_lists, start, matrix, count, list, begin);
    at = add_lists_blocks(1, at, sums, stride, num_lists, start, matrix, count, list, begin);
    if (at < count)
        kernels_add_lists_by_rows(&kernels_plain, sums + at, stride, num_lists,
                                  start ? start + at : NULL, matrix + at, count, count - at, list,
                                  begin);
}

enum { AVX2_SUMS = 4, AVX2_WIDTH = 2 }; /* that share the rows of a product; vectors of them */

/* `rows` sums from sum `i` on, n vectors of each. */
AVX2_INLINE void multiply_block(const struct kernel_product *p, int rows, int n, size_t i,
                                size_t at)
{
    const float *factor = p->factors + i * p->factor_sum;
    __m256 sum[AVX2_SUMS][AVX2_WIDTH], row[AVX2_WIDTH];
    UNROLL
    for (int r = 0; r < rows; r++)
        load(sum[r], n, p->sums + p->sum_rows[i + (size_t)r] * p->sum_stride + at);
    for (size_t k = 0; k < p->num_terms; k++, factor += p->factor_term) {
        load(row, n, p->matrix + p->matrix_rows[k] * p->matrix_stride + at);
        UNROLL
        for (int r = 0; r < rows; r++) {
            const __m256 scale = _mm256_set1_ps(factor[(size_t)r * p->factor_sum]);
            UNROLL
            for (int c = 0; c < n; c++)
                sum[r][c] = _mm256_add_ps(sum[r][c], _mm256_mul_ps(scale, row[c]));
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        store(sum[r], n, p->sums + p->sum_rows[i + (size_t)r] * p->sum_stride + at);
}

AVX2_INLINE size_t multiply_columns(const struct kernel_product *product, int n, size_t at)
{
    const size_t width = (size_t)n * AVX2_LANES;
    for (; at + width <= product->count; at += width) {
        size_t i = 0;
        for (; i + AVX2_SUMS <= product->num_sums; i += AVX2_SUMS)
            multiply_block(product, AVX2_SUMS, n, i, at);
        for (; i < product->num_sums; i++)
            multiply_block(product, 1, n, i, at);
    }
    return at;
}

AVX2 static void avx2_multiply(const struct kernel_product *product)
{
    size_t at = multiply_columns(product, AVX2_WIDTH, 0);
    at = multiply_columns(product, 1, at);
    struct kernel_product rest = *product;
    rest.sums += at;
    rest.matrix += at;
    rest.count -= at;
    kernels_plain.multiply(&rest);
}

AVX2_INLINE void add_scaled_block(int n, float *current, const float *weight, size_t stride,
                                  const uint32_t *pre, const float *value, size_t num_values)
{
    __m256 sum[8];
    load(sum, n, current);
    for (size_t i = 0; i < num_values; i++) {
        const float *row = weight + pre[i] * stride;
        const __m256 scale = _mm256_set1_ps(value[i]);
        UNROLL
        for (int k = 0; k < n; k++)
            sum[k] =
                _mm256_add_ps(sum[k], _mm256_mul_ps(scale, _mm256_loadu_ps(row + k * AVX2_LANES)));
    }
    store(sum, n, current);
}

AVX2 static void add_scaled_some(float *current, const float *weight, size_t count,
                                 const uint32_t *pre, const float *value, size_t num_values)
{
    size_t at = 0;
    for (; at + 64 <= count; at += 64)
        add_scaled_block(8, current + at, weight + at, count, pre, value, num_values);
    for (; at + 32 <= count; at += 32)
        add_scaled_block(4, current + at, weight + at, count, pre, value, num_values);
    for (; at + AVX2_LANES <= count; at += AVX2_LANES)
        add_scaled_block(1, current + at, weight + at, count, pre, value, num_values);
    for (size_t i = 0; i < num_values; i++)
        for (size_t post = at; post < count; post++)
            current[post] += value[i] * weight[pre[i] * count + post];
}

AVX2 static size_t avx2_add_scaled(float *current, const float *weight, size_t count,
                                   const float *value, size_t num_pre)
{
    return kernels_add_scaled_by_lists(add_scaled_some, current, weight, count, value, num_pre);
}

void kernels_use_avx2_sums(struct kernels *kernels)
{
    kernels->add_rows = avx2_add_rows;
    kernels->add_lists = avx2_add_lists;
    kernels->add_scaled = avx2_add_scaled;
    kernels->multiply = avx2_multiply;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx2_sums_empty;

#endif
