/* Kernels for x86-64-v3. Vectors of 8 units; what is left of a row is done by the plain kernels. */
#include "core/math/kernels.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <immintrin.h>
#include <string.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

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

/* Inputs of which the nonzero ones are listed at a time. */
enum { AVX2_INPUTS = 256 };

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
    uint32_t pre[AVX2_INPUTS];
    float scale[AVX2_INPUTS];
    size_t all = 0;
    for (size_t begin = 0; begin < num_pre; begin += AVX2_INPUTS) {
        size_t size = num_pre - begin < AVX2_INPUTS ? num_pre - begin : AVX2_INPUTS, found = 0;
        for (size_t i = 0; i < size; i++) {
            pre[found] = (uint32_t)i;
            scale[found] = value[begin + i];
            found += value[begin + i] != 0;
        }
        add_scaled_some(current, weight + begin * count, count, pre, scale, found);
        all += found;
    }
    return all;
}

/* The potentials of 8 units after one step; *before on the way, and which spiked. */
AVX2_INLINE __m256 step(const struct kernel_neuron *neuron, __m256 *v, __m256 current,
                        __m256 *before)
{
    const __m256 threshold = _mm256_set1_ps(neuron->threshold);
    __m256 raised = _mm256_add_ps(_mm256_mul_ps(*v, _mm256_set1_ps(neuron->beta)), current);
    if (neuron->clamp)
        raised = _mm256_min_ps(raised, threshold);
    __m256 fires = _mm256_cmp_ps(raised, threshold, _CMP_GE_OQ);
    *before = raised;
    *v = neuron->clamp ? _mm256_andnot_ps(fires, raised)
                       : _mm256_sub_ps(raised, _mm256_and_ps(fires, threshold));
    return fires;
}

AVX2 static void avx2_fire(const struct kernel_neuron *neuron, float *v, const float *current,
                           float *spiked, float *before, size_t count)
{
    const __m256 one = _mm256_set1_ps(1);
    size_t i = 0;
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 potential = _mm256_loadu_ps(v + i), raised;
        __m256 fires = step(neuron, &potential, _mm256_loadu_ps(current + i), &raised);
        _mm256_storeu_ps(v + i, potential);
        _mm256_storeu_ps(spiked + i, _mm256_and_ps(fires, one));
        if (before)
            _mm256_storeu_ps(before + i, raised);
    }
    kernels_plain.fire(neuron, v + i, current + i, spiked + i, before ? before + i : NULL,
                       count - i);
}

/* One step of a block: potentials in memory, and the spikes' bits, 8 units in a byte. */
AVX2_INLINE void finish_step(const struct kernel_neuron *neuron, int n, float *potential,
                             const __m256 *current, unsigned char *bits)
{
    __m256 before;
    UNROLL
    for (int i = 0; i < n; i++) {
        __m256 v = _mm256_loadu_ps(potential + i * AVX2_LANES);
        bits[i] = (unsigned char)_mm256_movemask_ps(step(neuron, &v, current[i], &before));
        _mm256_storeu_ps(potential + i * AVX2_LANES, v);
    }
}

/*
 * All steps of n vectors of units. Two steps at a time, as the sums of one alone would wait for
 * one another.
 */
AVX2_INLINE void run_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                           float *potential, unsigned char *bits, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const size_t stride = layer->stride;
    const float *weight = layer->weight + at;
    const int64_t first = layer->first;
    __m256 a[4], b[4];
    size_t s = 0;
    bits += at / 8;
    for (; s + 2 <= layer->num_steps; s += 2) {
        const uint32_t *pre_a = layer->pre + layer->spans[s].begin;
        const uint32_t *pre_b = layer->pre + layer->spans[s + 1].begin;
        const uint32_t *end_a = layer->pre + layer->spans[s].end;
        const uint32_t *end_b = layer->pre + layer->spans[s + 1].end;
        load(a, n, layer->start + at);
        load(b, n, layer->start + at);
        while (pre_a < end_a && pre_b < end_b) {
            add(a, n, weight + (size_t)(*pre_a++ - first) * stride);
            add(b, n, weight + (size_t)(*pre_b++ - first) * stride);
        }
        while (pre_a < end_a)
            add(a, n, weight + (size_t)(*pre_a++ - first) * stride);
        while (pre_b < end_b)
            add(b, n, weight + (size_t)(*pre_b++ - first) * stride);
        finish_step(&neuron, n, potential + at, a, bits + s * pitch);
        finish_step(&neuron, n, potential + at, b, bits + (s + 1) * pitch);
    }
    if (s < layer->num_steps) {
        load(a, n, layer->start + at);
        for (uint32_t i = layer->spans[s].begin; i < layer->spans[s].end; i++)
            add(a, n, weight + (size_t)(layer->pre[i] - first) * stride);
        finish_step(&neuron, n, potential + at, a, bits + s * pitch);
    }
}

