/* Neurons against sequences worked out by hand. */
#include "core/base/rng.h"
#include "core/spike/neuron.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct neuron make_neuron(enum neuron_model model, enum neuron_reset reset)
{
    const struct neuron_params params = {model, reset, 1, 0.01, 0.001};
    struct neuron neuron;
    assert_int_equal(neuron_derive(&params, &neuron, NULL), STATUS_OK);
    return neuron;
}

/* One step of a sequence: what comes in, and what must be seen. */
struct moment {
    double current, before, spiked, after;
};

static void check_sequence(const struct neuron *neuron, const struct moment *moments, size_t count)
{
    real v = 0;
    for (size_t i = 0; i < count; i++) {
        real current = (real)moments[i].current, spiked, before;
        neuron_step(neuron, &v, &current, &spiked, &before, 1);
        assert_true(fabs((double)before - moments[i].before) < 1e-6);
        assert_true((double)spiked == moments[i].spiked);
        assert_true(fabs((double)v - moments[i].after) < 1e-6);
    }
}

#define CHECK_SEQUENCE(model, reset, moments)                                                      \
    do {                                                                                           \
        struct neuron neuron = make_neuron(model, reset);                                          \
        check_sequence(&neuron, moments, sizeof moments / sizeof moments[0]);                      \
    } while (0)

static void test_lif_reset_to_zero(void **state)
{
    (void)state;
    static const struct moment moments[] = {
        {0.6, 0.6, 0, 0.6},   {0.6, 1, 1, 0}, /* 1.14, cut to the threshold */
        {0.6, 0.6, 0, 0.6},   {0, 0.54, 0, 0.54}, {0.5, 0.986, 0, 0.986},
        {0.2, 1, 1, 0},       {-5, -5, 0, -5},    {-1, -5.5, 0, -5.5}, /* no lower bound */
        {0, -4.95, 0, -4.95}, {10, 1, 1, 0},
    };
    CHECK_SEQUENCE(NEURON_LIF, RESET_ZERO, moments);
}

static void test_lif_reset_by_subtraction(void **state)
{
    (void)state;
    static const struct moment moments[] = {
        {0.6, 0.6, 0, 0.6},         {0.6, 1.14, 1, 0.14},         {0.6, 0.726, 0, 0.726},
        {0.6, 1.2534, 1, 0.2534},   {3, 3.22806, 1, 2.22806}, /* no upper bound: it spikes on */
        {0, 2.005254, 1, 1.005254}, {0, 0.9047286, 0, 0.9047286}, {-5, -4.18574426, 0, -4.18574426},
    };
    CHECK_SEQUENCE(NEURON_LIF, RESET_SUBTRACT, moments);
}

static void test_if_reset_to_zero(void **state)
{
    (void)state;
    static const struct moment moments[] = {
        {0.375, 0.375, 0, 0.375}, {0.375, 0.75, 0, 0.75},
        {0.375, 1, 1, 0},         {0.375, 0.375, 0, 0.375},
        {0, 0.375, 0, 0.375},     {0.625, 1, 1, 0}, /* exactly the threshold */
        {-0.5, -0.5, 0, -0.5},    {0, -0.5, 0, -0.5},
    };
    CHECK_SEQUENCE(NEURON_IF, RESET_ZERO, moments);
}

static void test_if_reset_by_subtraction(void **state)
{
    (void)state;
    static const struct moment moments[] = {
        {0.375, 0.375, 0, 0.375}, {0.375, 0.75, 0, 0.75},   {0.375, 1.125, 1, 0.125},
        {0.375, 0.5, 0, 0.5},     {0.375, 0.875, 0, 0.875}, {0.375, 1.25, 1, 0.25},
        {0.375, 0.625, 0, 0.625}, {0.375, 1, 1, 0},         {2.5, 2.5, 1, 1.5},
        {0, 1.5, 1, 0.5},         {-2, -1.5, 0, -1.5},      {0, -1.5, 0, -1.5},
    };
    CHECK_SEQUENCE(NEURON_IF, RESET_SUBTRACT, moments);
}

static void test_threshold_scales_the_reset(void **state)
{
    (void)state;
    const struct neuron_params params = {NEURON_IF, RESET_SUBTRACT, 0.5, 0, 0.001};
    static const struct moment moments[] = {{0.375, 0.375, 0, 0.375}, {0.375, 0.75, 1, 0.25}};
    struct neuron neuron;
    assert_int_equal(neuron_derive(&params, &neuron, NULL), STATUS_OK);
    check_sequence(&neuron, moments, 2);
}

