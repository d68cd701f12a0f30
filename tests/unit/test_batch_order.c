/*
 * The order of samples: every epoch takes each once, another order each, the same wherever a run
 * goes on; shards cut a batch without gap or overlap.
 */
#include "core/base/rng.h"
#include "train/batch_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLES = 42, BATCH = 8, BATCHES = 6, SEED = 3 };

static void open_order(struct batch_order *order)
{
    assert_int_equal(batch_order_init(order, SAMPLES, BATCH, SEED, NULL), STATUS_OK);
    assert_int_equal(order->batches_per_epoch, BATCHES);
}

/* The samples of an epoch in their order, batch after batch. */
static void take_epoch(struct batch_order *order, uint64_t epoch, uint32_t taken[SAMPLES])
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < BATCHES; i++) {
        assert_int_equal(batch_order_place(order, epoch * BATCHES + i), i == 0);
        assert_int_equal(order->epoch, epoch);
        assert_int_equal(order->count, i < BATCHES - 1 ? BATCH : SAMPLES % BATCH);
        for (uint32_t k = 0; k < order->count; k++)
            taken[count++] = order->samples[k];
    }
    assert_int_equal(count, SAMPLES);
}

static void test_an_epoch_takes_each_sample_once(void **state)
{
    (void)state;
    struct batch_order order;
    open_order(&order);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        int seen[SAMPLES] = {0};
        uint32_t taken[SAMPLES];
        take_epoch(&order, epoch, taken);
        for (int i = 0; i < SAMPLES; i++)
            seen[taken[i]]++;
        for (int i = 0; i < SAMPLES; i++)
            assert_int_equal(seen[i], 1);
    }
    batch_order_free(&order);
}

/* States of earlier runs go on only if it stays this one. */
static void test_the_order_is_the_shuffle_of_seed_and_epoch(void **state)
{
    (void)state;
    struct batch_order order;
    uint32_t taken[2][SAMPLES], expected[SAMPLES];
    open_order(&order);
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        const struct rng rng = {.seed = SEED, .index = epoch, .stream = RNG_STREAM_SHUFFLE};
        take_epoch(&order, epoch, taken[epoch]);
        rng_shuffle(&rng, expected, SAMPLES);
        assert_memory_equal(taken[epoch], expected, sizeof expected);
    }
    assert_memory_not_equal(taken[0], taken[1], sizeof taken[0]);
    batch_order_free(&order);
}

static void test_it_goes_on_anywhere(void **state)
{
    (void)state;
    struct batch_order whole;
    open_order(&whole);
    for (uint64_t batch = 0; batch < 3 * BATCHES; batch++) {
        struct batch_order resumed;
        open_order(&resumed);
        batch_order_place(&whole, batch);
        assert_true(batch_order_place(&resumed, batch)); /* its sums begin here */
        assert_int_equal(resumed.epoch, whole.epoch);
        assert_int_equal(resumed.first, whole.first);
        assert_int_equal(resumed.count, whole.count);
        assert_memory_equal(resumed.samples, whole.samples, whole.count * sizeof *whole.samples);
        batch_order_free(&resumed);
    }
    batch_order_free(&whole);
}

static void test_shards_cut_a_batch(void **state)
{
    (void)state;
    for (int batch_size = 1; batch_size <= 13; batch_size++) {
        struct batch_order order;
        assert_int_equal(batch_order_init(&order, SAMPLES, batch_size, SEED, NULL), STATUS_OK);
        for (uint64_t batch = 0; batch < order.batches_per_epoch; batch++) {
            uint32_t next = 0;
            batch_order_place(&order, batch);
            for (size_t shard = 0; shard < BATCH_ORDER_SHARDS; shard++) {
                uint32_t count, first = batch_order_shard(&order, shard, &count);
                assert_int_equal(first, next);
                assert_in_range(count, 0, batch_order_shard_capacity(&order));
                next += count;
            }
            assert_int_equal(next, order.count);
        }
        batch_order_free(&order);
    }
}

static void test_draws_are_counted_through(void **state)
{
    (void)state;
    struct batch_order order;
    uint64_t next = 0;
    open_order(&order);
    for (uint64_t batch = 0; batch < 3 * BATCHES; batch++) {
        batch_order_place(&order, batch);
        for (uint32_t i = 0; i < order.count; i++)
            assert_int_equal(batch_order_draw(&order, i), next++);
    }
    assert_int_equal(next, 3 * SAMPLES);
    batch_order_free(&order);
}

static void test_nothing_to_order_is_refused(void **state)
{
    (void)state;
    const struct {
        uint32_t samples;
        int batch_size;
    } cases[] = {{0, 1}, {1, 0}, {5, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct batch_order order;
        struct error error = {0};
        assert_int_equal(
            batch_order_init(&order, cases[i].samples, cases[i].batch_size, SEED, &error),
            STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(error.detail, "at least one sample"));
        batch_order_free(&order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_epoch_takes_each_sample_once),
        cmocka_unit_test(test_the_order_is_the_shuffle_of_seed_and_epoch),
        cmocka_unit_test(test_it_goes_on_anywhere),
        cmocka_unit_test(test_shards_cut_a_batch),
        cmocka_unit_test(test_draws_are_counted_through),
        cmocka_unit_test(test_nothing_to_order_is_refused),
    };
    return cmocka_run_group_tests_name("batch_order", tests, NULL, NULL);
}
