#include "core/math/kernels.h"

#include "core/math/popcount.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/*
 * Units whose sums are kept at a time, small enough for registers: each row is then read once and
 * no sum travels through memory. What is left of a row is taken in smaller parts.
 */
enum { KERNELS_LANES = 32, KERNELS_FEW_LANES = 4 };

/* Inlined, so that the number of lanes is a constant. */
#define KERNELS_INLINE static inline __attribute__((always_inline))

static real square_root(real x)
{
#ifdef SPIKELOOM_REAL_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

KERNELS_INLINE void add_rows_lanes(size_t lanes, real *restrict current,
                                   const real *restrict weight, size_t stride,
                                   const uint32_t *restrict pre, size_t num_spikes, int64_t first)
{
    real sum[KERNELS_LANES];
    for (size_t lane = 0; lane < lanes; lane++)
        sum[lane] = current[lane];
    for (size_t i = 0; i < num_spikes; i++) {
        const real *row = weight + (size_t)(pre[i] - first) * stride;
        for (size_t lane = 0; lane < lanes; lane++)
            sum[lane] += row[lane];
    }
    for (size_t lane = 0; lane < lanes; lane++)
        current[lane] = sum[lane];
}

static void plain_add_rows(real *current, const real *weight, size_t stride, size_t count,
                           const uint32_t *pre, size_t num_spikes, int64_t first)
{
    size_t post = 0;
    for (; post + KERNELS_LANES <= count; post += KERNELS_LANES)
        add_rows_lanes(KERNELS_LANES, current + post, weight + post, stride, pre, num_spikes,
                       first);
    for (; post + KERNELS_FEW_LANES <= count; post += KERNELS_FEW_LANES)
        add_rows_lanes(KERNELS_FEW_LANES, current + post, weight + post, stride, pre, num_spikes,
                       first);
    for (size_t i = 0; i < num_spikes && post < count; i++) {
        const real *row = weight + (size_t)(pre[i] - first) * stride;
        for (size_t rest = post; rest < count; rest++)
            current[rest] += row[rest];
    }
}

void kernels_add_lists_by_rows(const struct kernels *level, real *sums, size_t stride,
                               size_t num_lists, const real *start, const real *matrix,
                               size_t matrix_stride, size_t count, const uint32_t *list,
                               const uint32_t *begin)
{
    for (size_t i = 0; i < num_lists; i++) {
        real *sum = sums + i * stride;
        if (start)
            memcpy(sum, start, count * sizeof *sum);
        level->add_rows(sum, matrix, matrix_stride, count, list + begin[i], begin[i + 1] - begin[i],
                        0);
    }
}

static void plain_add_lists(real *sums, size_t stride, size_t num_lists, const real *start,
                            const real *matrix, size_t count, const uint32_t *list,
                            const uint32_t *begin)
{
    kernels_add_lists_by_rows(&kernels_plain, sums, stride, num_lists, start, matrix, count, count,
                              list, begin);
}

/* Inputs of which the nonzero ones are listed at a time. */
enum { KERNELS_INPUTS = 256 };

size_t kernels_add_scaled_by_lists(kernels_add_listed add, real *current, const real *weight,
                                   size_t count, const real *value, size_t num_pre)
{
    uint32_t pre[KERNELS_INPUTS];
    real scale[KERNELS_INPUTS];
    size_t all = 0;
    for (size_t begin = 0; begin < num_pre; begin += KERNELS_INPUTS) {
        size_t size = num_pre - begin < KERNELS_INPUTS ? num_pre - begin : KERNELS_INPUTS;
        size_t found = 0;
        for (size_t i = 0; i < size; i++) {
            pre[found] = (uint32_t)i;
            scale[found] = value[begin + i];
            found += value[begin + i] != 0;
        }
        add(current, weight + begin * count, count, pre, scale, found);
        all += found;
    }
    return all;
}

static size_t plain_add_scaled(real *restrict current, const real *restrict weight, size_t count,
                               const real *restrict value, size_t num_pre)
{
    size_t found = 0;
    for (size_t pre = 0; pre < num_pre; pre++) {
        const real scale = value[pre];
        if (scale == 0)
            continue;
        const real *row = weight + pre * count;
        for (size_t post = 0; post < count; post++)
            current[post] += scale * row[post];
        found++;
    }
    return found;
}

/* Columns at .. at + lanes - 1 of one sum. */
KERNELS_INLINE void multiply_lanes(const struct kernel_product *p, size_t i, size_t at,
                                   size_t lanes)
{
    real *to = p->sums + p->sum_rows[i] * p->sum_stride + at, sum[KERNELS_LANES];
    for (size_t lane = 0; lane < lanes; lane++)
        sum[lane] = to[lane];
    for (size_t k = 0; k < p->num_terms; k++) {
        const real *row = p->matrix + p->matrix_rows[k] * p->matrix_stride + at;
        const real factor = p->factors[i * p->factor_sum + k * p->factor_term];
        for (size_t lane = 0; lane < lanes; lane++)
            sum[lane] += factor * row[lane];
    }
    for (size_t lane = 0; lane < lanes; lane++)
        to[lane] = sum[lane];
}

static void plain_multiply(const struct kernel_product *product)
{
    const size_t count = product->count;
    for (size_t i = 0; i < product->num_sums; i++) {
        size_t at = 0;
        for (; at + KERNELS_LANES <= count; at += KERNELS_LANES)
            multiply_lanes(product, i, at, KERNELS_LANES);
        for (; at + KERNELS_FEW_LANES <= count; at += KERNELS_FEW_LANES)
            multiply_lanes(product, i, at, KERNELS_FEW_LANES);
        for (; at < count; at++)
            multiply_lanes(product, i, at, 1);
    }
}

static void fire_zero(const struct kernel_neuron *neuron, real *restrict v,
                      const real *restrict current, real *restrict spiked, real *restrict before,
                      size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real raised = v[i] * beta + current[i];
        raised = raised < threshold ? raised : threshold;
        real fires = raised >= threshold ? 1 : 0;
        before[i] = raised;
        spiked[i] = fires;
        v[i] = raised >= threshold ? 0 : raised;
    }
}

