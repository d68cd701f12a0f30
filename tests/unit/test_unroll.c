/* All steps of a layer at once, against one step and one unit at a time, at every level. */
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "core/spike/surrogate.h"
#include "train/unroll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { STEPS = 5, MAX_COUNT = 1037, VALUES = STEPS * MAX_COUNT };

static const size_t counts[] = {1, 7, 512, 513, MAX_COUNT};

struct buffers {
    real v[VALUES], spiked[VALUES], gradient[VALUES];
    real spike_count[MAX_COUNT], keep[MAX_COUNT], count_gradient[MAX_COUNT];
};

static struct buffers given, found, expected;

static void fill(real *values, size_t count, uint64_t index)
{
    const struct rng rng = {.seed = 5, .index = index, .stream = RNG_STREAM_INIT};
    for (size_t i = 0; i < count; i++)
        values[i] = 2 * (real)rng_uniform(&rng, 0, (uint32_t)i) - (real)0.5;
}

static int fill_buffers(void **state)
{
    (void)state;
    fill(given.v, VALUES, 0);
    fill(given.gradient, VALUES, 1);
    fill(given.count_gradient, MAX_COUNT, 2);
    for (size_t i = 0; i < MAX_COUNT; i++)
        given.keep[i] = i % 3 ? (real)1.5 : 0;
    return 0;
}

static struct unroll unroll_of(struct buffers *buffers, size_t count, enum neuron_reset reset,
                               bool dropout)
{
    *buffers = given;
    return (struct unroll){.neuron = {.reset = reset, .beta = (real)0.9, .threshold = 1},
                           .slope = (real)2.5,
                           .num_steps = STEPS,
                           .count = count,
                           .v = buffers->v,
                           .spiked = buffers->spiked,
                           .spike_count = buffers->spike_count,
                           .keep = dropout ? buffers->keep : NULL,
                           .gradient = buffers->gradient,
                           .count_gradient = buffers->count_gradient};
}

static void forward_plainly(const struct unroll *u)
{
    for (size_t i = 0; i < u->count; i++) {
        real v = 0, keep = u->keep ? u->keep[i] : 1;
        u->spike_count[i] = 0;
        for (size_t place = i; place < STEPS * u->count; place += u->count) {
            real current = u->v[place];
            neuron_step(&u->neuron, &v, &current, &u->spiked[place], &u->v[place], 1);
            u->spiked[place] *= keep;
            u->spike_count[i] += u->spiked[place];
        }
    }
}

static real back_plainly(const struct unroll *u, size_t unit, size_t place, real later)
{
    real v = u->v[place], threshold = u->neuron.threshold;
    real h = surrogate_fast_sigmoid(v - threshold, u->slope);
    real from = u->gradient ? u->gradient[place] : 0;
    real ds = (from + u->count_gradient[unit]) * (u->keep ? u->keep[unit] : 1);
    real through = u->neuron.beta * later;
    if (u->neuron.reset == RESET_ZERO)
        return h * (ds - v * through) + (v >= threshold ? 0 : through);
    return h * (ds - threshold * through) + through;
}

static void backward_plainly(const struct unroll *u)
{
    for (size_t i = 0; i < u->count; i++) {
        real later = 0;
        for (int step = STEPS - 1; step >= 0; step--) {
            size_t place = (size_t)step * u->count + i;
            later = back_plainly(u, i, place, later);
            u->v[place] = later;
        }
    }
}

static void check(size_t count, enum neuron_reset reset, bool dropout, bool last)
{
    struct unroll a = unroll_of(&found, count, reset, dropout);
    struct unroll b = unroll_of(&expected, count, reset, dropout);
    unroll_forward(&a);
    forward_plainly(&b);
    assert_memory_equal(&found, &expected, sizeof found);
    if (last)
        a.gradient = b.gradient = NULL;
    unroll_backward(&a);
    backward_plainly(&b);
    for (size_t i = 0; i < VALUES; i++)
        assert_true(found.v[i] == expected.v[i]);
}

static void test_every_level_is_the_plain_loop(void **state)
{
    (void)state;
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (cpu_use_level((enum cpu_level)level, NULL) != STATUS_OK)
            continue;
        for (int i = 0; i < 5 * 8; i++)
            check(counts[i / 8], i & 1 ? RESET_ZERO : RESET_SUBTRACT, i & 2, i & 4);
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
}

static void test_units_spike_and_spikes_need_not_be_wanted(void **state)
{
    (void)state;
    struct unroll unroll = unroll_of(&expected, MAX_COUNT, RESET_SUBTRACT, false);
    unroll_forward(&unroll);
    real spikes = 0;
    for (size_t i = 0; i < MAX_COUNT; i++)
        spikes += expected.spike_count[i];
    assert_true(spikes > MAX_COUNT && spikes < 4 * MAX_COUNT);
    unroll = unroll_of(&found, MAX_COUNT, RESET_SUBTRACT, false);
    unroll.spiked = NULL;
    unroll_forward(&unroll);
    assert_memory_equal(found.v, expected.v, sizeof found.v);
    assert_memory_equal(found.spike_count, expected.spike_count, sizeof found.spike_count);
    assert_memory_equal(found.spiked, given.spiked, sizeof found.spiked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_level_is_the_plain_loop),
        cmocka_unit_test(test_units_spike_and_spikes_need_not_be_wanted),
    };
    return cmocka_run_group_tests_name("unroll", tests, fill_buffers, NULL);
}