AVX2 static void avx2_run_layer(const struct kernel_layer *layer, size_t from, float *v,
                                uint64_t *words, size_t pitch)
{
    unsigned char *bits = (unsigned char *)words;
    size_t at = from;
    for (; at + 32 <= layer->count; at += 32)
        if (layer->neuron.clamp)
            run_block(layer, 4, true, at, v, bits, pitch * 8);
        else
            run_block(layer, 4, false, at, v, bits, pitch * 8);
    for (; at + AVX2_LANES <= layer->count; at += AVX2_LANES)
        if (layer->neuron.clamp)
            run_block(layer, 1, true, at, v, bits, pitch * 8);
        else
            run_block(layer, 1, false, at, v, bits, pitch * 8);
    if (at < layer->count)
        kernels_plain.run_layer(layer, at, v, words, pitch);
}

enum {
    AVX2_FIXED_LANES = 16,
    AVX2_MOST_FIXED = KERNEL_FIXED_RUN / AVX2_FIXED_LANES /* vectors of a run */
};

/* One step of 16 units in fixed point: their potentials, and the spikes' bits. */
AVX2_INLINE void finish_fixed(const struct kernel_neuron *neuron, const float *scale,
                              float *potential, __m256i sum, unsigned char *bits)
{
    __m256 current[2];
    current[0] = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(sum)));
    current[1] = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_extracti128_si256(sum, 1)));
    UNROLL
    for (int i = 0; i < 2; i++)
        current[i] = _mm256_mul_ps(current[i], _mm256_loadu_ps(scale + i * AVX2_LANES));
    finish_step(neuron, 2, potential, current, bits);
}

AVX2_INLINE void add_fixed(__m256i *sum, int n, const int16_t *row)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = _mm256_add_epi16(
            sum[i],
            _mm256_loadu_si256((const __m256i *)(const void *)(row + i * AVX2_FIXED_LANES)));
}

/* All steps of a run of n vectors of 16 units; potential [n * 16]. */
AVX2_INLINE void run_fixed_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                                 float *potential, unsigned char *bits, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const size_t width = (size_t)n * AVX2_FIXED_LANES;
    const int16_t *weight = layer->fixed.weight + at * layer->fixed.num_rows;
    const int64_t first = layer->first;
    for (size_t s = 0; s < layer->num_steps; s++, bits += pitch) {
        const uint32_t *pre = layer->pre + layer->spans[s].begin;
        const uint32_t *end = layer->pre + layer->spans[s].end;
        __m256i sum[AVX2_MOST_FIXED] = {0};
        add_fixed(sum, n, layer->fixed.bias + at);
        for (; pre + 2 <= end; pre += 2) {
            add_fixed(sum, n, weight + (size_t)(pre[0] - first) * width);
            add_fixed(sum, n, weight + (size_t)(pre[1] - first) * width);
        }
        if (pre < end)
            add_fixed(sum, n, weight + (size_t)(*pre - first) * width);
        UNROLL
        for (int i = 0; i < n; i++)
            finish_fixed(&neuron, layer->fixed.scale + at + i * AVX2_FIXED_LANES,
                         potential + i * AVX2_FIXED_LANES, sum[i], bits + i * 2);
    }
}

AVX2_INLINE void run_fixed_layer(const struct kernel_layer *layer, bool clamp, float *v,
                                 unsigned char *bits, size_t pitch)
{
    for (size_t at = 0; at < layer->count; at += KERNEL_FIXED_RUN, bits += KERNEL_FIXED_RUN / 8) {
        size_t width = kernel_fixed_run(at, layer->count), left = layer->count - at;
        size_t size = (left < width ? left : width) * sizeof *v;
        float potential[KERNEL_FIXED_RUN] = {0}; /* those of the padding stay 0 */
        memcpy(potential, v + at, size);
        switch (width / AVX2_FIXED_LANES) {
        case 2:
            run_fixed_block(layer, 2, clamp, at, potential, bits, pitch);
            break;
        case 4:
            run_fixed_block(layer, 4, clamp, at, potential, bits, pitch);
            break;
        case 6:
            run_fixed_block(layer, 6, clamp, at, potential, bits, pitch);
            break;
        case 8:
            run_fixed_block(layer, 8, clamp, at, potential, bits, pitch);
            break;
        }
        memcpy(v + at, potential, size);
    }
}

