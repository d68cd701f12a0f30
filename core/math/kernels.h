/*
 * The small loops in which time is spent, as a table of functions: the plain C ones are the truth,
 * and files named after a level of the processor's instructions (core/base/cpu.h) replace entries
 * by functions that give the same bits faster. Lanes run across units, so that each unit's sum
 * keeps the order of its inputs; nothing is fused. tests/kernels compares and times them all.
 */
#ifndef SPIKELOOM_CORE_MATH_KERNELS_H
#define SPIKELOOM_CORE_MATH_KERNELS_H

#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/math/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A spiking unit's constants; what they mean is told in core/spike/neuron.h. */
struct kernel_neuron {
    real beta, threshold;
    bool
        clamp; /* cut at the threshold, set to 0 by a spike; else a spike takes the threshold off */
};

enum { KERNEL_MOST_STEPS = 16 }; /* that a layer takes at once */

/* Units of a list: list[begin] .. list[end - 1]. */
struct kernel_span {
    uint32_t begin, end;
};

/*
 * The spikes of one step: those of the step before it whose number is `from` - 1, or none where
 * from is 0, and those in `more`, without those in `less`.
 */
struct kernel_step {
    uint32_t from;
    struct kernel_span more, less;
};

/*
 * Weights and biases in fixed point: those of a unit are multiples of its `scale`, a power of two,
 * and their magnitudes sum to 32767 of it at most, so that no sum of any of them rounds or
 * overflows, be it one of 16-bit integers or of floats. Units lie in runs, the last one padded with
 * zeros to a multiple of KERNEL_FIXED_PAD: wide enough that steps are not too short, and narrow
 * enough that the rows of a common layer stay in the nearest cache, where all steps find them.
 */
enum { KERNEL_FIXED_RUN = 128, KERNEL_FIXED_PAD = 32 };

struct kernel_fixed {
    const int16_t *weight; /* run after run, each [num_rows][width of the run] */
    size_t num_rows;
    const int16_t *bias; /* [kernel_fixed_width(count)] */
    const real *scale;   /* likewise */
};

/* `count` units with their padding. */
static inline size_t kernel_fixed_width(size_t count)
{
    return (count + KERNEL_FIXED_PAD - 1) / KERNEL_FIXED_PAD * KERNEL_FIXED_PAD;
}

/* The width of the run that begins at unit `at`, a multiple of KERNEL_FIXED_RUN. */
static inline size_t kernel_fixed_run(size_t at, size_t count)
{
    return count - at < KERNEL_FIXED_RUN ? kernel_fixed_width(count - at) : KERNEL_FIXED_RUN;
}

/* Units that share their inputs, over several steps. */
struct kernel_layer {
    const real *weight; /* [..][stride], row 0 belongs to unit `first` */
    size_t stride;
    int64_t first;
    const uint32_t *pre; /* the list; ascending within a span */
    const struct kernel_step *steps;
    size_t num_steps;  /* at most KERNEL_MOST_STEPS */
    const real *start; /* [count], what each step's current begins with: bias or analog input */
    size_t count;
    struct kernel_neuron neuron;
    struct kernel_fixed fixed; /* in place of weight, stride and start, for run_fixed */
};

/*
 * A product of small matrices: row sum_rows[i] of sums += factor (i, k) times row matrix_rows[k] of
 * matrix, for each sum i and the terms k in ascending order.
 */
struct kernel_product {
    real *sums; /* [..][sum_stride], of each row `count` */
    size_t sum_stride;
    const uint32_t *sum_rows; /* [num_sums], each at most once */
    size_t num_sums;
    const real *factors; /* factor (i, k) is factors[i * factor_sum + k * factor_term] */
    size_t factor_sum, factor_term;
    const real *matrix; /* [..][matrix_stride], of each row `count` */
    size_t matrix_stride;
    const uint32_t *matrix_rows; /* [num_terms] */
    size_t num_terms;
    size_t count;
};

/* The constants of one update of train/adam.h. */
struct kernel_adam {
    real beta1, beta2, rest1, rest2, rate, scale, epsilon, decay;
};

struct kernels {
    /* current [count] += the rows pre[0 .. num_spikes - 1] of weight [..][stride], less `first` */
    void (*add_rows)(real *current, const real *weight, size_t stride, size_t count,
                     const uint32_t *pre, size_t num_spikes, int64_t first);

