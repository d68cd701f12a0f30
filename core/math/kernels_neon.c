/* Kernels for AArch64. Vectors of 4 units; what is left of a row is done by the plain kernels. */
#include "core/math/kernels.h"
#include "core/math/unroll.h"

#if defined(__aarch64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <arm_neon.h>
#include <string.h>

#define NEON_INLINE static inline __attribute__((always_inline))

enum { NEON_LANES = 4 };

NEON_INLINE void load(float32x4_t *sum, int n, const float *from)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = vld1q_f32(from + i * NEON_LANES);
}

NEON_INLINE void add(float32x4_t *sum, int n, const float *row)
{
    UNROLL
    for (int i = 0; i < n; i++)
        sum[i] = vaddq_f32(sum[i], vld1q_f32(row + i * NEON_LANES));
}

NEON_INLINE void store(const float32x4_t *sum, int n, float *to)
{
    UNROLL
    for (int i = 0; i < n; i++)
        vst1q_f32(to + i * NEON_LANES, sum[i]);
}

NEON_INLINE void add_rows_block(int n, float *current, const float *weight, size_t stride,
                                const uint32_t *pre, size_t num_spikes, int64_t first)
{
    float32x4_t sum[8];
    load(sum, n, current);
    for (size_t i = 0; i < num_spikes; i++)
        add(sum, n, weight + (size_t)(pre[i] - first) * stride);
    store(sum, n, current);
}

static void neon_add_rows(float *current, const float *weight, size_t stride, size_t count,
                          const uint32_t *pre, size_t num_spikes, int64_t first)
{
    size_t at = 0;
    for (; at + 32 <= count; at += 32)
        add_rows_block(8, current + at, weight + at, stride, pre, num_spikes, first);
    for (; at + NEON_LANES <= count; at += NEON_LANES)
        add_rows_block(1, current + at, weight + at, stride, pre, num_spikes, first);
    if (at < count)
        kernels_plain.add_rows(current + at, weight + at, stride, count - at, pre, num_spikes,
                               first);
}

static void neon_add_lists(float *sums, size_t stride, size_t num_lists, const float *start,
                           const float *matrix, size_t count, const uint32_t *list,
                           const uint32_t *begin)
{
    const struct kernels neon = {.add_rows = neon_add_rows};
    kernels_add_lists_by_rows(&neon, sums, stride, num_lists, start, matrix, count, count, list,
                              begin);
}

NEON_INLINE void add_scaled_block(int n, float *current, const float *weight, size_t stride,
                                  const uint32_t *pre, const float *value, size_t num_values)
{
    float32x4_t sum[8];
    load(sum, n, current);
    for (size_t i = 0; i < num_values; i++) {
        const float *row = weight + pre[i] * stride;
        const float32x4_t scale = vdupq_n_f32(value[i]);
        UNROLL
        for (int k = 0; k < n; k++)
            sum[k] = vaddq_f32(sum[k], vmulq_f32(scale, vld1q_f32(row + k * NEON_LANES)));
    }
    store(sum, n, current);
}

static void add_scaled_some(float *current, const float *weight, size_t count, const uint32_t *pre,
                            const float *value, size_t num_values)
{
    size_t at = 0;
    for (; at + 32 <= count; at += 32)
        add_scaled_block(8, current + at, weight + at, count, pre, value, num_values);
    for (; at + NEON_LANES <= count; at += NEON_LANES)
        add_scaled_block(1, current + at, weight + at, count, pre, value, num_values);
    for (size_t i = 0; i < num_values; i++)
        for (size_t post = at; post < count; post++)
            current[post] += value[i] * weight[pre[i] * count + post];
}

static size_t neon_add_scaled(float *current, const float *weight, size_t count, const float *value,
                              size_t num_pre)
{
    return kernels_add_scaled_by_lists(add_scaled_some, current, weight, count, value, num_pre);
}

/* The potentials of 4 units after one step; *before on the way, and which spiked. */
NEON_INLINE uint32x4_t step(const struct kernel_neuron *neuron, float32x4_t *v, float32x4_t current,
                            float32x4_t *before)
{
    const float32x4_t threshold = vdupq_n_f32(neuron->threshold);
    float32x4_t raised = vaddq_f32(vmulq_f32(*v, vdupq_n_f32(neuron->beta)), current);
    if (neuron->clamp) /* what is no number is not below it */
        raised = vbslq_f32(vcltq_f32(raised, threshold), raised, threshold);
    uint32x4_t fires = vcgeq_f32(raised, threshold);
    float32x4_t lowered = neuron->clamp ? vdupq_n_f32(0) : vsubq_f32(raised, threshold);
    *before = raised;
    *v = vbslq_f32(fires, lowered, raised);
    return fires;
}

