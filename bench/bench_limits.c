/*
 * What the machine can do at best: bytes a second from memory (a triad over arrays far larger than
 * the caches, all cores) and from the cache that holds the weights of a small network (one core),
 * and products and sums a second in OpenBLAS's sgemm, on one core and on all.
 *
 *   bench_limits SECONDS
 */
#include "bench/measure.h"
#include "core/base/mem.h"
#include "core/math/gemm.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum {
    TRIAD_COUNT = 1 << 22,           /* 32 MiB each of three arrays, a thread */
    CACHE_COUNT = 784 * 196 * 2 / 2, /* 64-bit words: as many bytes as the weights of mnist-ae */
    GEMM_SIDE = 1024,
    MAX_THREADS = 256
};

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDEST
#endif

struct triad {
    double *a, *b, *c;
};

static void triad_open(struct triad *triad)
{
    triad->a = measure_alloc(TRIAD_COUNT, sizeof *triad->a);
    triad->b = measure_alloc(TRIAD_COUNT, sizeof *triad->b);
    triad->c = measure_alloc(TRIAD_COUNT, sizeof *triad->c);
    for (int i = 0; i < TRIAD_COUNT; i++)
        triad->a[i] = triad->b[i] = triad->c[i] = 1;
}

WIDEST static void triad_compute(double *restrict a, const double *restrict b,
                                 const double *restrict c)
{
    for (int i = 0; i < TRIAD_COUNT; i++)
        a[i] = b[i] + 0.5 * c[i];
}

static void run_triad(void *argument)
{
    struct triad *triad = argument;
    triad_compute(triad->a, triad->b, triad->c);
}

static void measure_memory(int cores, double seconds)
{
    struct triad triads[MAX_THREADS];
    void *arguments[MAX_THREADS] = {NULL};
    for (int i = 0; i < cores; i++) {
        triad_open(&triads[i]);
        arguments[i] = &triads[i];
    }
    double rate = measure_rate(run_triad, arguments, cores, seconds);
    measure_print(rate * 3 * TRIAD_COUNT * sizeof(double) / 1e9, "limits.memory_gb_s");
    for (int i = 0; i < cores; i++) {
        mem_free(triads[i].a);
        mem_free(triads[i].b);
        mem_free(triads[i].c);
    }
}

static volatile uint64_t cache_sink;

WIDEST static uint64_t cache_read(const uint64_t *words)
{
    uint64_t sum = 0;
    for (int i = 0; i < CACHE_COUNT; i++)
        sum += words[i];
    return sum;
}

static void run_cache(void *argument)
{
    cache_sink = cache_read(argument);
}

static void measure_cache(double seconds)
{
    uint64_t *words = measure_alloc(CACHE_COUNT, sizeof *words);
    double time = measure_call(run_cache, words, seconds);
    measure_print(CACHE_COUNT * sizeof *words / time / 1e9, "limits.cache_gb_s");
    mem_free(words);
}

struct product {
    float *a, *b, *c;
};

static void product_open(struct product *product)
{
    size_t count = (size_t)GEMM_SIDE * GEMM_SIDE;
    product->a = measure_alloc(count, sizeof(float));
    product->b = measure_alloc(count, sizeof(float));
    product->c = measure_alloc(count, sizeof(float));
    for (size_t i = 0; i < count; i++)
        product->a[i] = product->b[i] = (float)(i % 7) - 3;
}

static void product_close(struct product *product)
{
    mem_free(product->a);
    mem_free(product->b);
    mem_free(product->c);
}

static void run_product(void *argument)
{
    const struct product *product = argument;
    const size_t side = GEMM_SIDE;
    gemm(side, side, side, 1, (struct gemm_view){product->a, side, false},
         (struct gemm_view){product->b, side, false}, 0, product->c, side);
}

static void measure_products(int cores, double seconds)
{
    const double flop = 2.0 * GEMM_SIDE * GEMM_SIDE * GEMM_SIDE;
    struct product products[MAX_THREADS];
    void *arguments[MAX_THREADS] = {NULL};
    gemm_use_one_thread();
    for (int i = 0; i < cores; i++) {
        product_open(&products[i]);
        arguments[i] = &products[i];
    }
    measure_print(flop / measure_call(run_product, &products[0], seconds) / 1e9,
                  "limits.sgemm_one_gflop_s");
    measure_print(flop * measure_rate(run_product, arguments, cores, seconds) / 1e9,
                  "limits.sgemm_gflop_s");
    printf("machine.blas\t%s\n", gemm_library());
    for (int i = 0; i < cores; i++)
        product_close(&products[i]);
}

int main(int argc, char **argv)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (argc != 2) {
        fprintf(stderr, "usage: bench_limits SECONDS\n");
        return 2;
    }
    double seconds = measure_number(argv[1]);
    cores = cores < MAX_THREADS ? cores : MAX_THREADS;
    measure_memory(cores, seconds);
    measure_cache(seconds);
    measure_products(cores, seconds);
    return 0;
}
