#include "tests/kernels/kernels_bench.h"

#include "core/math/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BENCH_STEPS = 15, BENCH_PRE = 1248, BENCH_POST = 784, BENCH_LARGE = 1 << 20 };

static float *weight, *value, *current, *potential, *spiked, *bias, *sums, *large[4];
static int16_t *fixed;
static uint32_t *units, *numbers, *counts, *listed;
static uint64_t *words;
static struct kernel_step steps[BENCH_STEPS];
static const struct rng bench_rng = {.seed = 1, .index = 0, .stream = RNG_STREAM_ENCODE};

static void *aligned(size_t count, size_t size)
{
    void *block = aligned_alloc(64, (count * size + 127) / 64 * 64);
    if (!block)
        abort();
    memset(block, 0, count * size);
    return block;
}

static void prepare(void)
{
    weight = aligned((size_t)BENCH_PRE * BENCH_POST, sizeof *weight);
    value = aligned(BENCH_PRE, sizeof *value);
    current = aligned(BENCH_POST, sizeof *current);
    potential = aligned(BENCH_POST, sizeof *potential);
    spiked = aligned(BENCH_POST, sizeof *spiked);
    bias = aligned(BENCH_POST, sizeof *bias);
    sums = aligned((size_t)BENCH_STEPS * BENCH_POST, sizeof *sums);
    for (int i = 0; i < BENCH_POST;
         i++) /* or potentials, which would only decay, became subnormal */
        bias[i] = 0.01f;
    units = aligned((size_t)BENCH_PRE * BENCH_STEPS, sizeof *units);
    numbers = aligned(BENCH_PRE, sizeof *numbers);
    counts = aligned(BENCH_PRE, sizeof *counts);
    listed = aligned(BENCH_PRE, sizeof *listed);
    words = aligned((size_t)BENCH_STEPS * (BENCH_PRE / 64 + 1), sizeof *words);
    fixed = aligned((size_t)BENCH_PRE * BENCH_POST, sizeof *fixed);
    for (int i = 0; i < 4; i++)
        large[i] = aligned(BENCH_LARGE, sizeof *large[i]);
    for (uint32_t i = 0; i < BENCH_PRE * BENCH_POST; i++)
        weight[i] = (float)(int32_t)rng_u32(&bench_rng, 0, i) * 0x1p-34f;
    for (uint32_t i = 0; i < BENCH_PRE * BENCH_POST; i++)
        fixed[i] = (int16_t)((int32_t)rng_u32(&bench_rng, 3, i) >> 24);
    for (uint32_t i = 0; i < BENCH_PRE; i++)
        value[i] = i % 4 ? 0 : rng_uniform(&bench_rng, 1, i);
    for (uint32_t i = 0; i < BENCH_LARGE; i++)
        for (int k = 0; k < 4; k++)
            large[k][i] = rng_uniform(&bench_rng, 2, i);
}

/* Spikes of `share` of 1000 of the inputs in each step. */
static void prepare_spikes(uint32_t num_pre, uint32_t share)
{
    uint32_t found = 0;
    for (uint32_t step = 0; step < BENCH_STEPS; step++) {
        uint32_t begin = found;
        for (uint32_t i = 0; i < num_pre; i++)
            if (rng_below(&bench_rng, 100 + step, i, 1000) < share)
                units[found++] = i;
        steps[step] = (struct kernel_step){.more = {begin, found}};
    }
}

struct bench {
    const char *name;
    void (*run)(const struct kernels *kernels, const struct bench *bench);
    uint32_t num_pre, num_post, share; /* share of 1000 inputs that spike in a step */
};

static void run_add_rows(const struct kernels *kernels, const struct bench *bench)
{
    kernels->add_rows(current, weight, bench->num_post, bench->num_post, units, steps[0].more.end,
                      0);
}

/* The lists of all steps, of which each adds rows of one panel. */
static void run_add_lists(const struct kernels *kernels, const struct bench *bench)
{
    uint32_t begin[BENCH_STEPS + 1] = {0};
    for (int i = 0; i < BENCH_STEPS; i++)
        begin[i + 1] = steps[i].more.end;
    kernels->add_lists(sums, bench->num_post, BENCH_STEPS, bias, weight, bench->num_post, units,
                       begin);
}

/* As many sums as there are steps, of the rows that spike in the first one. */
static void run_multiply(const struct kernels *kernels, const struct bench *bench)
{
    uint32_t rows[BENCH_STEPS], selected = steps[0].more.end;
    for (uint32_t i = 0; i < BENCH_STEPS; i++)
        rows[i] = i;
    struct kernel_product product = {.sums = sums,
                                     .sum_stride = bench->num_post,
                                     .sum_rows = rows,
                                     .num_sums = BENCH_STEPS,
                                     .factors = large[0],
                                     .factor_sum = selected,
                                     .factor_term = 1,
                                     .matrix = weight,
                                     .matrix_stride = bench->num_post,
                                     .matrix_rows = units,
                                     .num_terms = selected,
                                     .count = bench->num_post};
    kernels->multiply(&product);
}

