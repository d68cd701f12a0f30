/* Kernels for x86-64-v4. Vectors of 16 units; the last one of a row is masked. */
#include "core/math/kernels.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <immintrin.h>
#include <string.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#define AVX512_INLINE                                                                              \
    AVX512                                                                                         \
    static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

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
#define CASE(n, body)                                                                              \
    case n:                                                                                        \
        body(n);                                                                                   \
        break;
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

/* The potentials of 16 units after one step; *before and the spikes' mask on the way. */
AVX512_INLINE __mmask16 step(const struct kernel_neuron *neuron, __m512 *v, __m512 current,
                             __m512 *before)
{
    const __m512 threshold = _mm512_set1_ps(neuron->threshold);
    __m512 raised = _mm512_add_ps(_mm512_mul_ps(*v, _mm512_set1_ps(neuron->beta)), current);
    if (neuron->clamp)
        raised = _mm512_min_ps(raised, threshold);
    __mmask16 fires = _mm512_cmp_ps_mask(raised, threshold, _CMP_GE_OQ);
    *before = raised;
    *v = neuron->clamp ? _mm512_maskz_mov_ps((__mmask16)~fires, raised)
                       : _mm512_mask_sub_ps(raised, fires, raised, threshold);
    return fires;
}

AVX512 static void avx512_fire(const struct kernel_neuron *neuron, float *v, const float *current,
                               float *spiked, float *before, size_t count)
{
    const __m512 one = _mm512_set1_ps(1);
    for (size_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512 potential = _mm512_maskz_loadu_ps(lanes, v + i), raised;
        __mmask16 fires =
            step(neuron, &potential, _mm512_maskz_loadu_ps(lanes, current + i), &raised);
        _mm512_mask_storeu_ps(v + i, lanes, potential);
        _mm512_mask_storeu_ps(spiked + i, lanes, _mm512_maskz_mov_ps(fires, one));
        if (before)
            _mm512_mask_storeu_ps(before + i, lanes, raised);
    }
}

/* One step of a block: potentials, and the spikes' bits, 16 units in two bytes. */
AVX512_INLINE void finish_step(const struct kernel_neuron *neuron, int n, __mmask16 last, __m512 *v,
                               const __m512 *current, char *bits)
{
    __m512 before;
    UNROLL
    for (int i = 0; i < n; i++) {
        __mmask16 fires = step(neuron, &v[i], current[i], &before);
        fires = i == n - 1 ? fires & last : fires;
        memcpy(bits + i * 2, &fires, 2);
    }
}

/*
 * All steps of n vectors of units. Two steps at a time, as the sums of one alone would wait for
 * one another.
 */
AVX512_INLINE void run_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                             float *potential, uint64_t *words, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const __mmask16 last = first_lanes(layer->count - at - (size_t)(n - 1) * AVX512_LANES);
    const size_t stride = layer->stride;
    const float *weight = layer->weight + at;
    const int64_t first = layer->first;
    __m512 v[8], a[8], b[8];
    char *bits = (char *)words + at / 8;
    size_t s = 0;
    load(v, n, last, potential + at);
    for (; s + 2 <= layer->num_steps; s += 2) {
        const uint32_t *pre_a = layer->pre + layer->spans[s].begin;
        const uint32_t *pre_b = layer->pre + layer->spans[s + 1].begin;
        const uint32_t *end_a = layer->pre + layer->spans[s].end;
        const uint32_t *end_b = layer->pre + layer->spans[s + 1].end;
        load(a, n, last, layer->start + at);
        load(b, n, last, layer->start + at);
        while (pre_a < end_a && pre_b < end_b) {
            add(a, n, last, weight + (size_t)(*pre_a++ - first) * stride);
            add(b, n, last, weight + (size_t)(*pre_b++ - first) * stride);
        }
        while (pre_a < end_a)
            add(a, n, last, weight + (size_t)(*pre_a++ - first) * stride);
        while (pre_b < end_b)
            add(b, n, last, weight + (size_t)(*pre_b++ - first) * stride);
        finish_step(&neuron, n, last, v, a, bits + s * pitch * 8);
        finish_step(&neuron, n, last, v, b, bits + (s + 1) * pitch * 8);
    }
    if (s < layer->num_steps) {
        load(a, n, last, layer->start + at);
        for (uint32_t i = layer->spans[s].begin; i < layer->spans[s].end; i++)
            add(a, n, last, weight + (size_t)(layer->pre[i] - first) * stride);
        finish_step(&neuron, n, last, v, a, bits + s * pitch * 8);
    }
    store(v, n, last, potential + at);
}

