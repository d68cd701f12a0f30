/* Layers of neurons for x86-64-v3. Vectors of 8 units, or of 16 in fixed point. */
#include "core/math/kernels_avx2.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <string.h>

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
        const uint32_t *pre_a = layer->pre + layer->steps[s].more.begin;
        const uint32_t *pre_b = layer->pre + layer->steps[s + 1].more.begin;
        const uint32_t *end_a = layer->pre + layer->steps[s].more.end;
        const uint32_t *end_b = layer->pre + layer->steps[s + 1].more.end;
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
        for (uint32_t i = layer->steps[s].more.begin; i < layer->steps[s].more.end; i++)
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

#define FIXED_INLINE    AVX2_INLINE
#define FIXED_VECTOR    __m256i
#define FIXED_LOAD(row) _mm256_loadu_si256((const __m256i *)(const void *)(row))
#define FIXED_ADD       _mm256_add_epi16
#define FIXED_SUB       _mm256_sub_epi16
enum {
    FIXED_LANES = 16,
    AVX2_MOST_FIXED = KERNEL_FIXED_RUN / FIXED_LANES /* vectors of a run */
};
#include "core/math/kernels_fixed.h"

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

/* All steps of a run of n vectors of 16 units; potential [n * 16]. */
AVX2_INLINE void run_fixed_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                                 float *potential, unsigned char *bits, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const int16_t *weight = layer->fixed.weight + at * layer->fixed.num_rows;
    const size_t width = (size_t)n * FIXED_LANES;
    __m256i sums[(1 + KERNEL_MOST_STEPS) * AVX2_MOST_FIXED], sum[AVX2_MOST_FIXED];
    load_fixed(sums, n, layer->fixed.bias + at);
    for (size_t s = 0; s < layer->num_steps; s++, bits += pitch) {
        sum_fixed_step(sum, n, sums, layer, s, weight, width);
        UNROLL
        for (int i = 0; i < n; i++)
            finish_fixed(&neuron, layer->fixed.scale + at + i * FIXED_LANES,
                         potential + i * FIXED_LANES, sum[i], bits + i * 2);
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
#define BODY(n) run_fixed_block(layer, n, clamp, at, potential, bits, pitch)
        switch (width / FIXED_LANES) {
            CASE(2, BODY)
            CASE(4, BODY)
            CASE(6, BODY)
            CASE(8, BODY)
        }
#undef BODY
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

void kernels_use_avx2_layers(struct kernels *kernels)
{
    kernels->fire = avx2_fire;
    kernels->run_layer = avx2_run_layer;
    kernels->run_fixed = avx2_run_fixed;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx2_layers_empty;

#endif
