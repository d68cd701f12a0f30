/*
 * Tests and times the kernels of core/math/kernels.h in one call: each level that this processor
 * has against plain loops that are written out here, bit for bit, on random input of odd sizes
 * with special values. All buffers end at a page that may not be touched, so that starts are
 * unaligned and nothing is read or written behind them; what lies before them is compared as well.
 *
 *   kernels_check                        tests; the last line is "N passed, N failed, N skipped"
 *   kernels_check --bench [--json FILE]  tests, then times each kernel at each level
 */
#include "core/math/kernels.h"
#include "tests/kernels/kernels_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOTS = 40, SLOT_SIZE = 1 << 20, CANARY = 0x5A, CANARIES = 64 };

static char *slots[SLOTS]; /* each SLOT_SIZE bytes before a page of no access */
static size_t slots_used;

static void open_slots(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = mmap(NULL, SLOT_SIZE + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                        -1, 0);
        if (slots[i] == MAP_FAILED || mprotect(slots[i] + SLOT_SIZE, page, PROT_NONE) != 0) {
            perror("kernels_check");
            exit(2);
        }
    }
}

/* `bytes` bytes that end at a page of no access, canaries before them; until slots_used = 0. */
static void *guarded(size_t bytes)
{
    char *end = slots[slots_used++] + SLOT_SIZE;
    memset(end - bytes - CANARIES, CANARY, bytes + CANARIES);
    return end - bytes;
}

/* Whether two buffers and the canaries before them are the same bytes. */
static bool same(const void *a, const void *b, size_t bytes)
{
    return memcmp((const char *)a - CANARIES, (const char *)b - CANARIES, bytes + CANARIES) == 0;
}

static const struct rng random_numbers = {.seed = 7, .index = 0, .stream = RNG_STREAM_INIT};
static uint32_t turn; /* of the case: its random numbers */

static uint32_t draw(uint32_t unit)
{
    return rng_u32(&random_numbers, turn, unit);
}

/* Random within -1..1; where `special`, also zeros of either sign, subnormals and infinities. */
static float *random_reals(size_t count, bool special)
{
    static const float specials[] = {0.0f, -0.0f, 1e-41f, -1e-41f, 1e38f, -3e38f, INFINITY, -1.0f};
    float *out = guarded(count * sizeof *out);
    turn++;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = draw(i);
        out[i] = (float)(int32_t)number * 0x1p-31f;
        if (special && number % 8 == 3)
            out[i] = specials[number / 8 % 8];
    }
    return out;
}

static void *copy(const void *bytes, size_t size)
{
    void *to = guarded(size);
    memcpy(to, bytes, size);
    return to;
}

/* Some of `count` units, ascending, beginning with number `first`; their number. */
static uint32_t *random_units(uint32_t count, int64_t first, size_t *found)
{
    uint32_t listed[1024];
    *found = 0;
    turn++;
    for (uint32_t i = 0; i < count; i++)
        if (draw(i) % 5 < turn % 6)
            listed[(*found)++] = (uint32_t)(first + i);
    return copy(listed, *found * sizeof *listed);
}

/* 0, 1, all around the widths of vectors and blocks, and those of shipped layers. */
static const size_t sizes[] = {0,   1,   2,   3,   4,   5,   7,   8,   9,   15,  16,
                               17,  31,  32,  33,  47,  48,  49,  63,  64,  65,  79,
                               80,  95,  96,  97,  111, 112, 113, 127, 128, 129, 143,
                               191, 196, 255, 256, 257, 300, 512, 784, 785};
enum { NUM_SIZES = sizeof sizes / sizeof *sizes, NUM_PRE = 40 };

static void reference_add_rows(float *current, const float *weight, size_t stride, size_t count,
                               const uint32_t *pre, size_t num_spikes, int64_t first)
{
    for (size_t i = 0; i < num_spikes; i++)
        for (size_t post = 0; post < count; post++)
            current[post] += weight[(size_t)(pre[i] - first) * stride + post];
}

static bool check_add_rows(const struct kernels *kernels, size_t count, bool special)
{
    size_t num_spikes, stride = count + turn % 3;
    int64_t first = (int64_t)(turn % 100);
    const uint32_t *pre = random_units(NUM_PRE, first, &num_spikes);
    const float *weight = random_reals((NUM_PRE - 1) * stride + count, special);
    float *wanted = random_reals(count, special), *got = copy(wanted, count * sizeof *got);
    reference_add_rows(wanted, weight, stride, count, pre, num_spikes, first);
    kernels->add_rows(got, weight, stride, count, pre, num_spikes, first);
    return same(wanted, got, count * sizeof *got);
}