/* Blocks begin where a word does; the last one is not narrow. */
AVX512_INLINE size_t layer_block(size_t count)
{
    size_t vectors = (count + AVX512_LANES - 1) / AVX512_LANES;
    return vectors < 8 ? vectors : 4;
}

AVX512 static void avx512_run_layer(const struct kernel_layer *layer, size_t from, float *v,
                                    uint64_t *words, size_t pitch)
{
    bool clamp = layer->neuron.clamp;
    for (size_t at = from, n; at < layer->count; at += n * AVX512_LANES) {
        n = layer_block(layer->count - at);
#define BODY(n)                                                                                    \
    if (clamp)                                                                                     \
        run_block(layer, n, true, at, v, words, pitch);                                            \
    else                                                                                           \
        run_block(layer, n, false, at, v, words, pitch)
        BLOCK_OF(n, BODY)
#undef BODY
    }
}

enum {
    AVX512_FIXED_LANES = 32,
    AVX512_MOST_FIXED = KERNEL_FIXED_RUN / AVX512_FIXED_LANES /* vectors of a run */
};

/* One step of 32 units in fixed point: their potentials, and the spikes' bits. */
AVX512_INLINE void finish_fixed(const struct kernel_neuron *neuron, const float *scale, __m512 *v,
                                __m512i sum, char *bits)
{
    __m512i low = _mm512_cvtepi16_epi32(_mm512_castsi512_si256(sum));
    __m512i high = _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(sum, 1));
    __m512 before;
    uint32_t fires = step(neuron, &v[0],
                          _mm512_mul_ps(_mm512_cvtepi32_ps(low), _mm512_loadu_ps(scale)), &before);
    fires |=
        (uint32_t)step(
            neuron, &v[1],
            _mm512_mul_ps(_mm512_cvtepi32_ps(high), _mm512_loadu_ps(scale + AVX512_LANES)), &before)
        << AVX512_LANES;
    memcpy(bits, &fires, sizeof fires);
}

AVX512_INLINE void add_fixed(__m512i *sum, int n, const int16_t *row)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = _mm512_add_epi16(sum[i], _mm512_loadu_si512(row + i * AVX512_FIXED_LANES));
}