static void fire_subtract(const struct kernel_neuron *neuron, real *restrict v,
                          const real *restrict current, real *restrict spiked,
                          real *restrict before, size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real raised = v[i] * beta + current[i];
        real fires = raised >= threshold ? 1 : 0;
        before[i] = raised;
        spiked[i] = fires;
        v[i] = raised - threshold * fires;
    }
}

/* Units handled at a time when the caller does not want the potentials before the reset. */
enum { KERNELS_BLOCK = 256 };

static void plain_fire(const struct kernel_neuron *neuron, real *v, const real *current,
                       real *spiked, real *before, size_t count)
{
    real discarded[KERNELS_BLOCK];
    for (size_t first = 0; first < count; first += KERNELS_BLOCK) {
        size_t size = count - first < KERNELS_BLOCK ? count - first : KERNELS_BLOCK;
        real *raised = before ? before + first : discarded;
        if (neuron->clamp)
            fire_zero(neuron, v + first, current + first, spiked + first, raised, size);
        else
            fire_subtract(neuron, v + first, current + first, spiked + first, raised, size);
    }
}

/* All steps of units at .. at + size - 1, at most KERNELS_LANES and within one word. */
static void run_lanes(const struct kernel_layer *layer, size_t at, size_t size, real *v,
                      uint64_t *words, size_t pitch)
{
    real current[KERNELS_LANES], spiked[KERNELS_LANES];
    for (size_t step = 0; step < layer->num_steps; step++) {
        struct kernel_span span = layer->steps[step].more;
        uint64_t bits = 0;
        memcpy(current, layer->start + at, size * sizeof *current);
        plain_add_rows(current, layer->weight + at, layer->stride, size, layer->pre + span.begin,
                       span.end - span.begin, layer->first);
        plain_fire(&layer->neuron, v + at, current, spiked, NULL, size);
        for (size_t lane = 0; lane < size; lane++)
            bits |= (uint64_t)(spiked[lane] != 0) << lane;
        words[step * pitch + at / 64] |= bits << at % 64;
    }
}

static void plain_run_layer(const struct kernel_layer *layer, size_t from, real *v, uint64_t *words,
                            size_t pitch)
{
    for (size_t at = from; at < layer->count; at += KERNELS_LANES) {
        size_t left = layer->count - at;
        run_lanes(layer, at, left < KERNELS_LANES ? left : KERNELS_LANES, v, words, pitch);
    }
}

/* sum [width] += sign times row `pre` of each spike. */
static void add_fixed_rows(int16_t *restrict sum, int sign, const int16_t *restrict weight,
                           size_t width, const uint32_t *pre, struct kernel_span span,
                           int64_t first)
{
    for (uint32_t i = span.begin; i < span.end; i++) {
        const int16_t *row = weight + (size_t)(pre[i] - first) * width;
        for (size_t unit = 0; unit < width; unit++)
            sum[unit] = (int16_t)(sum[unit] + sign * row[unit]);
    }
}

/* All steps of the run that begins at unit `at` and has `size` units. */
static void run_fixed(const struct kernel_layer *layer, size_t at, size_t size, real *v,
                      uint64_t *words, size_t pitch)
{
    const struct kernel_fixed *fixed = &layer->fixed;
    const int16_t *weight = fixed->weight + at * fixed->num_rows;
    size_t width = kernel_fixed_run(at, layer->count);
    int16_t sums[1 + KERNEL_MOST_STEPS][KERNEL_FIXED_RUN]; /* of none, and of each step */
    real current[KERNEL_FIXED_RUN], spiked[KERNEL_FIXED_RUN];
    memcpy(sums[0], fixed->bias + at, width * sizeof *sums[0]);
    for (size_t s = 0; s < layer->num_steps; s++) {
        const struct kernel_step *step = &layer->steps[s];
        int16_t *sum = sums[1 + s];
        memcpy(sum, sums[step->from], width * sizeof *sum);
        add_fixed_rows(sum, 1, weight, width, layer->pre, step->more, layer->first);
        add_fixed_rows(sum, -1, weight, width, layer->pre, step->less, layer->first);
        for (size_t unit = 0; unit < size; unit++)
            current[unit] = (real)sum[unit] * fixed->scale[at + unit];
        plain_fire(&layer->neuron, v, current, spiked, NULL, size);
        for (size_t unit = 0; unit < size; unit++)
            words[s * pitch + (at + unit) / 64] |= (uint64_t)(spiked[unit] != 0) << unit % 64;
    }
}