static void neon_fire(const struct kernel_neuron *neuron, float *v, const float *current,
                      float *spiked, float *before, size_t count)
{
    const float32x4_t one = vdupq_n_f32(1);
    size_t i = 0;
    for (; i + NEON_LANES <= count; i += NEON_LANES) {
        float32x4_t potential = vld1q_f32(v + i), raised;
        uint32x4_t fires = step(neuron, &potential, vld1q_f32(current + i), &raised);
        vst1q_f32(v + i, potential);
        vst1q_f32(spiked + i, vreinterpretq_f32_u32(vandq_u32(fires, vreinterpretq_u32_f32(one))));
        if (before)
            vst1q_f32(before + i, raised);
    }
    kernels_plain.fire(neuron, v + i, current + i, spiked + i, before ? before + i : NULL,
                       count - i);
}

/* One step of a block: potentials in memory, and the spikes' bits. */
NEON_INLINE uint64_t finish_step(const struct kernel_neuron *neuron, int n, float *potential,
                                 const float32x4_t *current)
{
    static const uint32_t bit_of_lane[NEON_LANES] = {1, 2, 4, 8};
    const uint32x4_t bit = vld1q_u32(bit_of_lane);
    uint64_t bits = 0;
    float32x4_t before;
    UNROLL
    for (int i = 0; i < n; i++) {
        float32x4_t v = vld1q_f32(potential + i * NEON_LANES);
        uint32x4_t fires = step(neuron, &v, current[i], &before);
        bits |= (uint64_t)vaddvq_u32(vandq_u32(fires, bit)) << (i * NEON_LANES);
        vst1q_f32(potential + i * NEON_LANES, v);
    }
    return bits;
}

/* All steps of n vectors of units, which are within one word. */
NEON_INLINE void run_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                           float *potential, uint64_t *words, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const float *weight = layer->weight + at;
    float32x4_t sum[8];
    for (size_t s = 0; s < layer->num_steps; s++) {
        load(sum, n, layer->start + at);
        for (uint32_t i = layer->steps[s].more.begin; i < layer->steps[s].more.end; i++)
            add(sum, n, weight + (size_t)(layer->pre[i] - layer->first) * layer->stride);
        words[s * pitch + at / 64] |= finish_step(&neuron, n, potential + at, sum) << at % 64;
    }
}

static void neon_run_layer(const struct kernel_layer *layer, size_t from, float *v, uint64_t *words,
                           size_t pitch)
{
    size_t at = from;
    for (; at + 32 <= layer->count; at += 32)
        if (layer->neuron.clamp)
            run_block(layer, 8, true, at, v, words, pitch);
        else
            run_block(layer, 8, false, at, v, words, pitch);
    if (at < layer->count)
        kernels_plain.run_layer(layer, at, v, words, pitch);
}

/* One step of 8 units in fixed point: their potentials, and the spikes' bits. */
NEON_INLINE uint64_t finish_fixed(const struct kernel_neuron *neuron, const float *scale,
                                  float *potential, int16x8_t sum)
{
    float32x4_t current[2] = {vcvtq_f32_s32(vmovl_s16(vget_low_s16(sum))),
                              vcvtq_f32_s32(vmovl_s16(vget_high_s16(sum)))};
    current[0] = vmulq_f32(current[0], vld1q_f32(scale));
    current[1] = vmulq_f32(current[1], vld1q_f32(scale + NEON_LANES));
    return finish_step(neuron, 2, potential, current);
}

#define FIXED_INLINE    NEON_INLINE
#define FIXED_VECTOR    int16x8_t
#define FIXED_LOAD(row) vld1q_s16(row)
#define FIXED_ADD       vaddq_s16
#define FIXED_SUB       vsubq_s16
enum {
    FIXED_LANES = 8,
    NEON_MOST_FIXED = KERNEL_FIXED_PAD / FIXED_LANES /* vectors that are summed at once */
};
#include "core/math/kernels_fixed.h"

