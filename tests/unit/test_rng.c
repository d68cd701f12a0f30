/*
 * Philox4x32-10 against the known answers of the Random123 distribution; what is drawn from it is
 * uniform, and depends on every part of the address and on nothing else.
 */
#include "core/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 100000 };

static void test_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t out[4];
        rng_block(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].expected, sizeof out);
    }
}

/* The address (seed 0, stream, index, step, unit) maps to a counter as the header promises. */
static void test_address_is_part_of_the_contract(void **state)
{
    (void)state;
    const struct rng rng = {
        .seed = 0x1122334455667788, .index = 0x00abcdef01234567, .stream = RNG_STREAM_SHUFFLE};
    const uint32_t key[2] = {0x55667788, 0x11223344};
    const uint32_t counter[4] = {5, 9, 0x01234567, 0xabcdef00 | RNG_STREAM_SHUFFLE};
    uint32_t block[4];
    rng_block(counter, key, block);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(rng_u32(&rng, 9, 20 + i), block[i]);
}

static void test_fill_equals_single_draws(void **state)
{
    (void)state;
    const struct rng rng = {.seed = 42, .index = 7, .stream = RNG_STREAM_ENCODE};
    for (uint32_t first = 0; first <= 8; first += 4)
        for (uint32_t count = 0; count < 23; count++) {
            uint32_t filled[24];
            memset(filled, 0xcc, sizeof filled);
            rng_fill(&rng, 3, first, count, filled);
            for (uint32_t i = 0; i < count; i++)
                assert_int_equal(filled[i], rng_u32(&rng, 3, first + i));
            assert_int_equal(filled[count], 0xcccccccc);
        }
}

static uint32_t equal_draws(const struct rng *a, uint32_t step_a, const struct rng *b,
                            uint32_t step_b)
{
    uint32_t equal = 0;
    for (uint32_t unit = 0; unit < 1000; unit++)
        equal += rng_u32(a, step_a, unit) == rng_u32(b, step_b, unit);
    return equal;
}

static void test_every_part_of_the_address_counts(void **state)
{
    (void)state;
    const struct rng base = {.seed = 1, .index = 2, .stream = RNG_STREAM_ENCODE};
    struct rng seed_low = base, seed_high = base, index_low = base, index_high = base;
    seed_low.seed ^= 1;
    seed_high.seed ^= UINT64_C(1) << 63;
    index_low.index ^= 1;
    index_high.index ^= UINT64_C(1) << 55;
    assert_int_equal(equal_draws(&base, 0, &base, 0), 1000);
    assert_int_equal(equal_draws(&base, 0, &base, 1), 0);
    assert_int_equal(equal_draws(&base, 0, &seed_low, 0), 0);
    assert_int_equal(equal_draws(&base, 0, &seed_high, 0), 0);
    assert_int_equal(equal_draws(&base, 0, &index_low, 0), 0);
    assert_int_equal(equal_draws(&base, 0, &index_high, 0), 0);
    for (int stream = RNG_STREAM_INIT; stream <= RNG_STREAM_TARGET; stream++) {
        struct rng other = base;
        other.stream = (enum rng_stream)stream;
        assert_int_equal(equal_draws(&base, 0, &other, 0), 0);
    }
}

static void test_uniform_has_its_range_and_moments(void **state)
{
    (void)state;
    const struct rng rng = {.seed = 2019, .index = 0, .stream = RNG_STREAM_INIT};
    double sum = 0, squares = 0;
    for (uint32_t unit = 0; unit < MANY; unit++) {
        float value = rng_uniform(&rng, 0, unit);
        assert_true(value >= 0 && value < 1);
        sum += value;
        squares += (double)value * value;
    }
    /* five standard errors of the mean (variance 1/12) and of the mean square (variance 4/45) */
    assert_true(fabs(sum / MANY - 1.0 / 2) < 5 * sqrt(1.0 / 12 / MANY));
    assert_true(fabs(squares / MANY - 1.0 / 3) < 5 * sqrt(4.0 / 45 / MANY));
}

static void test_below_is_in_range_and_even(void **state)
{
    (void)state;
    const struct rng rng = {.seed = 3, .index = 1, .stream = RNG_STREAM_AUGMENT};
    uint32_t counts[10] = {0};
    for (uint32_t unit = 0; unit < MANY; unit++) {
        uint32_t value = rng_below(&rng, 0, unit, 10);
        assert_true(value < 10);
        counts[value]++;
        assert_int_equal(rng_below(&rng, 1, unit, 1), 0);
    }
    double chi_squared = 0;
    for (int i = 0; i < 10; i++)
        chi_squared += pow(counts[i] - MANY / 10.0, 2) / (MANY / 10.0);
    assert_true(chi_squared < 33.7); /* p = 1e-4 with nine degrees of freedom */
}

static void test_shuffle_is_a_permutation(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 200; count += 13) {
        const struct rng rng = {.seed = 5, .index = count, .stream = RNG_STREAM_SHUFFLE};
        uint32_t order[201];
        bool seen[200] = {false};
        order[count] = 0xcccccccc;
        rng_shuffle(&rng, order, count);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(order[i] < count);
            assert_false(seen[order[i]]);
            seen[order[i]] = true;
        }
        assert_int_equal(order[count], 0xcccccccc);
    }
}

static void test_shuffle_reaches_every_order(void **state)
{
    (void)state;
    uint32_t counts[27] = {0}, orders = 0;
    for (uint32_t index = 0; index < 6000; index++) {
        const struct rng rng = {.seed = 8, .index = index, .stream = RNG_STREAM_SHUFFLE};
        uint32_t order[3];
        rng_shuffle(&rng, order, 3);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    for (int i = 0; i < 27; i++)
        if (counts[i]) {
            orders++;
            assert_in_range(counts[i], 850, 1150); /* 1000 +- five standard deviations */
        }
    assert_int_equal(orders, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_address_is_part_of_the_contract),
        cmocka_unit_test(test_fill_equals_single_draws),
        cmocka_unit_test(test_every_part_of_the_address_counts),
        cmocka_unit_test(test_uniform_has_its_range_and_moments),
        cmocka_unit_test(test_below_is_in_range_and_even),
        cmocka_unit_test(test_shuffle_is_a_permutation),
        cmocka_unit_test(test_shuffle_reaches_every_order),
    };
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