/* All steps of a run of n vectors of 32 units. Those of the padding have no weights and stay 0. */
AVX512_INLINE void run_fixed_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                                   float *potential, uint64_t *words, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const size_t width = (size_t)n * AVX512_FIXED_LANES;
    const __mmask16 low = first_lanes(layer->count - at - (width - AVX512_FIXED_LANES));
    const __mmask16 high = layer->count - at > width - AVX512_LANES
                               ? first_lanes(layer->count - at - (width - AVX512_LANES))
                               : 0;
    const int16_t *weight = layer->fixed.weight + at * layer->fixed.num_rows;
    const int64_t first = layer->first;
    char *bits = (char *)words + at / 8;
    __m512 v[2 * AVX512_MOST_FIXED];
    load(v, 2 * n - 1, low, potential);
    v[2 * n - 1] = _mm512_maskz_loadu_ps(high, potential + width - AVX512_LANES);
    for (size_t s = 0; s < layer->num_steps; s++, bits += pitch * 8) {
        const uint32_t *pre = layer->pre + layer->spans[s].begin;
        const uint32_t *end = layer->pre + layer->spans[s].end;
        __m512i sum[AVX512_MOST_FIXED];
        UNROLL
        for (int i = 0; i < n; i++)
            sum[i] = _mm512_loadu_si512(layer->fixed.bias + at + i * AVX512_FIXED_LANES);
        for (; pre + 2 <= end; pre += 2) {
            add_fixed(sum, n, weight + (size_t)(pre[0] - first) * width);
            add_fixed(sum, n, weight + (size_t)(pre[1] - first) * width);
        }
        if (pre < end)
            add_fixed(sum, n, weight + (size_t)(*pre - first) * width);
        UNROLL
        for (int i = 0; i < n; i++)
            finish_fixed(&neuron, layer->fixed.scale + at + i * AVX512_FIXED_LANES, v + 2 * i,
                         sum[i], bits + i * 4);
    }
    store(v, 2 * n - 1, low, potential);
    _mm512_mask_storeu_ps(potential + width - AVX512_LANES, high, v[2 * n - 1]);
}

AVX512_INLINE void run_fixed_layer(const struct kernel_layer *layer, bool clamp, float *v,
                                   uint64_t *words, size_t pitch)
{
    for (size_t at = 0; at < layer->count; at += KERNEL_FIXED_RUN) {
#define BODY(n) run_fixed_block(layer, n, clamp, at, v + at, words, pitch)
        switch (kernel_fixed_run(at, layer->count) / AVX512_FIXED_LANES) {
            CASE(1, BODY)
            CASE(2, BODY)
            CASE(3, BODY)
            CASE(4, BODY)
        }
#undef BODY
    }
}

AVX512 static void avx512_run_fixed(const struct kernel_layer *layer, float *v, uint64_t *words,
                                    size_t pitch)
{
    if (layer->neuron.clamp)
        run_fixed_layer(layer, true, v, words, pitch);
    else
        run_fixed_layer(layer, false, v, words, pitch);
}

/* Those of 16 units that are set, `left` units from the end; units has room for these. */
AVX512_INLINE size_t list_lanes(__mmask16 set, __m512i unit, size_t left, uint32_t *units)
{
    size_t size = (size_t)__builtin_popcount(_cvtmask16_u32(set));
    /* a whole vector ends before unit 16 would, were all set */
    __mmask16 room = left >= AVX512_LANES ? (__mmask16)0xFFFF : first_lanes(size);
    _mm512_mask_storeu_epi32(units, room, _mm512_maskz_compress_epi32(set, unit));
    return size;
}

AVX512 static uint32_t avx512_list_bits(const uint64_t *words, size_t count, uint32_t *units)
{
    __m512i unit = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    for (size_t at = 0; at < count; at += AVX512_LANES) {
        __mmask16 set = (__mmask16)(words[at / 64] >> at % 64) & first_lanes(count - at);
        found += list_lanes(set, unit, count - at, units + found);
        unit = _mm512_add_epi32(unit, _mm512_set1_epi32(AVX512_LANES));
    }
    return (uint32_t)found;
}

AVX512 static uint32_t avx512_list_nonzero(const float *values, size_t count, uint32_t *units)
{
    __m512i unit = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    for (size_t at = 0; at < count; at += AVX512_LANES) {
        __m512 some = _mm512_maskz_loadu_ps(first_lanes(count - at), values + at);
        __mmask16 set = _mm512_cmp_ps_mask(some, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        found += list_lanes(set, unit, count - at, units + found);
        unit = _mm512_add_epi32(unit, _mm512_set1_epi32(AVX512_LANES));
    }
    return (uint32_t)found;
}

enum { AVX512_MOST_ROWS = 255 }; /* that a byte can count */

/* Adds what 64 bits of up to 255 rows count to counts [count <= 64]. */
AVX512_INLINE void count_word(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                              uint32_t *counts)
{
    __m512i bytes = _mm512_setzero_si512();
    for (size_t row = 0; row < num_rows; row++)
        bytes = _mm512_mask_sub_epi8(bytes, words[row * pitch], bytes, _mm512_set1_epi8(-1));
    uint8_t sums[64];
    _mm512_storeu_si512(sums, bytes);
    for (size_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512i more =
            _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(sums + i)));
        _mm512_mask_storeu_epi32(
            counts + i, lanes, _mm512_add_epi32(more, _mm512_maskz_loadu_epi32(lanes, counts + i)));
    }
}

