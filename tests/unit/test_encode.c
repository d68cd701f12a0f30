/* Rate coding: the same spikes in both forms, at the promised rate, from the key alone. */
#include "core/spike/encode.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { UNITS = 101, STEPS = 2000 };

static const double rate_hz = 300, dt = 0.001;
static const struct rng key = {.seed = 11, .index = 5, .stream = RNG_STREAM_ENCODE};

static void make_values(real value[UNITS])
{
    for (int i = 0; i < UNITS; i++)
        value[i] = (real)i / (UNITS - 1);
}

static void test_listed_equals_dense(void **state)
{
    (void)state;
    real value[UNITS], spiked[UNITS + 1];
    uint32_t random[UNITS], units[UNITS + 1];
    make_values(value);
    for (uint32_t count = 1; count <= UNITS; count++) {
        spiked[count] = 7;
        units[count] = 77;
        uint32_t found = encode_rate(&key, count, value, count, rate_hz, dt, random, units);
        encode_rate_dense(&key, count, value, count, rate_hz, dt, random, spiked);
        uint32_t seen = 0;
        for (uint32_t i = 0; i < count; i++) {
            assert_true(spiked[i] == 0 || spiked[i] == 1);
            if (spiked[i] != 0)
                assert_int_equal(units[seen++], i);
        }
        assert_int_equal(seen, found);
        assert_true(spiked[count] == 7);
        assert_int_equal(units[count], 77);
    }
}

static void test_rates_are_kept(void **state)
{
    (void)state;
    real value[UNITS], spiked[UNITS];
    uint32_t random[UNITS], counts[UNITS] = {0};
    make_values(value);
    for (uint32_t step = 0; step < STEPS; step++) {
        encode_rate_dense(&key, step, value, UNITS, rate_hz, dt, random, spiked);
        for (int i = 0; i < UNITS; i++)
            counts[i] += spiked[i] != 0;
    }
    assert_int_equal(counts[0], 0);
    for (int i = 1; i < UNITS; i++) {
        double p = (double)value[i] * rate_hz * dt;
        double deviations = (counts[i] - STEPS * p) / sqrt(STEPS * p * (1 - p));
        assert_true(fabs(deviations) < 4.5);
    }
}

static void test_certainty_always_spikes(void **state)
{
    (void)state;
    const real value[] = {1, 0, 1, 1, 0};
    uint32_t random[5], units[5];
    for (uint32_t step = 0; step < 500; step++)
        assert_int_equal(encode_rate(&key, step, value, 5, 1000, 0.001, random, units), 3);
}

/* A spike depends on seed, index, step and unit: not on how many units are coded, nor on others. */
static void test_only_the_key_decides(void **state)
{
    (void)state;
    real value[UNITS], alone[UNITS], whole[UNITS], other[UNITS];
    uint32_t random[UNITS];
    make_values(value);
    encode_rate_dense(&key, 3, value, UNITS, rate_hz, dt, random, whole);
    for (uint32_t count = 1; count < UNITS; count++) {
        encode_rate_dense(&key, 3, value, count, rate_hz, dt, random, alone);
        assert_memory_equal(alone, whole, count * sizeof(real));
    }
    struct rng changed = key;
    changed.seed++;
    encode_rate_dense(&changed, 3, value, UNITS, rate_hz, dt, random, other);
    assert_memory_not_equal(other, whole, sizeof whole);
    changed = key;
    changed.index++;
    encode_rate_dense(&changed, 3, value, UNITS, rate_hz, dt, random, other);
    assert_memory_not_equal(other, whole, sizeof whole);
    encode_rate_dense(&key, 4, value, UNITS, rate_hz, dt, random, other);
    assert_memory_not_equal(other, whole, sizeof whole);
}

static void test_what_cannot_be_a_probability(void **state)
{
    (void)state;
    const real good[] = {0, (real)0.5, 1};
    struct error error;
    assert_int_equal(encode_rate_check(1000, 0.001, good, 3, &error), STATUS_OK);
    assert_int_equal(encode_rate_check(1001, 0.001, good, 3, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(encode_rate_check(0, 0.001, good, 3, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(encode_rate_check(-300, 0.001, good, 3, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(encode_rate_check(NAN, 0.001, good, 3, &error), STATUS_INVALID_ARGUMENT);
    const real bad[] = {(real)1.0001, (real)-0.0001, (real)NAN, (real)INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const real values[] = {0, bad[i]};
        assert_int_equal(encode_rate_check(300, 0.001, values, 2, &error), STATUS_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listed_equals_dense),
        cmocka_unit_test(test_rates_are_kept),
        cmocka_unit_test(test_certainty_always_spikes),
        cmocka_unit_test(test_only_the_key_decides),
        cmocka_unit_test(test_what_cannot_be_a_probability),
    };
    return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