    /*
     * sums [num_lists][..stride] each begin with start [count], or with what they are where it is
     * NULL, and add the rows list[begin[i]] .. list[begin[i + 1] - 1] of matrix [..][count].
     */
    void (*add_lists)(real *sums, size_t stride, size_t num_lists, const real *start,
                      const real *matrix, size_t count, const uint32_t *list,
                      const uint32_t *begin);

    /*
     * current [count] += value[pre] * row pre of weight [num_pre][count], zero values skipped; how
     * many were not zero.
     */
    size_t (*add_scaled)(real *current, const real *weight, size_t count, const real *value,
                         size_t num_pre);

    /* what struct kernel_product tells */
    void (*multiply)(const struct kernel_product *product);

    /* one step of count units; before [count] receives the potentials before the reset, or NULL */
    void (*fire)(const struct kernel_neuron *neuron, real *v, const real *current, real *spiked,
                 real *before, size_t count);

    /*
     * All steps of units `from` (a multiple of 64) .. count - 1: weighted input, potential v
     * [count], spikes. Sets the bit of each spike in words [num_steps][pitch], which begin as 0.
     * Every step is from none, as sums of floats depend on their order.
     */
    void (*run_layer)(const struct kernel_layer *layer, size_t from, real *v, uint64_t *words,
                      size_t pitch);

    /* The same with weights in fixed point, of all units, with steps from any. */
    void (*run_fixed)(const struct kernel_layer *layer, real *v, uint64_t *words, size_t pitch);

    /* The bits set among the first `count` of words, ascending, to units [count]; their number. */
    uint32_t (*list_bits)(const uint64_t *words, size_t count, uint32_t *units);

    /* The places of the values that are not 0, ascending, to units [count]; their number. */
    uint32_t (*list_nonzero)(const real *values, size_t count, uint32_t *units);

    /* How many bits are set in num_words words. */
    uint64_t (*count_ones)(const uint64_t *words, size_t num_words);

    /* counts [num_rows] = in how many bits each of the rows [..][row_words] differs from `row`. */
    void (*count_differing)(const uint64_t *row, const uint64_t *rows, size_t row_words,
                            size_t num_rows, uint32_t *counts);

    /* counts [count] = how often each of `count` bits is set in num_rows rows [..][pitch]. */
    void (*count_bits)(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                       uint32_t *counts);

    /* rng_fill */
    void (*random)(const struct rng *rng, uint32_t step, uint32_t first, uint32_t count,
                   uint32_t *out);

    /* Bit i of words = random[i] < the whole part of value[i] * probability * 2^32. */
    void (*compare)(const real *value, const uint32_t *random, size_t count, double probability,
                    uint64_t *words);

    /* adam_apply */
    void (*adam)(const struct kernel_adam *adam, real *weight, real *moment1, real *moment2,
                 const real *gradient, size_t count);
};

/* The kernels of the level in use (cpu_level). */
const struct kernels *kernels_get(void);

/* Those of one level, which the processor must have (cpu_has_level). */
const struct kernels *kernels_of(enum cpu_level level);

/* The truth; entries are what the other levels fall back on. */
extern const struct kernels kernels_plain;

/* add_lists by way of add_rows of `level`; rows of the matrix are matrix_stride apart. */
void kernels_add_lists_by_rows(const struct kernels *level, real *sums, size_t stride,
                               size_t num_lists, const real *start, const real *matrix,
                               size_t matrix_stride, size_t count, const uint32_t *list,
                               const uint32_t *begin);

/* current [count] += value[i] times row pre[i] of weight [..][count], in turn. */
typedef void (*kernels_add_listed)(real *current, const real *weight, size_t count,
                                   const uint32_t *pre, const real *value, size_t num_values);

/* add_scaled by way of `add`, to which the values that are not 0 are given in lists. */
size_t kernels_add_scaled_by_lists(kernels_add_listed add, real *current, const real *weight,
                                   size_t count, const real *value, size_t num_pre);

/* Each replaces the entries that its level does better; in double precision none. */
void kernels_use_neon(struct kernels *kernels);
void kernels_use_avx2(struct kernels *kernels);
void kernels_use_avx512(struct kernels *kernels);

#endif
