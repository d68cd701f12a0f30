/* The losses on spike counts by hand, and what they add to the derivative. */
#include "train/spike_loss.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { STEPS = 4, SAMPLES = 2, UNITS = 2, NORMALIZER = 5 };

static const real spike_count[SAMPLES * UNITS] = {4, 1, 0, 2};

static struct spike_loss loss_into(real *gradient)
{
    for (int i = 0; i < SAMPLES * UNITS; i++)
        gradient[i] = 10;
    return (struct spike_loss){spike_count, gradient, STEPS, SAMPLES, UNITS, NORMALIZER};
}

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-6 * (1 + fabs(expected)));
}

static void test_count(void **state)
{
    (void)state;
    const real target[] = {1, (real)0.5, 0, (real)0.25};
    const double difference[] = {0, -0.25, 0, 0.25}, weight = 3;
    real gradient[SAMPLES * UNITS];
    struct spike_loss loss = loss_into(gradient);
    assert_near(spike_loss_count(&loss, target, weight, 1), 2 * 0.0625);
    for (int i = 0; i < SAMPLES * UNITS; i++)
        assert_near((double)gradient[i], 10 + weight * 2 * difference[i] / STEPS / NORMALIZER);
}

/* (1 + d)^p - 1 of each sample; the second is at its target and pulls nothing. */
static void test_power(void **state)
{
    (void)state;
    const real target[] = {0, 1, 0, (real)0.5};
    const double difference[] = {1, -0.75, 0, 0}, distance = 1 + 0.75 * 0.75, weight = 3;
    const double powers[] = {0.3, 0.5, 1};
    for (int p = 0; p < 3; p++) {
        real gradient[SAMPLES * UNITS];
        struct spike_loss loss = loss_into(gradient);
        double slope = powers[p] * pow(1 + distance, powers[p] - 1);
        assert_near(spike_loss_count(&loss, target, weight, powers[p]), distance);
        for (int i = 0; i < SAMPLES * UNITS; i++)
            assert_near((double)gradient[i],
                        10 + weight * slope * 2 * difference[i] / STEPS / NORMALIZER);
    }
}

static void test_synops(void **state)
{
    (void)state;
    const real fan_out[] = {3, 7};
    real gradient[SAMPLES * UNITS];
    struct spike_loss loss = loss_into(gradient);
    assert_near(spike_loss_synops(&loss, fan_out, 0.5), 3 * 4 + 7 * 3);
    for (int i = 0; i < SAMPLES * UNITS; i++)
        assert_near((double)gradient[i], 10 + 0.5 * (double)fan_out[i % UNITS] / NORMALIZER);
}

/* The shares of steps with a spike are what contrast_loss is given, sample by sample. */
static void test_contrast(void **state)
{
    (void)state;
    const real anchors[] = {1, 0, 0, 1, (real)0.5, (real)0.5};
    const struct contrast contrast = {anchors, 3};
    real gradient[SAMPLES * UNITS], scratch[2 * UNITS];
    double expected = 0;
    struct spike_loss loss = loss_into(gradient);
    double sum = spike_loss_contrast(&loss, &contrast, anchors, 2, scratch);
    for (int sample = 0; sample < SAMPLES; sample++) {
        const real *counts = spike_count + sample * UNITS, *target = anchors + sample * UNITS;
        const real shares[] = {counts[0] / STEPS, counts[1] / STEPS};
        real slope[UNITS];
        expected += contrast_loss(&contrast, shares, target, UNITS, slope);
        for (int i = 0; i < UNITS; i++)
            assert_near((double)gradient[sample * UNITS + i],
                        10 + 2 * (double)slope[i] / STEPS / NORMALIZER);
    }
    assert_true(expected > 0);
    assert_near(sum, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_power),
        cmocka_unit_test(test_synops),
        cmocka_unit_test(test_contrast),
    };
    return cmocka_run_group_tests_name("spike_loss", tests, NULL, NULL);
}