/* All steps of n vectors of 8 units of a run, within one word; row 0 is at `weight`. */
NEON_INLINE void run_fixed_block(const struct kernel_layer *layer, int n, bool clamp, size_t at,
                                 const int16_t *weight, size_t width, float *potential,
                                 uint64_t *words, size_t pitch)
{
    const struct kernel_neuron neuron = {layer->neuron.beta, layer->neuron.threshold, clamp};
    const float *scale = layer->fixed.scale + at;
    int16x8_t sums[(1 + KERNEL_MOST_STEPS) * NEON_MOST_FIXED], sum[NEON_MOST_FIXED];
    load_fixed(sums, n, layer->fixed.bias + at);
    for (size_t s = 0; s < layer->num_steps; s++) {
        uint64_t bits = 0;
        sum_fixed_step(sum, n, sums, layer, s, weight, width);
        UNROLL
        for (int i = 0; i < n; i++)
            bits |= finish_fixed(&neuron, scale + i * 8, potential + i * 8, sum[i]) << (i * 8);
        words[s * pitch + at / 64] |= bits << at % 64;
    }
}

/* KERNEL_FIXED_PAD units at a time. */
NEON_INLINE void run_fixed_layer(const struct kernel_layer *layer, bool clamp, float *v,
                                 uint64_t *words, size_t pitch)
{
    for (size_t at = 0; at < layer->count; at += KERNEL_FIXED_PAD) {
        size_t run = at / KERNEL_FIXED_RUN * KERNEL_FIXED_RUN, left = layer->count - at;
        size_t size = (left < KERNEL_FIXED_PAD ? left : KERNEL_FIXED_PAD) * sizeof *v;
        float potential[KERNEL_FIXED_PAD] = {0}; /* those of the padding stay 0 */
        memcpy(potential, v + at, size);
        run_fixed_block(layer, NEON_MOST_FIXED, clamp, at,
                        layer->fixed.weight + run * layer->fixed.num_rows + (at - run),
                        kernel_fixed_run(run, layer->count), potential, words, pitch);
        memcpy(v + at, potential, size);
    }
}

static void neon_run_fixed(const struct kernel_layer *layer, float *v, uint64_t *words,
                           size_t pitch)
{
    if (layer->neuron.clamp)
        run_fixed_layer(layer, true, v, words, pitch);
    else
        run_fixed_layer(layer, false, v, words, pitch);
}

static void neon_adam(const struct kernel_adam *adam, float *weight, float *moment1, float *moment2,
                      const float *gradient, size_t count)
{
    const float32x4_t beta1 = vdupq_n_f32(adam->beta1), rest1 = vdupq_n_f32(adam->rest1);
    const float32x4_t beta2 = vdupq_n_f32(adam->beta2), rest2 = vdupq_n_f32(adam->rest2);
    const float32x4_t rate = vdupq_n_f32(adam->rate), scale = vdupq_n_f32(adam->scale);
    const float32x4_t epsilon = vdupq_n_f32(adam->epsilon), decay = vdupq_n_f32(adam->decay);
    size_t i = 0;
    for (; i + NEON_LANES <= count; i += NEON_LANES) {
        float32x4_t g = vld1q_f32(gradient + i), w = vld1q_f32(weight + i);
        float32x4_t m = vaddq_f32(vmulq_f32(beta1, vld1q_f32(moment1 + i)), vmulq_f32(rest1, g));
        float32x4_t s =
            vaddq_f32(vmulq_f32(beta2, vld1q_f32(moment2 + i)), vmulq_f32(vmulq_f32(rest2, g), g));
        float32x4_t root = vaddq_f32(vsqrtq_f32(vmulq_f32(s, scale)), epsilon);
        float32x4_t change = vaddq_f32(vdivq_f32(vmulq_f32(rate, m), root), vmulq_f32(decay, w));
        vst1q_f32(moment1 + i, m);
        vst1q_f32(moment2 + i, s);
        vst1q_f32(weight + i, vsubq_f32(w, change));
    }
    kernels_plain.adam(adam, weight + i, moment1 + i, moment2 + i, gradient + i, count - i);
}

void kernels_use_neon(struct kernels *kernels)
{
    kernels->add_rows = neon_add_rows;
    kernels->add_lists = neon_add_lists;
    kernels->add_scaled = neon_add_scaled;
    kernels->fire = neon_fire;
    kernels->run_layer = neon_run_layer;
    kernels->run_fixed = neon_run_fixed;
    kernels->adam = neon_adam;
}

#else

/* an empty file is not ISO C */
typedef int kernels_neon_empty;

#endif