AVX2 static void avx2_run_fixed(const struct kernel_layer *layer, float *v, uint64_t *words,
                                size_t pitch)
{
    if (layer->neuron.clamp)
        run_fixed_layer(layer, true, v, (unsigned char *)words, pitch * 8);
    else
        run_fixed_layer(layer, false, v, (unsigned char *)words, pitch * 8);
}

/* Every processor with AVX2 has this instruction as well. */
__attribute__((target("popcnt"))) static uint64_t avx2_count_ones(const uint64_t *words,
                                                                  size_t num_words)
{
    uint64_t count = 0;
    for (size_t w = 0; w < num_words; w++)
        count += (uint64_t)__builtin_popcountll(words[w]);
    return count;
}

/* Philox4x32-10 of core/base/rng.c, 4 counters at a time, in the lower halves of 64-bit lanes. */
AVX2_INLINE void philox(__m256i state[4], uint32_t key0, uint32_t key1)
{
    const __m256i factor0 = _mm256_set1_epi64x(0xD2511F53),
                  factor1 = _mm256_set1_epi64x(0xCD9E8D57);
    UNROLL
    for (int round = 0; round < 10; round++) {
        __m256i product0 = _mm256_mul_epu32(state[0], factor0);
        __m256i product1 = _mm256_mul_epu32(state[2], factor1);
        __m256i round_key0 = _mm256_set1_epi64x((uint32_t)(key0 + (uint32_t)round * 0x9E3779B9u));
        __m256i round_key1 = _mm256_set1_epi64x((uint32_t)(key1 + (uint32_t)round * 0xBB67AE85u));
        state[0] = _mm256_xor_si256(_mm256_srli_epi64(product1, 32),
                                    _mm256_xor_si256(state[1], round_key0));
        state[2] = _mm256_xor_si256(_mm256_srli_epi64(product0, 32),
                                    _mm256_xor_si256(state[3], round_key1));
        state[1] = product1;
        state[3] = product0;
    }
}

/* The 16 numbers of 4 blocks that begin with `block`, in order. */
AVX2_INLINE void random_blocks(const struct rng *rng, uint32_t step, uint32_t block, uint32_t *out)
{
    const uint32_t index_low = (uint32_t)rng->index;
    const uint32_t index_high = (uint32_t)(rng->index >> 32) << 8 | (uint32_t)rng->stream;
    /* lanes in the order that unpacking makes good again */
    const __m256i order = _mm256_setr_epi64x(0, 2, 1, 3);
    __m256i state[4] = {_mm256_add_epi32(_mm256_set1_epi64x(block), order),
                        _mm256_set1_epi64x(step), _mm256_set1_epi64x(index_low),
                        _mm256_set1_epi64x(index_high)};
    philox(state, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32));
    __m256i first = _mm256_blend_epi32(state[0], _mm256_slli_epi64(state[1], 32), 0xAA);
    __m256i second = _mm256_blend_epi32(state[2], _mm256_slli_epi64(state[3], 32), 0xAA);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_unpacklo_epi64(first, second));
    _mm256_storeu_si256((__m256i *)(void *)(out + 8), _mm256_unpackhi_epi64(first, second));
}

AVX2 static void avx2_random(const struct rng *rng, uint32_t step, uint32_t first, uint32_t count,
                             uint32_t *out)
{
    uint32_t done = 0;
    for (; count - done >= 16; done += 16)
        random_blocks(rng, step, (first + done) / 4, out + done);
    if (done < count) {
        uint32_t last[16];
        random_blocks(rng, step, (first + done) / 4, last);
        memcpy(out + done, last, (count - done) * sizeof *out);
    }
}

/*
 * random < the whole part of a bound is the same as random + 1 <= the bound. As the lower half of
 * 2^52, a number is a double without a conversion.
 */
AVX2_INLINE unsigned below(__m128 value, __m128i random, double probability)
{
    __m256d bound = _mm256_mul_pd(_mm256_cvtps_pd(value), _mm256_set1_pd(probability));
    bound = _mm256_mul_pd(bound, _mm256_set1_pd(0x1p32));
    __m256d next =
        _mm256_or_pd(_mm256_castsi256_pd(_mm256_cvtepu32_epi64(random)), _mm256_set1_pd(0x1p52));
    next = _mm256_sub_pd(next, _mm256_set1_pd(0x1p52 - 1));
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(next, bound, _CMP_LE_OQ));
}