static bool check_add_lists(const struct kernels *kernels, size_t count, bool special)
{
    enum { NUM_LISTS = 5 };
    size_t stride = count + turn % 3, bytes = ((NUM_LISTS - 1) * stride + count) * sizeof(float);
    uint32_t begin[NUM_LISTS + 1] = {turn % 2}, list[NUM_LISTS * NUM_PRE + 1];
    for (int i = 0; i < NUM_LISTS; i++) {
        size_t found;
        const uint32_t *units = random_units(NUM_PRE, 0, &found);
        memcpy(list + begin[i], units, found * sizeof *list);
        begin[i + 1] = begin[i] + (uint32_t)found;
    }
    const float *matrix = random_reals(NUM_PRE * count, special);
    const float *start = turn % 4 ? random_reals(count, special) : NULL;
    float *wanted = random_reals(bytes / sizeof(float), special), *got = copy(wanted, bytes);
    for (int i = 0; i < NUM_LISTS; i++) {
        if (start)
            memcpy(wanted + (size_t)i * stride, start, count * sizeof *wanted);
        reference_add_rows(wanted + (size_t)i * stride, matrix, count, count, list + begin[i],
                           begin[i + 1] - begin[i], 0);
    }
    kernels->add_lists(got, stride, NUM_LISTS, start, matrix, count, list, begin);
    return same(wanted, got, bytes);
}

static bool check_list_nonzero(const struct kernels *kernels, size_t count, bool special)
{
    float *values = random_reals(count, special);
    uint32_t *wanted = copy(values, count * sizeof *wanted), found = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (draw(i) % 3)
            values[i] = i % 2 ? 0.0f : -0.0f;
        if (values[i] != 0)
            wanted[found++] = i;
    }
    uint32_t *got = copy(wanted, count * sizeof *got);
    memset(got, 0, count * sizeof *got);
    return kernels->list_nonzero(values, count, got) == found &&
           same(wanted, got, found * sizeof *got);
}

/* Sums and rows in any order, with other rows between them. */
static bool check_multiply(const struct kernels *kernels, size_t count, bool special)
{
    enum { NUM_ROWS = 13 };
    size_t stride = count + turn % 3, values = (NUM_ROWS - 1) * stride + count, num_sums, num_terms;
    const uint32_t *sum_rows = random_units(NUM_ROWS, 0, &num_sums);
    const uint32_t *matrix_rows = random_units(NUM_ROWS, 0, &num_terms);
    const float *factors = random_reals(num_sums * num_terms, special);
    const float *matrix = random_reals(values, special);
    float *wanted = random_reals(values, special), *got = copy(wanted, values * sizeof *got);
    bool turned = turn % 2;
    struct kernel_product product = {.sums = got,
                                     .sum_stride = stride,
                                     .sum_rows = sum_rows,
                                     .num_sums = num_sums,
                                     .factors = factors,
                                     .factor_sum = turned ? 1 : num_terms,
                                     .factor_term = turned ? num_sums : 1,
                                     .matrix = matrix,
                                     .matrix_stride = stride,
                                     .matrix_rows = matrix_rows,
                                     .num_terms = num_terms,
                                     .count = count};
    for (size_t i = 0; i < num_sums; i++)
        for (size_t k = 0; k < num_terms; k++) {
            float factor = factors[turned ? k * num_sums + i : i * num_terms + k];
            for (size_t post = 0; post < count; post++)
                wanted[sum_rows[i] * stride + post] +=
                    factor * matrix[matrix_rows[k] * stride + post];
        }
    kernels->multiply(&product);
    return same(wanted, got, values * sizeof *got);
}

static bool check_add_scaled(const struct kernels *kernels, size_t count, bool special)
{
    size_t num_pre = count % 3 ? NUM_PRE : 300; /* more than are listed at a time */
    float *value = random_reals(num_pre, special);
    const float *weight = random_reals(num_pre * count, special);
    float *wanted = random_reals(count, special), *got = copy(wanted, count * sizeof *got);
    size_t nonzero = 0;
    for (size_t pre = 0; pre < num_pre; pre += 3)
        value[pre] = 0;
    for (size_t pre = 0; pre < num_pre; pre++)
        nonzero += value[pre] != 0;
    for (size_t pre = 0; pre < num_pre; pre++)
        for (size_t post = 0; post < count && value[pre] != 0; post++)
            wanted[post] += value[pre] * weight[pre * count + post];
    size_t found = kernels->add_scaled(got, weight, count, value, num_pre);
    return found == nonzero && same(wanted, got, count * sizeof *got);
}