AVX512 static void avx512_count_bits(const uint64_t *words, size_t pitch, size_t num_rows,
                                     size_t count, uint32_t *counts)
{
    memset(counts, 0, count * sizeof *counts);
    for (size_t row = 0; row < num_rows; row += AVX512_MOST_ROWS) {
        size_t rows = num_rows - row < AVX512_MOST_ROWS ? num_rows - row : AVX512_MOST_ROWS;
        for (size_t at = 0; at < count; at += 64)
            count_word(words + row * pitch + at / 64, pitch, rows,
                       count - at < 64 ? count - at : 64, counts + at);
    }
}

/*
 * Philox4x32-10 of core/base/rng.c, 8 counters at a time. Each word of the state has 64-bit lanes
 * of which the lower halves count; upper halves are what products leave there.
 */
AVX512_INLINE void philox(__m512i state[4], uint32_t key0, uint32_t key1)
{
    const __m512i factor0 = _mm512_set1_epi64(0xD2511F53), factor1 = _mm512_set1_epi64(0xCD9E8D57);
    UNROLL
    for (int round = 0; round < 10; round++) {
        __m512i product0 = _mm512_mul_epu32(state[0], factor0);
        __m512i product1 = _mm512_mul_epu32(state[2], factor1);
        __m512i round_key0 = _mm512_set1_epi64((uint32_t)(key0 + (uint32_t)round * 0x9E3779B9u));
        __m512i round_key1 = _mm512_set1_epi64((uint32_t)(key1 + (uint32_t)round * 0xBB67AE85u));
        state[0] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), state[1], round_key0,
                                             0x96); /* of three: exclusive or */
        state[2] =
            _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), state[3], round_key1, 0x96);
        state[1] = product1;
        state[3] = product0;
    }
}

/* The 32 numbers of 8 blocks that begin with `block`, in order. */
AVX512_INLINE void random_blocks(const struct rng *rng, uint32_t step, uint32_t block, __m512i *low,
                                 __m512i *high)
{
    const uint32_t index_low = (uint32_t)rng->index;
    const uint32_t index_high = (uint32_t)(rng->index >> 32) << 8 | (uint32_t)rng->stream;
    /* lanes in the order that unpacking makes good again */
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    __m512i state[4] = {_mm512_add_epi32(_mm512_set1_epi64(block), order), _mm512_set1_epi64(step),
                        _mm512_set1_epi64(index_low), _mm512_set1_epi64(index_high)};
    philox(state, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32));
    __m512i first = _mm512_mask_blend_epi32(0xAAAA, state[0], _mm512_slli_epi64(state[1], 32));
    __m512i second = _mm512_mask_blend_epi32(0xAAAA, state[2], _mm512_slli_epi64(state[3], 32));
    *low = _mm512_unpacklo_epi64(first, second);
    *high = _mm512_unpackhi_epi64(first, second);
}

AVX512 static void avx512_random(const struct rng *rng, uint32_t step, uint32_t first,
                                 uint32_t count, uint32_t *out)
{
    for (uint32_t done = 0; done < count; done += 2 * AVX512_LANES) {
        __m512i low, high;
        uint32_t left = count - done;
        random_blocks(rng, step, (first + done) / 4, &low, &high);
        _mm512_mask_storeu_epi32(out + done, first_lanes(left), low);
        if (left > AVX512_LANES)
            _mm512_mask_storeu_epi32(out + done + AVX512_LANES, first_lanes(left - AVX512_LANES),
                                     high);
    }
}