AVX2 static void avx2_compare(const float *value, const uint32_t *random, size_t count,
                              double probability, uint64_t *words)
{
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        uint64_t bits = 0;
        for (size_t k = 0; k < 64; k += 4)
            bits |=
                (uint64_t)below(_mm_loadu_ps(value + i + k),
                                _mm_loadu_si128((const __m128i *)(const void *)(random + i + k)),
                                probability)
                << k;
        words[i / 64] = bits;
    }
    if (i < count)
        kernels_plain.compare(value + i, random + i, count - i, probability, words + i / 64);
}

AVX2 static void avx2_adam(const struct kernel_adam *adam, float *weight, float *moment1,
                           float *moment2, const float *gradient, size_t count)
{
    const __m256 beta1 = _mm256_set1_ps(adam->beta1), rest1 = _mm256_set1_ps(adam->rest1);
    const __m256 beta2 = _mm256_set1_ps(adam->beta2), rest2 = _mm256_set1_ps(adam->rest2);
    const __m256 rate = _mm256_set1_ps(adam->rate), scale = _mm256_set1_ps(adam->scale);
    const __m256 epsilon = _mm256_set1_ps(adam->epsilon), decay = _mm256_set1_ps(adam->decay);
    size_t i = 0;
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 g = _mm256_loadu_ps(gradient + i), w = _mm256_loadu_ps(weight + i);
        __m256 m = _mm256_add_ps(_mm256_mul_ps(beta1, _mm256_loadu_ps(moment1 + i)),
                                 _mm256_mul_ps(rest1, g));
        __m256 s = _mm256_add_ps(_mm256_mul_ps(beta2, _mm256_loadu_ps(moment2 + i)),
                                 _mm256_mul_ps(_mm256_mul_ps(rest2, g), g));
        __m256 root = _mm256_add_ps(_mm256_sqrt_ps(_mm256_mul_ps(s, scale)), epsilon);
        __m256 change =
            _mm256_add_ps(_mm256_div_ps(_mm256_mul_ps(rate, m), root), _mm256_mul_ps(decay, w));
        _mm256_storeu_ps(moment1 + i, m);
        _mm256_storeu_ps(moment2 + i, s);
        _mm256_storeu_ps(weight + i, _mm256_sub_ps(w, change));
    }
    kernels_plain.adam(adam, weight + i, moment1 + i, moment2 + i, gradient + i, count - i);
}

enum { AVX2_MOST_ROWS = 255 }; /* that a byte can count */

/* Adds what the 32 bits at `shift` of up to 255 rows count to counts [32]. */
AVX2_INLINE void count_half(const uint64_t *words, unsigned shift, size_t pitch, size_t num_rows,
                            uint32_t *counts)
{
    const __m256i spread = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                              0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256i bytes = _mm256_setzero_si256();
    for (size_t row = 0; row < num_rows; row++) {
        uint32_t half = (uint32_t)(words[row * pitch] >> shift);
        __m256i set = _mm256_shuffle_epi8(_mm256_set1_epi32((int)half), spread);
        bytes = _mm256_sub_epi8(bytes, _mm256_cmpeq_epi8(_mm256_and_si256(set, bit), bit));
    }
    uint8_t sums[32];
    _mm256_storeu_si256((__m256i *)(void *)sums, bytes);
    for (int i = 0; i < 32; i++)
        counts[i] += sums[i];
}

AVX2 static void avx2_count_bits(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                                 uint32_t *counts)
{
    size_t whole = count / 32 * 32;
    memset(counts, 0, count * sizeof *counts);
    for (size_t row = 0, rows; row < num_rows; row += rows) {
        rows = num_rows - row < AVX2_MOST_ROWS ? num_rows - row : AVX2_MOST_ROWS;
        for (size_t at = 0; at < whole; at += 32)
            count_half(words + row * pitch + at / 64, at % 64, pitch, rows, counts + at);
    }
    for (size_t row = 0; row < num_rows; row++)
        for (size_t at = whole; at < count; at++)
            counts[at] += words[row * pitch + at / 64] >> at % 64 & 1;
}

void kernels_use_avx2(struct kernels *kernels)
{
    kernels->add_rows = avx2_add_rows;
    kernels->add_lists = avx2_add_lists;
    kernels->add_scaled = avx2_add_scaled;
    kernels->multiply = avx2_multiply;
    kernels->fire = avx2_fire;
    kernels->run_layer = avx2_run_layer;
    kernels->run_fixed = avx2_run_fixed;
    kernels->count_ones = avx2_count_ones;
    kernels->count_bits = avx2_count_bits;
    kernels->random = avx2_random;
    kernels->compare = avx2_compare;
    kernels->adam = avx2_adam;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx2_empty;

#endif