static struct kernel_neuron random_neuron(void)
{
    return (struct kernel_neuron){turn % 5 ? 0.9f : 1, turn % 3 ? 0.25f : 1, turn % 2};
}

static void reference_fire(const struct kernel_neuron *neuron, float *v, const float *current,
                           float *spiked, float *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float raised = v[i] * neuron->beta + current[i];
        if (neuron->clamp && !(raised < neuron->threshold))
            raised = neuron->threshold;
        before[i] = raised;
        spiked[i] = raised >= neuron->threshold;
        v[i] = raised;
        if (spiked[i] != 0)
            v[i] = neuron->clamp ? 0 : raised - neuron->threshold;
    }
}

static bool check_fire(const struct kernels *kernels, size_t count, bool special)
{
    size_t bytes = count * sizeof(float);
    const float *current = random_reals(count, special);
    float *v = random_reals(count, special), *got_v = copy(v, bytes), *lone_v = copy(v, bytes);
    float *spiked = guarded(bytes), *got_spiked = guarded(bytes), *lone_spiked = guarded(bytes);
    float *before = guarded(bytes), *got_before = guarded(bytes);
    struct kernel_neuron neuron = random_neuron();
    reference_fire(&neuron, v, current, spiked, before, count);
    kernels->fire(&neuron, got_v, current, got_spiked, got_before, count);
    kernels->fire(&neuron, lone_v, current, lone_spiked, NULL, count);
    return same(v, got_v, bytes) && same(spiked, got_spiked, bytes) &&
           same(before, got_before, bytes) && same(v, lone_v, bytes) &&
           same(spiked, lone_spiked, bytes);
}

enum { MAX_STEPS = KERNEL_MOST_STEPS };

static void reference_run_layer(const struct kernel_layer *layer, float *v, uint64_t *words,
                                size_t pitch)
{
    float current[1024], spiked[1024], before[1024];
    for (size_t step = 0; step < layer->num_steps; step++) {
        struct kernel_span span = layer->steps[step].more;
        memcpy(current, layer->start, layer->count * sizeof *current);
        reference_add_rows(current, layer->weight, layer->stride, layer->count,
                           layer->pre + span.begin, span.end - span.begin, layer->first);
        reference_fire(&layer->neuron, v, current, spiked, before, layer->count);
        for (size_t unit = 0; unit < layer->count; unit++)
            words[step * pitch + unit / 64] |= (uint64_t)(spiked[unit] != 0) << unit % 64;
    }
}

/* A layer's units, steps and spikes, but not its weights. */
static struct kernel_layer random_layer(size_t count)
{
    size_t num_steps = turn % (MAX_STEPS + 1), found;
    struct kernel_step steps[MAX_STEPS];
    uint32_t pre[MAX_STEPS * NUM_PRE], listed = 0;
    int64_t first = (int64_t)(turn % 100) - 50 < 0 ? 0 : (int64_t)(turn % 100);
    struct kernel_layer layer = {
        .stride = count + turn % 3, .first = first, .num_steps = num_steps, .count = count};
    layer.neuron = random_neuron();
    for (size_t step = 0; step < num_steps; step++) {
        const uint32_t *units = random_units(NUM_PRE, first, &found);
        memcpy(pre + listed, units, found * sizeof *pre);
        steps[step] = (struct kernel_step){.more = {listed, listed + (uint32_t)found}};
        listed += (uint32_t)found;
    }
    layer.pre = copy(pre, listed * sizeof *pre);
    layer.steps = copy(steps, num_steps * sizeof *steps);
    return layer;
}

static bool check_run_layer(const struct kernels *kernels, size_t count, bool special)
{
    struct kernel_layer layer = random_layer(count);
    size_t pitch = (count + 63) / 64 + turn % 2, bytes = pitch * layer.num_steps * 8;
    layer.weight = random_reals((NUM_PRE - 1) * layer.stride + count, special);
    layer.start = random_reals(count, special);
    float *v = random_reals(count, special), *got_v = copy(v, count * sizeof *v);
    uint64_t *words = guarded(bytes), *got = guarded(bytes);
    memset(words, 0, bytes);
    memset(got, 0, bytes);
    reference_run_layer(&layer, v, words, pitch);
    kernels->run_layer(&layer, 0, got_v, got, pitch);
    return same(v, got_v, count * sizeof *v) && same(words, got, bytes);
}