/* random < the whole part of a bound is the same as random + 1 <= the bound. */
AVX512_INLINE __mmask8 below(__m256 value, __m256i random, double probability)
{
    __m512d bound = _mm512_mul_pd(_mm512_cvtps_pd(value), _mm512_set1_pd(probability));
    bound = _mm512_mul_pd(bound, _mm512_set1_pd(0x1p32));
    __m512d next = _mm512_add_pd(_mm512_cvtepu32_pd(random), _mm512_set1_pd(1));
    return _mm512_cmp_pd_mask(next, bound, _CMP_LE_OQ);
}

AVX512 static void avx512_compare(const float *value, const uint32_t *random, size_t count,
                                  double probability, uint64_t *words)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i += 8) {
        __mmask8 lanes = (__mmask8)first_lanes(count - i < 8 ? count - i : 8);
        uint64_t found = below(_mm256_maskz_loadu_ps(lanes, value + i),
                               _mm256_maskz_loadu_epi32(lanes, random + i), probability);
        bits = i % 64 ? bits | found << i % 64 : found;
        words[i / 64] = bits;
    }
}

AVX512 static void avx512_adam(const struct kernel_adam *adam, float *weight, float *moment1,
                               float *moment2, const float *gradient, size_t count)
{
    const __m512 beta1 = _mm512_set1_ps(adam->beta1), rest1 = _mm512_set1_ps(adam->rest1);
    const __m512 beta2 = _mm512_set1_ps(adam->beta2), rest2 = _mm512_set1_ps(adam->rest2);
    const __m512 rate = _mm512_set1_ps(adam->rate), scale = _mm512_set1_ps(adam->scale);
    const __m512 epsilon = _mm512_set1_ps(adam->epsilon), decay = _mm512_set1_ps(adam->decay);
    for (size_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512 g = _mm512_maskz_loadu_ps(lanes, gradient + i);
        __m512 w = _mm512_maskz_loadu_ps(lanes, weight + i);
        __m512 m = _mm512_add_ps(_mm512_mul_ps(beta1, _mm512_maskz_loadu_ps(lanes, moment1 + i)),
                                 _mm512_mul_ps(rest1, g));
        __m512 s = _mm512_add_ps(_mm512_mul_ps(beta2, _mm512_maskz_loadu_ps(lanes, moment2 + i)),
                                 _mm512_mul_ps(_mm512_mul_ps(rest2, g), g));
        __m512 root = _mm512_add_ps(_mm512_sqrt_ps(_mm512_mul_ps(s, scale)), epsilon);
        __m512 change =
            _mm512_add_ps(_mm512_div_ps(_mm512_mul_ps(rate, m), root), _mm512_mul_ps(decay, w));
        _mm512_mask_storeu_ps(moment1 + i, lanes, m);
        _mm512_mask_storeu_ps(moment2 + i, lanes, s);
        _mm512_mask_storeu_ps(weight + i, lanes, _mm512_sub_ps(w, change));
    }
}

void kernels_use_avx512(struct kernels *kernels)
{
    kernels->add_rows = avx512_add_rows;
    kernels->add_lists = avx512_add_lists;
    kernels->add_scaled = avx512_add_scaled;
    kernels->multiply = avx512_multiply;
    kernels->fire = avx512_fire;
    kernels->run_layer = avx512_run_layer;
    kernels->run_fixed = avx512_run_fixed;
    kernels->list_bits = avx512_list_bits;
    kernels->list_nonzero = avx512_list_nonzero;
    kernels->count_bits = avx512_count_bits;
    kernels->random = avx512_random;
    kernels->compare = avx512_compare;
    kernels->adam = avx512_adam;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx512_empty;

#endif