static void run_add_scaled(const struct kernels *kernels, const struct bench *bench)
{
    kernels->add_scaled(current, weight, bench->num_post, value, bench->num_pre);
}

static void run_layer(const struct kernels *kernels, const struct bench *bench)
{
    const struct kernel_layer layer = {.weight = weight,
                                       .stride = bench->num_post,
                                       .pre = units,
                                       .steps = steps,
                                       .num_steps = BENCH_STEPS,
                                       .start = bias,
                                       .count = bench->num_post,
                                       .neuron = {0.9f, 1, false}};
    memset(words, 0, (bench->num_post + 63) / 64 * BENCH_STEPS * sizeof *words);
    kernels->run_layer(&layer, 0, potential, words, (bench->num_post + 63) / 64);
}

static void run_fixed(const struct kernels *kernels, const struct bench *bench)
{
    const struct kernel_layer layer = {.pre = units,
                                       .steps = steps,
                                       .num_steps = BENCH_STEPS,
                                       .count = bench->num_post,
                                       .neuron = {0.9f, 1, false},
                                       .fixed = {fixed, bench->num_pre, fixed, current}};
    memset(words, 0, (bench->num_post + 63) / 64 * BENCH_STEPS * sizeof *words);
    kernels->run_fixed(&layer, potential, words, (bench->num_post + 63) / 64);
}

static void run_fire(const struct kernels *kernels, const struct bench *bench)
{
    const struct kernel_neuron neuron = {0.9f, 1, bench->share != 0};
    kernels->fire(&neuron, potential, current, spiked, NULL, bench->num_post);
}

static void run_list_bits(const struct kernels *kernels, const struct bench *bench)
{
    kernels->list_bits((const uint64_t *)(const void *)weight, bench->num_post, listed);
}

static void run_list_nonzero(const struct kernels *kernels, const struct bench *bench)
{
    kernels->list_nonzero(value, bench->num_post, listed);
}

static void run_count_differing(const struct kernels *kernels, const struct bench *bench)
{
    const uint64_t *rows = (const uint64_t *)(const void *)weight;
    kernels->count_differing(rows, rows, (bench->num_post + 63) / 64, BENCH_STEPS, counts);
}

static void run_count_bits(const struct kernels *kernels, const struct bench *bench)
{
    kernels->count_bits((const uint64_t *)(const void *)weight, (bench->num_post + 63) / 64,
                        BENCH_STEPS, bench->num_post, counts);
}

static void run_random(const struct kernels *kernels, const struct bench *bench)
{
    kernels->random(&bench_rng, 3, 0, bench->num_post, numbers);
}

static void run_compare(const struct kernels *kernels, const struct bench *bench)
{
    kernels->compare(value, numbers, bench->num_post, 0.3, words);
}

static void run_adam(const struct kernels *kernels, const struct bench *bench)
{
    const struct kernel_adam adam = {0.9f, 0.999f, 0.1f, 0.001f, 1e-9f, 1.5f, 1e-8f, 0};
    kernels->adam(&adam, large[0], large[1], large[2], large[3], bench->num_post);
}

static const struct bench benches[] = {
    {"add_rows 196x784", run_add_rows, 196, 784, 435},
    {"add_rows 784x196", run_add_rows, 784, 196, 100},
    {"add_rows 195x96", run_add_rows, 195, 96, 200},
    {"add_rows 480x96", run_add_rows, 480, 96, 200},
    {"add_lists 66x112", run_add_lists, 66, 112, 390},
    {"add_lists 94x112", run_add_lists, 94, 112, 390},
    {"multiply 784x196", run_multiply, 784, 196, 220},
    {"add_scaled 784x196", run_add_scaled, 784, 196, 0},
    {"run_layer 196x784", run_layer, 196, 784, 435},
    {"run_layer 512x784", run_layer, 512, 784, 200},
    {"run_layer 784x196", run_layer, 784, 196, 100},
    {"run_layer 1248x196", run_layer, 1248, 196, 200},
    {"run_layer 480x96", run_layer, 480, 96, 200},
    {"run_layer 0x196", run_layer, 196, 196, 0},
    {"run_fixed 196x784", run_fixed, 196, 784, 435},
    {"run_fixed 512x784", run_fixed, 512, 784, 200},
    {"run_fixed 784x196", run_fixed, 784, 196, 100},
    {"run_fixed 1248x196", run_fixed, 1248, 196, 200},
    {"run_fixed 480x96", run_fixed, 480, 96, 200},
    {"fire subtract 784", run_fire, 0, 784, 0},
    {"fire zero 784", run_fire, 0, 784, 1},
    {"list_bits 784", run_list_bits, 0, 784, 0},
    {"list_nonzero 784", run_list_nonzero, 0, 784, 0},
    {"count_differing 15x196", run_count_differing, 0, 196, 0},
    {"count_bits 15x784", run_count_bits, 0, 784, 0},
    {"random 784", run_random, 0, 784, 0},
    {"compare 784", run_compare, 0, 784, 0},
    {"adam 153664", run_adam, 0, 153664, 0},
};
enum { NUM_BENCHES = sizeof benches / sizeof *benches };

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double time_calls(const struct kernels *kernels, const struct bench *bench, int calls)
{
    double start = now_ns();
    for (int i = 0; i < calls; i++)
        bench->run(kernels, bench);
    return now_ns() - start;
}