/*
 * A random layer in fixed point, and the same weights as floats: up to 255 multiples of a unit's
 * scale each, so that no sum is too large, as the table wants it.
 */
static struct kernel_layer random_fixed_layer(size_t count)
{
    struct kernel_layer layer = random_layer(count);
    size_t padded = kernel_fixed_width(count);
    int16_t *fixed = guarded(NUM_PRE * padded * sizeof *fixed);
    int16_t *bias = guarded(padded * sizeof *bias);
    float *scale = guarded(padded * sizeof *scale), *start = guarded(count * sizeof *start);
    float *weight = guarded(NUM_PRE * layer.stride * sizeof *weight);
    memset(fixed, 0, NUM_PRE * padded * sizeof *fixed);
    memset(bias, 0, padded * sizeof *bias);
    memset(scale, 0, padded * sizeof *scale);
    memset(weight, 0, NUM_PRE * layer.stride * sizeof *weight);
    turn++;
    for (size_t unit = 0; unit < count; unit++) {
        size_t at = unit / KERNEL_FIXED_RUN * KERNEL_FIXED_RUN;
        size_t width = kernel_fixed_run(at, count);
        scale[unit] = ldexpf(1, -(int)(draw((uint32_t)unit) % 12));
        bias[unit] = (int16_t)(draw((uint32_t)(count + unit)) % 511) - 255;
        start[unit] = (float)bias[unit] * scale[unit];
        for (size_t row = 0; row < NUM_PRE; row++) {
            int value = (int)(draw((uint32_t)((row + 2) * count + unit)) % 511) - 255;
            fixed[at * NUM_PRE + row * width + (unit - at)] = (int16_t)value;
            weight[row * layer.stride + unit] = (float)value * scale[unit];
        }
    }
    layer.weight = weight;
    layer.start = start;
    layer.fixed = (struct kernel_fixed){fixed, NUM_PRE, bias, scale};
    return layer;
}

static bool is_in(const uint32_t *pre, struct kernel_span span, uint32_t unit)
{
    for (uint32_t i = span.begin; i < span.end; i++)
        if (pre[i] == unit)
            return true;
    return false;
}

/* Lists at `listed` those of a span of pre that are not in another one. */
static struct kernel_span without(const uint32_t *pre, struct kernel_span these,
                                  struct kernel_span those, uint32_t *list, uint32_t listed)
{
    struct kernel_span span = {listed, listed};
    for (uint32_t i = these.begin; i < these.end; i++)
        if (!is_in(pre, those, pre[i]))
            list[span.end++] = pre[i];
    return span;
}

/* The same spikes, but each step as what changes from an earlier one, any of them, or from none. */
static struct kernel_layer as_changes(struct kernel_layer layer)
{
    struct kernel_step steps[MAX_STEPS];
    uint32_t list[2 * MAX_STEPS * NUM_PRE], listed = 0;
    turn++;
    for (uint32_t s = 0; s < layer.num_steps; s++) {
        uint32_t from = draw(s) % (s + 1);
        struct kernel_span spikes = layer.steps[s].more, earlier = {0, 0};
        if (from)
            earlier = layer.steps[from - 1].more;
        steps[s].from = from;
        steps[s].more = without(layer.pre, spikes, earlier, list, listed);
        steps[s].less = without(layer.pre, earlier, spikes, list, steps[s].more.end);
        listed = steps[s].less.end;
    }
    layer.pre = copy(list, listed * sizeof *list);
    layer.steps = copy(steps, layer.num_steps * sizeof *steps);
    return layer;
}

