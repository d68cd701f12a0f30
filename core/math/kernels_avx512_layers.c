/* Layers of neurons for x86-64-v4. Vectors of 16 units, or of 32 in fixed point. */
#include "core/math/kernels_avx512.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <string.h>

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
        const uint32_t *pre_a = layer->pre + layer->steps[s].more.begin;
        const uint32_t *pre_b = layer->pre + layer->steps[s + 1].more.begin;
        const uint32_t *end_a = layer->pre + layer->steps[s].more.end;
        const uint32_t *end_b = layer->pre + layer->steps[s + 1].more.end;
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
        for (uint32_t i = layer->steps[s].more.begin; i < layer->steps[s].more.end; i++)
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

#define FIXED_INLINE    AVX512_INLINE
#define FIXED_VECTOR    __m512i
#define FIXED_LOAD(row) _mm512_loadu_si512(row)
#define FIXED_ADD       _mm512_add_epi16
#define FIXED_SUB       _mm512_sub_epi16
enum {
    FIXED_LANES = 32,
    AVX512_MOST_FIXED = KERNEL_FIXED_RUN / FIXED_LANES /* vectors of a run */
};
#include "core/math/kernels_fixed.h"

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

/* All steps of a run of n vectors of 32 units. Those of the padding have no weights and stay 0. */
AVX512_INLINE void run_fixed_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                                   float *potential, uint64_t *words, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const size_t width = (size_t)n * FIXED_LANES;
    const __mmask16 low = first_lanes(layer->count - at - (width - FIXED_LANES));
    const __mmask16 high = layer->count - at > width - AVX512_LANES
                               ? first_lanes(layer->count - at - (width - AVX512_LANES))
                               : 0;
    const int16_t *weight = layer->fixed.weight + at * layer->fixed.num_rows;
    char *bits = (char *)words + at / 8;
    __m512i sums[(1 + KERNEL_MOST_STEPS) * AVX512_MOST_FIXED], sum[AVX512_MOST_FIXED];
    __m512 v[2 * AVX512_MOST_FIXED];
    load_fixed(sums, n, layer->fixed.bias + at);
    load(v, 2 * n - 1, low, potential);
    v[2 * n - 1] = _mm512_maskz_loadu_ps(high, potential + width - AVX512_LANES);
    for (size_t s = 0; s < layer->num_steps; s++, bits += pitch * 8) {
        sum_fixed_step(sum, n, sums, layer, s, weight, width);
        UNROLL
        for (int i = 0; i < n; i++)
            finish_fixed(&neuron, layer->fixed.scale + at + i * FIXED_LANES, v + 2 * i, sum[i],
                         bits + i * 4);
    }
    store(v, 2 * n - 1, low, potential);
    _mm512_mask_storeu_ps(potential + width - AVX512_LANES, high, v[2 * n - 1]);
}

AVX512_INLINE void run_fixed_layer(const struct kernel_layer *layer, bool clamp, float *v,
                                   uint64_t *words, size_t pitch)
{
    for (size_t at = 0; at < layer->count; at += KERNEL_FIXED_RUN) {
#define BODY(n) run_fixed_block(layer, n, clamp, at, v + at, words, pitch)
        switch (kernel_fixed_run(at, layer->count) / FIXED_LANES) {
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

void kernels_use_avx512_layers(struct kernels *kernels)
{
    kernels->fire = avx512_fire;
    kernels->run_layer = avx512_run_layer;
    kernels->run_fixed = avx512_run_fixed;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx512_layers_empty;

#endif