/* The shortest of many runs of at least 200 microseconds each, in ns a call. */
static double time_bench(const struct kernels *kernels, const struct bench *bench)
{
    double best = 1e30;
    int calls = 1;
    while (time_calls(kernels, bench, calls) < 200000)
        calls *= 2;
    for (int repeat = 0; repeat < 40; repeat++) {
        double took = time_calls(kernels, bench, calls) / calls;
        best = took < best ? took : best;
    }
    return best;
}

/* Bytes of weights that one call reads; of adam, those read and written. */
static double bench_bytes(const struct bench *bench)
{
    double spikes = 0;
    if (bench->run == run_adam)
        return bench->num_post * 7.0 * sizeof(float);
    if (bench->run == run_add_rows)
        spikes = steps[0].more.end;
    if (bench->run == run_layer || bench->run == run_add_lists)
        spikes = steps[BENCH_STEPS - 1].more.end;
    if (bench->run == run_fixed)
        return (double)steps[BENCH_STEPS - 1].more.end * bench->num_post * (double)sizeof(int16_t);
    if (bench->run == run_add_scaled)
        spikes = bench->num_pre / 4;
    return spikes * bench->num_post * (double)sizeof(float);
}

/* Bytes a ns that are read by adding whole rows of a matrix of `bytes` bytes, again and again. */
static double bandwidth(const struct kernels *kernels, uint32_t num_pre, size_t num_post)
{
    double best = 0;
    for (uint32_t i = 0; i < num_pre; i++)
        units[i] = i;
    for (int repeat = 0; repeat < 200; repeat++) {
        double start = now_ns();
        for (int i = 0; i < 20; i++)
            kernels->add_rows(current, weight, num_post, num_post, units, num_pre, 0);
        double rate = 20.0 * num_pre * (double)num_post * sizeof(float) / (now_ns() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

bool bench_run(const char *json)
{
    FILE *file = json ? fopen(json, "w") : NULL;
    enum cpu_level best = cpu_level();
    if (json && !file)
        return false;
    prepare();
    double l1 = bandwidth(kernels_of(best), 64, 112), l2 = bandwidth(kernels_of(best), 196, 784);
    printf("rows of 28 KB: %.1f bytes a ns, of 600 KB: %.1f\n", l1, l2);
    printf("%-22s %-8s %10s %9s %9s %7s\n", "kernel", "level", "ns", "x plain", "bytes/ns",
           "of L1");
    if (file)
        fprintf(file, "{\"bytes_per_ns_l1\": %.2f, \"bytes_per_ns_l2\": %.2f, \"kernels\": [", l1,
                l2);
    bool first = true;
    for (int i = 0; i < NUM_BENCHES; i++) {
        double plain = 0;
        prepare_spikes(benches[i].num_pre, benches[i].share);
        for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
            if (!cpu_has_level((enum cpu_level)level))
                continue;
            double ns = time_bench(kernels_of((enum cpu_level)level), &benches[i]);
            plain = level == CPU_PLAIN ? ns : plain;
            double rate = bench_bytes(&benches[i]) / ns;
            printf("%-22s %-8s %10.0f %9.2f", benches[i].name,
                   cpu_level_name((enum cpu_level)level), ns, plain / ns);
            if (rate > 0)
                printf(" %9.1f %6.0f%%", rate, 100 * rate / l1);
            printf("\n");
            if (file)
                fprintf(file,
                        "%s\n  {\"kernel\": \"%s\", \"level\": \"%s\", \"ns\": %.1f, "
                        "\"speedup\": %.3f, \"bytes_per_ns\": %.2f}",
                        first ? "" : ",", benches[i].name, cpu_level_name((enum cpu_level)level),
                        ns, plain / ns, rate);
            first = false;
        }
    }
    if (file)
        fprintf(file, "\n]}\n");
    return !file || fclose(file) == 0;
}