/* Sums are exact: integers have to give what floats do, and changes what all spikes do. */
static bool check_run_fixed(const struct kernels *kernels, size_t count, bool special)
{
    struct kernel_layer layer = random_fixed_layer(count);
    size_t pitch = (count + 63) / 64 + turn % 2, bytes = pitch * layer.num_steps * 8;
    float *v = random_reals(count, special), *got_v = copy(v, count * sizeof *v);
    const float *begin_v = copy(v, count * sizeof *v);
    uint64_t *words = guarded(bytes), *got = guarded(bytes);
    memset(words, 0, bytes);
    memset(got, 0, bytes);
    reference_run_layer(&layer, v, words, pitch);
    kernels->run_fixed(&layer, got_v, got, pitch);
    if (!same(v, got_v, count * sizeof *v) || !same(words, got, bytes))
        return false;
    layer = as_changes(layer);
    memcpy(got_v, begin_v, count * sizeof *v);
    memset(got, 0, bytes);
    kernels->run_fixed(&layer, got_v, got, pitch);
    return same(v, got_v, count * sizeof *v) && same(words, got, bytes);
}

/* Rows of bits, of which those at and past `count` are 0. */
static uint64_t *random_bits(size_t rows, size_t pitch, size_t count)
{
    uint64_t *words = guarded(rows * pitch * 8);
    memset(words, 0, rows * pitch * 8);
    turn++;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++) {
            uint64_t set = draw((uint32_t)(row * count + i)) % 7 < turn % 8;
            words[row * pitch + i / 64] |= set << i % 64;
        }
    return words;
}

static bool check_list_bits(const struct kernels *kernels, size_t count, bool special)
{
    const uint64_t *words = random_bits(1, (count + 63) / 64, count);
    uint32_t wanted = 0, found;
    size_t bytes = count * sizeof(uint32_t);
    uint32_t *units = guarded(bytes), *got = guarded(bytes);
    (void)special;
    for (uint32_t i = 0; i < count; i++)
        if (words[i / 64] >> i % 64 & 1)
            units[wanted++] = i;
    found = kernels->list_bits(words, count, got);
    return found == wanted && same(units, got, wanted * sizeof *got);
}

static bool check_count_ones(const struct kernels *kernels, size_t count, bool special)
{
    const uint64_t *words = random_bits(3, (count + 63) / 64, count);
    uint64_t wanted = 0;
    (void)special;
    for (size_t row = 0; row < 3; row++)
        for (size_t i = 0; i < count; i++)
            wanted += words[row * ((count + 63) / 64) + i / 64] >> i % 64 & 1;
    return kernels->count_ones(words, 3 * ((count + 63) / 64)) == wanted;
}

static bool check_count_differing(const struct kernels *kernels, size_t count, bool special)
{
    size_t rows = special ? KERNEL_MOST_STEPS : turn % 5, words = (count + 63) / 64;
    const uint64_t *row = random_bits(1, words, count), *others = random_bits(rows, words, count);
    size_t bytes = rows * sizeof(uint32_t);
    uint32_t *counts = guarded(bytes), *got = guarded(bytes);
    memset(counts, 0, bytes);
    for (size_t other = 0; other < rows; other++)
        for (size_t i = 0; i < count; i++)
            counts[other] += (row[i / 64] ^ others[other * words + i / 64]) >> i % 64 & 1;
    kernels->count_differing(row, others, words, rows, got);
    return same(counts, got, bytes);
}

static bool check_count_bits(const struct kernels *kernels, size_t count, bool special)
{
    size_t rows = special ? 300 : turn % 20, pitch = (count + 63) / 64 + turn % 2;
    const uint64_t *words = random_bits(rows, pitch, count);
    size_t bytes = count * sizeof(uint32_t);
    uint32_t *counts = guarded(bytes), *got = guarded(bytes);
    memset(counts, 0, bytes);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++)
            counts[i] += words[row * pitch + i / 64] >> i % 64 & 1;
    kernels->count_bits(words, pitch, rows, count, got);
    return same(counts, got, bytes);
}

static bool check_random(const struct kernels *kernels, size_t count, bool special)
{
    size_t bytes = count * sizeof(uint32_t);
    uint32_t *numbers = guarded(bytes), *got = guarded(bytes), first = draw(0) / 4 * 4,
             at = draw(1);
    const struct rng rng = {.seed = (uint64_t)draw(2) << 32 | draw(3),
                            .index = special ? UINT64_C(0xFFFFFFFFFFFFFF) : draw(4),
                            .stream = RNG_STREAM_ENCODE};
    turn++;
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rng_u32(&rng, at, first + i);
    kernels->random(&rng, at, first, (uint32_t)count, got);
    return same(numbers, got, bytes);
}