/* Any number of units at once gives what each gives alone, and touches nothing beyond. */
static void check_width(const struct neuron *neuron, size_t count)
{
    enum { MAX = 700 };
    static real v[MAX + 1], lone_v[MAX], current[MAX], spiked[MAX + 1], before[MAX + 1];
    const struct rng rng = {.seed = 1, .index = count, .stream = RNG_STREAM_INIT};
    memset(v, 0, sizeof v);
    memset(lone_v, 0, sizeof lone_v);
    v[count] = spiked[count] = before[count] = 77;
    for (uint32_t step = 0; step < 4; step++) {
        real *wanted_before = step % 2 ? before : NULL;
        for (uint32_t i = 0; i < count; i++)
            current[i] = 2 * (real)rng_uniform(&rng, step, i) - (real)0.5;
        neuron_step(neuron, v, current, spiked, wanted_before, count);
        for (size_t i = 0; i < count; i++) {
            real lone_spiked, lone_before;
            neuron_step(neuron, &lone_v[i], &current[i], &lone_spiked, &lone_before, 1);
            assert_true(lone_v[i] == v[i] && lone_spiked == spiked[i]);
            assert_true(!wanted_before || lone_before == before[i]);
        }
    }
    assert_true(v[count] == 77 && spiked[count] == 77 && before[count] == 77);
}

static void test_any_number_of_units(void **state)
{
    (void)state;
    static const size_t widths[] = {0, 1, 2, 3, 7, 31, 33, 255, 256, 257, 511, 512, 513, 700};
    for (int reset = RESET_ZERO; reset <= RESET_SUBTRACT; reset++) {
        struct neuron neuron = make_neuron(NEURON_LIF, (enum neuron_reset)reset);
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
            check_width(&neuron, widths[i]);
    }
}

static void test_spiking_units_are_listed(void **state)
{
    (void)state;
    const real spiked[] = {1, 0, 0, 1, 1, 0};
    uint32_t units[6];
    assert_int_equal(neuron_spiking_units(spiked, 6, units), 3);
    assert_int_equal(units[0], 0);
    assert_int_equal(units[1], 3);
    assert_int_equal(units[2], 4);
    assert_int_equal(neuron_spiking_units(spiked, 0, units), 0);
}

static void test_the_leak_is_one_euler_step(void **state)
{
    (void)state;
    struct neuron neuron = make_neuron(NEURON_LIF, RESET_ZERO);
    assert_true(neuron.beta == (real)0.9);
    neuron = make_neuron(NEURON_IF, RESET_ZERO);
    assert_true(neuron.beta == 1);
    const struct neuron_params shortest = {NEURON_LIF, RESET_ZERO, 1, 0.001, 0.001};
    assert_int_equal(neuron_derive(&shortest, &neuron, NULL), STATUS_OK);
    assert_true(neuron.beta == 0);
}

static void test_impossible_parameters(void **state)
{
    (void)state;
    static const struct neuron_params refused[] = {
        {NEURON_LIF, RESET_ZERO, 0, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, -1, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, NAN, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, INFINITY, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, 1e-320, 0.01, 0.001}, /* no number of type real, or 0 */
        {NEURON_LIF, RESET_ZERO, 1e-60, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, 1e60, 0.01, 0.001},
        {NEURON_LIF, RESET_ZERO, 1, 0.0009, 0.001},
        {NEURON_LIF, RESET_ZERO, 1, NAN, 0.001},
        {NEURON_LIF, RESET_ZERO, 1, INFINITY, 0.001},
        {NEURON_LIF, RESET_ZERO, 1, 0.01, 0},
        {NEURON_IF, RESET_ZERO, 1, 0, -0.001},
        {NEURON_IF, RESET_ZERO, 1, 0, NAN},
        {NEURON_IF, RESET_ZERO, 1, 0, INFINITY},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct neuron neuron;
        struct error error;
        assert_int_equal(neuron_derive(&refused[i], &neuron, &error), STATUS_INVALID_ARGUMENT);
        assert_int_equal(error.status, STATUS_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lif_reset_to_zero),
        cmocka_unit_test(test_lif_reset_by_subtraction),
        cmocka_unit_test(test_if_reset_to_zero),
        cmocka_unit_test(test_if_reset_by_subtraction),
        cmocka_unit_test(test_threshold_scales_the_reset),
        cmocka_unit_test(test_any_number_of_units),
        cmocka_unit_test(test_spiking_units_are_listed),
        cmocka_unit_test(test_the_leak_is_one_euler_step),
        cmocka_unit_test(test_impossible_parameters),
    };
    return cmocka_run_group_tests_name("neuron", tests, NULL, NULL);
}