static void plain_run_fixed(const struct kernel_layer *layer, real *v, uint64_t *words,
                            size_t pitch)
{
    for (size_t at = 0; at < layer->count; at += KERNEL_FIXED_RUN) {
        size_t left = layer->count - at;
        run_fixed(layer, at, left < KERNEL_FIXED_RUN ? left : KERNEL_FIXED_RUN, v + at, words,
                  pitch);
    }
}

static uint32_t plain_list_bits(const uint64_t *words, size_t count, uint32_t *units)
{
    uint32_t found = 0;
    for (size_t w = 0; w * 64 < count; w++)
        for (uint64_t word = words[w]; word; word &= word - 1)
            units[found++] = (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(word);
    return found;
}

static uint32_t plain_list_nonzero(const real *values, size_t count, uint32_t *units)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        units[found] = (uint32_t)i; /* overwritten by the next one if it is 0 */
        found += values[i] != 0;
    }
    return found;
}

static uint64_t plain_count_ones(const uint64_t *words, size_t num_words)
{
    return popcount_ones(words, num_words);
}

static void plain_count_differing(const uint64_t *row, const uint64_t *rows, size_t row_words,
                                  size_t num_rows, uint32_t *counts)
{
    popcount_differing(row, rows, row_words, num_rows, counts);
}

static void plain_count_bits(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                             uint32_t *counts)
{
    memset(counts, 0, count * sizeof *counts);
    for (size_t row = 0; row < num_rows; row++)
        for (size_t w = 0; w * 64 < count; w++)
            for (uint64_t word = words[row * pitch + w]; word; word &= word - 1)
                counts[w * 64 + (size_t)__builtin_ctzll(word)]++;
}

static void plain_compare(const real *value, const uint32_t *random, size_t count,
                          double probability, uint64_t *words)
{
    for (size_t at = 0; at < count; at += 64) {
        uint64_t bits = 0;
        for (size_t i = 0; i < 64 && at + i < count; i++) {
            uint64_t bound = (uint64_t)((double)value[at + i] * probability * 0x1p32);
            bits |= (uint64_t)(random[at + i] < bound) << i;
        }
        words[at / 64] = bits;
    }
}

static void plain_adam(const struct kernel_adam *adam, real *restrict weight,
                       real *restrict moment1, real *restrict moment2,
                       const real *restrict gradient, size_t count)
{
    const struct kernel_adam p = *adam;
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = p.beta1 * moment1[i] + p.rest1 * g;
        real s = p.beta2 * moment2[i] + p.rest2 * g * g;
        moment1[i] = m;
        moment2[i] = s;
        weight[i] -= p.rate * m / (square_root(s * p.scale) + p.epsilon) + p.decay * weight[i];
    }
}

const struct kernels kernels_plain = {
    .add_rows = plain_add_rows,
    .add_lists = plain_add_lists,
    .add_scaled = plain_add_scaled,
    .multiply = plain_multiply,
    .fire = plain_fire,
    .run_layer = plain_run_layer,
    .run_fixed = plain_run_fixed,
    .list_bits = plain_list_bits,
    .list_nonzero = plain_list_nonzero,
    .count_ones = plain_count_ones,
    .count_differing = plain_count_differing,
    .count_bits = plain_count_bits,
    .random = rng_fill,
    .compare = plain_compare,
    .adam = plain_adam,
};

static struct kernels tables[CPU_LEVEL_COUNT];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

/* A level begins as the one below it on the same architecture. */
static void fill_tables(void)
{
    for (int level = 0; level < CPU_LEVEL_COUNT; level++)
        tables[level] = kernels_plain;
#ifndef SPIKELOOM_REAL_DOUBLE
#ifdef __x86_64__
    kernels_use_avx2(&tables[CPU_AVX2]);
    kernels_use_avx2(&tables[CPU_AVX512]);
    kernels_use_avx512(&tables[CPU_AVX512]);
#endif
#ifdef __aarch64__
    kernels_use_neon(&tables[CPU_NEON]);
#endif
#endif
}

const struct kernels *kernels_of(enum cpu_level level)
{
    pthread_once(&filled, fill_tables);
    return &tables[level];
}

const struct kernels *kernels_get(void)
{
    return kernels_of(cpu_level());
}