static bool check_compare(const struct kernels *kernels, size_t count, bool special)
{
    float *value = random_reals(count, false);
    uint32_t *random = guarded(count * sizeof *random);
    size_t bytes = (count + 63) / 64 * 8;
    uint64_t *words = guarded(bytes), *got = guarded(bytes);
    double probability = turn % 2 ? 1 : 0.3;
    memset(words, 0, bytes);
    for (uint32_t i = 0; i < count; i++) {
        value[i] = value[i] < 0 ? 0 : special && i % 3 == 0 ? 1 : value[i];
        uint64_t bound = (uint64_t)((double)value[i] * probability * 0x1p32);
        random[i] = i % 4 ? draw(i) : (uint32_t)(bound - i % 8 / 4); /* at the bound and below */
        words[i / 64] |= (uint64_t)(random[i] < bound) << i % 64;
    }
    kernels->compare(value, random, count, probability, got);
    return same(words, got, bytes);
}

static bool check_adam(const struct kernels *kernels, size_t count, bool special)
{
    const struct kernel_adam p = {0.9f,  0.999f, 0.1f,  0.001f,
                                  0.01f, 1.5f,   1e-8f, turn % 2 ? 0 : 0.001f};
    size_t bytes = count * sizeof(float);
    const float *gradient = random_reals(count, special);
    float *w = random_reals(count, special), *m1 = random_reals(count, special);
    float *m2 = random_reals(count, special);
    for (size_t i = 0; i < count; i++)
        m2[i] = fabsf(m2[i]);
    float *got_w = copy(w, bytes), *got_m1 = copy(m1, bytes), *got_m2 = copy(m2, bytes);
    for (size_t i = 0; i < count; i++) {
        m1[i] = p.beta1 * m1[i] + p.rest1 * gradient[i];
        m2[i] = p.beta2 * m2[i] + p.rest2 * gradient[i] * gradient[i];
        w[i] -= p.rate * m1[i] / (sqrtf(m2[i] * p.scale) + p.epsilon) + p.decay * w[i];
    }
    kernels->adam(&p, got_w, got_m1, got_m2, gradient, count);
    return same(w, got_w, bytes) && same(m1, got_m1, bytes) && same(m2, got_m2, bytes);
}

static const struct {
    const char *name;
    bool (*check)(const struct kernels *kernels, size_t count, bool special);
} checks[] = {
    {"add_rows", check_add_rows},
    {"add_lists", check_add_lists},
    {"add_scaled", check_add_scaled},
    {"multiply", check_multiply},
    {"fire", check_fire},
    {"run_layer", check_run_layer},
    {"run_fixed", check_run_fixed},
    {"list_bits", check_list_bits},
    {"list_nonzero", check_list_nonzero},
    {"count_ones", check_count_ones},
    {"count_differing", check_count_differing},
    {"count_bits", check_count_bits},
    {"random", check_random},
    {"compare", check_compare},
    {"adam", check_adam},
};
enum { NUM_CHECKS = sizeof checks / sizeof *checks, NUM_TURNS = 12 };

/* One kernel at one level, at all sizes. */
static bool check_kernel(enum cpu_level level, int index)
{
    const struct kernels *kernels = kernels_of(level);
    for (size_t i = 0; i < NUM_SIZES; i++)
        for (int repeat = 0; repeat < NUM_TURNS; repeat++) {
            slots_used = 0;
            turn++;
            if (!checks[index].check(kernels, sizes[i], repeat % 2)) {
                printf("not ok - %s at level %s: %zu units differ\n", checks[index].name,
                       cpu_level_name(level), sizes[i]);
                return false;
            }
        }
    printf("ok - %s at level %s\n", checks[index].name, cpu_level_name(level));
    return true;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0, skipped = 0;
    bool bench = argc > 1 && !strcmp(argv[1], "--bench");
    const char *json = argc > 3 && !strcmp(argv[2], "--json") ? argv[3] : NULL;
    if (argc != (json ? 4 : bench ? 2 : 1)) {
        fprintf(stderr, "usage: kernels_check [--bench [--json FILE]]\n");
        return 2;
    }
    open_slots();
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        bool has = cpu_has_level((enum cpu_level)level);
        if (!has)
            printf("skip: this processor has no level %s\n", cpu_level_name((enum cpu_level)level));
        for (int i = 0; i < NUM_CHECKS; i++)
            if (!has)
                skipped++;
            else if (check_kernel((enum cpu_level)level, i))
                passed++;
            else
                failed++;
    }
    if (bench && !bench_run(json)) {
        perror(json);
        return 2;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
