/*
 * Gradients of a layer with losses on counts against sums over all units and steps, and the same
 * bits at every level.
 */
#include "core/base/cpu.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "train/count_backward.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 6, SAMPLES = 5, INPUTS = 37, UNITS = 83, ROWS = STEPS * SAMPLES };

static real weight[INPUTS * UNITS], bias[UNITS], input[ROWS * INPUTS],
    current_gradient[ROWS * UNITS];
static real potential[ROWS * UNITS], count_gradient[SAMPLES * UNITS], spike_count[SAMPLES * UNITS];
static real input_gradient[ROWS * INPUTS], weight_gradient[INPUTS * UNITS], bias_gradient[UNITS];

static struct layer layer = {.shape = {.kind = LAYER_DENSE,
                                       .in_channels = INPUTS,
                                       .in_length = 1,
                                       .out_channels = UNITS,
                                       .out_length = 1},
                             .neuron = {.beta = (real)0.9, .threshold = 1},
                             .weight = weight,
                             .bias = bias};

static real draw(uint32_t what, uint32_t i)
{
    const struct rng rng = {.seed = 12, .stream = RNG_STREAM_INIT};
    return 2 * (real)rng_uniform(&rng, what, i) - 1;
}

/* The first sample has no gradient at all, the second one everywhere, others of some units. */
static int fill(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < INPUTS * UNITS; i++)
        weight[i] = draw(0, i);
    for (uint32_t i = 0; i < ROWS * INPUTS; i++)
        input[i] = draw(1, i) > (real)0.2;
    for (uint32_t i = 0; i < ROWS * UNITS; i++)
        potential[i] = 2 * draw(2, i);
    for (uint32_t i = 0; i < SAMPLES * UNITS; i++) {
        uint32_t sample = i / UNITS;
        bool some = sample > 1 && draw(3, i) > (real)0.5;
        count_gradient[i] = sample == 1 || some ? draw(4, i) : 0;
    }
    return 0;
}

static struct unroll unroll_layer(real *v)
{
    return (struct unroll){.neuron = layer.neuron,
                           .slope = (real)2.5,
                           .num_steps = STEPS,
                           .count = SAMPLES * UNITS,
                           .v = v,
                           .spike_count = spike_count,
                           .count_gradient = count_gradient};
}

static void run(struct count_backward_pass pass)
{
    struct count_backward *backward = count_backward_new(&layer.shape, STEPS);
    assert_non_null(backward);
    const struct unroll unroll = unroll_layer(potential);
    count_backward_run(backward, &layer, &unroll, &pass);
    count_backward_free(backward);
}

static struct count_backward_pass whole_pass(void)
{
    return (struct count_backward_pass){.input = input,
                                        .num_samples = SAMPLES,
                                        .input_gradient = input_gradient,
                                        .weight_gradient = weight_gradient,
                                        .bias_gradient = bias_gradient};
}

static void soil(void)
{
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        input_gradient[i] = 77;
    for (size_t i = 0; i < INPUTS * UNITS; i++)
        weight_gradient[i] = 77;
    for (size_t i = 0; i < UNITS; i++)
        bias_gradient[i] = 77;
}

static void check_near(real found, double expected)
{
    assert_true(fabs((double)found - expected) <= 1e-5 * (1 + fabs(expected)));
}

/* The sum of `count` products of values that are so far apart. */
static double sum_products(const real *a, size_t a_stride, const real *b, size_t b_stride,
                           size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i * a_stride] * (double)b[i * b_stride];
    return sum;
}

static void check_gradients(void)
{
    const real one = 1;
    for (size_t row = 0; row < ROWS; row++)
        for (size_t i = 0; i < INPUTS; i++)
            check_near(
                input_gradient[row * INPUTS + i],
                sum_products(current_gradient + row * UNITS, 1, weight + i * UNITS, 1, UNITS));
    for (size_t unit = 0; unit < UNITS; unit++) {
        check_near(bias_gradient[unit],
                   sum_products(current_gradient + unit, UNITS, &one, 0, ROWS));
        for (size_t i = 0; i < INPUTS; i++)
            check_near(weight_gradient[i * UNITS + unit],
                       sum_products(current_gradient + unit, UNITS, input + i, INPUTS, ROWS));
    }
}

static void test_gradients_are_those_of_all_units(void **state)
{
    (void)state;
    real before[ROWS * UNITS];
    memcpy(before, potential, sizeof before);
    memcpy(current_gradient, potential, sizeof potential);
    const struct unroll unroll = unroll_layer(current_gradient);
    unroll_backward(&unroll);
    soil();
    run(whole_pass());
    check_gradients();
    assert_memory_equal(potential, before, sizeof before);
}

static void test_every_level_gives_the_same_bits(void **state)
{
    (void)state;
    real first_input[ROWS * INPUTS], first_weight[INPUTS * UNITS], first_bias[UNITS];
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (cpu_use_level((enum cpu_level)level, NULL) != STATUS_OK)
            continue;
        soil();
        run(whole_pass());
        if (level == CPU_PLAIN) {
            memcpy(first_input, input_gradient, sizeof first_input);
            memcpy(first_weight, weight_gradient, sizeof first_weight);
            memcpy(first_bias, bias_gradient, sizeof first_bias);
        }
        assert_memory_equal(input_gradient, first_input, sizeof first_input);
        assert_memory_equal(weight_gradient, first_weight, sizeof first_weight);
        assert_memory_equal(bias_gradient, first_bias, sizeof first_bias);
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
}

static void test_what_is_not_wanted_is_not_touched(void **state)
{
    (void)state;
    soil();
    struct count_backward_pass pass = whole_pass();
    pass.weight_gradient = pass.bias_gradient = NULL;
    run(pass);
    assert_true(weight_gradient[0] == 77 && bias_gradient[0] == 77 && input_gradient[0] != 77);
    soil();
    pass = whole_pass();
    pass.input_gradient = NULL;
    run(pass);
    assert_true(weight_gradient[0] != 77 && bias_gradient[0] != 77 && input_gradient[0] == 77);
}

static void test_no_memory_is_no_pass(void **state)
{
    (void)state;
    for (int64_t allowed = 0; allowed < 7; allowed++) {
        mem_fail_after(allowed);
        struct count_backward *none = count_backward_new(&layer.shape, STEPS);
        mem_fail_never();
        assert_null(none);
    }
    count_backward_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_are_those_of_all_units),
        cmocka_unit_test(test_every_level_gives_the_same_bits),
        cmocka_unit_test(test_what_is_not_wanted_is_not_touched),
        cmocka_unit_test(test_no_memory_is_no_pass),
    };
    return cmocka_run_group_tests_name("count_backward", tests, fill, NULL);
}
