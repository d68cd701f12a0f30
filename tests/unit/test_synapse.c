/* Event-driven sums equal dense ones bit for bit at every width, and stay within their buffers. */
#include "core/base/rng.h"
#include "core/spike/synapse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_PRE = 40, MAX_POST = 100, CANARIES = 8 };

static const real canary = (real)-12345.5;

struct layout {
    real weight[MAX_PRE * MAX_POST];
    real value[MAX_PRE];
    real event[CANARIES + MAX_POST + CANARIES], dense[CANARIES + MAX_POST + CANARIES];
    uint32_t units[MAX_PRE];
    size_t num_spikes;
};

static void fill_canaries(real *buffer)
{
    for (size_t i = 0; i < CANARIES + MAX_POST + CANARIES; i++)
        buffer[i] = canary;
}

static void check_canaries(const real *buffer, size_t num_post)
{
    for (size_t i = 0; i < CANARIES + MAX_POST + CANARIES; i++)
        if (i < CANARIES || i >= CANARIES + num_post)
            assert_true(buffer[i] == canary);
}

/* Random weights and start; spikes of about half the units, numbered from `first`. */
static void make_layout(struct layout *layout, size_t num_pre, size_t num_post, uint32_t first)
{
    const struct rng rng = {.seed = num_pre, .index = num_post, .stream = RNG_STREAM_INIT};
    fill_canaries(layout->event);
    fill_canaries(layout->dense);
    layout->num_spikes = 0;
    for (uint32_t i = 0; i < num_pre * num_post; i++)
        layout->weight[i] = 2 * (real)rng_uniform(&rng, 0, i) - 1;
    for (uint32_t i = 0; i < num_post; i++)
        layout->event[CANARIES + i] = layout->dense[CANARIES + i] =
            (real)rng_uniform(&rng, 1, i) - (real)0.5;
    for (uint32_t i = 0; i < num_pre; i++) {
        layout->value[i] = rng_below(&rng, 2, i, 2) ? 1 : 0;
        if (layout->value[i] != 0)
            layout->units[layout->num_spikes++] = first + i;
    }
}

static void check_equal(const struct layout *layout, size_t num_post)
{
    assert_memory_equal(layout->event, layout->dense, sizeof layout->event);
    check_canaries(layout->event, num_post);
    check_canaries(layout->dense, num_post);
}

static void test_spikes_equal_dense(void **state)
{
    (void)state;
    static struct layout layout;
    for (size_t num_post = 1; num_post <= MAX_POST; num_post++) {
        for (size_t num_pre = 1; num_pre <= MAX_PRE; num_pre += 13) {
            make_layout(&layout, num_pre, num_post, 0);
            synapse_add_spikes(layout.event + CANARIES, layout.weight, num_post, layout.units,
                               layout.num_spikes, 0);
            synapse_add_dense(layout.dense + CANARIES, layout.weight, num_post, layout.value,
                              num_pre);
            check_equal(&layout, num_post);
        }
    }
}

static void test_rows_begin_at_the_first_unit(void **state)
{
    (void)state;
    static struct layout layout;
    for (uint32_t first = 1; first < 200; first += 66) {
        make_layout(&layout, MAX_PRE, 65, first);
        synapse_add_spikes(layout.event + CANARIES, layout.weight, 65, layout.units,
                           layout.num_spikes, first);
        synapse_add_dense(layout.dense + CANARIES, layout.weight, 65, layout.value, MAX_PRE);
        check_equal(&layout, 65);
    }
}

/* In the padding of a convolution unit 0 belongs to a later row than the first. */
static void test_first_unit_may_be_negative(void **state)
{
    (void)state;
    static struct layout layout;
    make_layout(&layout, MAX_PRE, 33, 0);
    memset(layout.value, 0, 5 * sizeof layout.value[0]);
    layout.num_spikes = 0;
    for (uint32_t i = 5; i < MAX_PRE; i++)
        if (layout.value[i] != 0)
            layout.units[layout.num_spikes++] = i - 5;
    synapse_add_spikes(layout.event + CANARIES, layout.weight, 33, layout.units, layout.num_spikes,
                       -5);
    synapse_add_dense(layout.dense + CANARIES, layout.weight, 33, layout.value, MAX_PRE);
    check_equal(&layout, 33);
}

static void test_analog_equals_dense(void **state)
{
    (void)state;
    static struct layout layout;
    for (size_t num_post = 1; num_post <= MAX_POST; num_post++) {
        make_layout(&layout, MAX_PRE, num_post, 0);
        const struct rng rng = {.seed = 3, .index = num_post, .stream = RNG_STREAM_INIT};
        for (uint32_t i = 0; i < MAX_PRE; i++)
            layout.value[i] *= 2 * (real)rng_uniform(&rng, 0, i) - 1;
        size_t nonzero = 0;
        for (uint32_t i = 0; i < MAX_PRE; i++)
            nonzero += layout.value[i] != 0;
        size_t found = synapse_add_analog(layout.event + CANARIES, layout.weight, num_post,
                                          layout.value, MAX_PRE);
        synapse_add_dense(layout.dense + CANARIES, layout.weight, num_post, layout.value, MAX_PRE);
        check_equal(&layout, num_post);
        assert_int_equal(found, nonzero);
    }
}

static void test_sum_by_hand(void **state)
{
    (void)state;
    const real weight[] = {1, 2, 4, 8, 16, 32}; /* [pre 3][post 2] */
    const uint32_t units[] = {0, 2};
    real current[] = {(real)0.5, (real)0.25};
    synapse_add_spikes(current, weight, 2, units, 2, 0);
    assert_true(current[0] == (real)17.5);
    assert_true(current[1] == (real)34.25);
    synapse_add_spikes(current, weight, 2, NULL, 0, 0);
    assert_true(current[0] == (real)17.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spikes_equal_dense),
        cmocka_unit_test(test_rows_begin_at_the_first_unit),
        cmocka_unit_test(test_first_unit_may_be_negative),
        cmocka_unit_test(test_analog_equals_dense),
        cmocka_unit_test(test_sum_by_hand),
    };
    return cmocka_run_group_tests_name("synapse", tests, NULL, NULL);
}
