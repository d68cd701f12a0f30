/* Lists of steps, whole or as changes, tell the spikes that they were made of. */
#include "core/base/rng.h"
#include "core/spike/step_lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_UNITS = 200, MAX_WORDS = (MAX_UNITS + 63) / 64 };

struct lists {
    uint64_t words[KERNEL_MOST_STEPS * MAX_WORDS], row[MAX_WORDS];
    uint32_t units[(KERNEL_MOST_STEPS + 1) * MAX_UNITS];
    struct kernel_step steps[KERNEL_MOST_STEPS];
    struct step_bits bits;
    uint64_t num_spikes;
};

/* A unit spikes by chance at a step, or does what it did `period` steps before. */
static void make_bits(struct lists *lists, uint32_t num_units, uint32_t num_steps, uint32_t period)
{
    const struct rng rng = {.seed = num_units, .index = num_steps, .stream = RNG_STREAM_INIT};
    size_t row_words = ((size_t)num_units + 63) / 64;
    memset(lists, 0, sizeof *lists);
    lists->bits = (struct step_bits){lists->words, num_units, num_steps};
    for (uint32_t s = 0; s < num_steps; s++)
        for (uint32_t i = 0; i < num_units; i++) {
            bool repeats = period && s >= period && rng_below(&rng, s, 1000 + i, 10);
            uint64_t bit = rng_below(&rng, s, i, 3) == 0;
            if (repeats)
                bit = lists->words[(s - period) * row_words + i / 64] >> i % 64 & 1;
            lists->words[s * row_words + i / 64] |= bit << i % 64;
            lists->num_spikes += bit;
        }
}

static void flip(const struct lists *lists, struct kernel_span span, bool from, uint64_t *row)
{
    for (uint32_t i = span.begin; i < span.end; i++) {
        uint32_t unit = lists->units[i];
        assert_true(unit < lists->bits.num_units);
        assert_true(i == span.begin || unit > lists->units[i - 1]);
        assert_int_equal(row[unit / 64] >> unit % 64 & 1, from);
        row[unit / 64] ^= UINT64_C(1) << unit % 64;
    }
}

/* What is listed, put together again; how much that is. */
static uint64_t check_lists(const struct lists *lists)
{
    size_t row_words = ((size_t)lists->bits.num_units + 63) / 64;
    uint64_t rows[1 + KERNEL_MOST_STEPS][MAX_WORDS] = {{0}}, listed = 0;
    for (uint32_t s = 0; s < lists->bits.num_steps; s++) {
        const struct kernel_step *step = &lists->steps[s];
        assert_true(step->from <= s);
        memcpy(rows[1 + s], rows[step->from], sizeof rows[0]);
        flip(lists, step->more, false, rows[1 + s]);
        flip(lists, step->less, true, rows[1 + s]);
        assert_memory_equal(rows[1 + s], lists->words + s * row_words,
                            row_words * sizeof(uint64_t));
        listed += step->more.end - step->more.begin + (step->less.end - step->less.begin);
    }
    assert_int_equal(step_lists_count(lists->steps, lists->bits.num_steps), lists->num_spikes);
    return listed;
}

static void check_both(uint32_t num_units, uint32_t num_steps, uint32_t period)
{
    static struct lists lists;
    make_bits(&lists, num_units, num_steps, period);
    assert_int_equal(step_lists_whole(&lists.bits, lists.units, lists.steps), lists.num_spikes);
    for (uint32_t s = 0; s < num_steps; s++)
        assert_int_equal(lists.steps[s].from, 0);
    assert_int_equal(check_lists(&lists), lists.num_spikes);
    assert_int_equal(step_lists_changes(&lists.bits, lists.row, lists.units, lists.steps),
                     lists.num_spikes);
    uint64_t listed = check_lists(&lists);
    assert_true(listed <= lists.num_spikes);
    if (period && num_units > 100 && num_steps > 4 * period)
        assert_true(listed < lists.num_spikes * 2 / 3);
}

static void test_lists_tell_the_spikes(void **state)
{
    static const uint32_t units[] = {1, 63, 64, 65, 128, 196, MAX_UNITS};
    (void)state;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        for (uint32_t num_steps = 0; num_steps <= KERNEL_MOST_STEPS; num_steps++)
            for (uint32_t period = 0; period <= 3; period++)
                check_both(units[i], num_steps, period);
}

/* The second step differs from the first one in as many units as it has: it is listed whole. */
static void test_changes_by_hand(void **state)
{
    (void)state;
    static const uint64_t words[] = {3, 1, 7, 0};
    static const struct kernel_step wanted[] = {
        {0, {0, 2}, {2, 2}}, {0, {2, 3}, {3, 3}}, {1, {3, 4}, {4, 4}}, {0, {4, 4}, {4, 4}}};
    const struct step_bits bits = {words, 3, 4};
    struct kernel_step steps[4];
    uint32_t units[5 * 3];
    uint64_t row;
    assert_int_equal(step_lists_changes(&bits, &row, units, steps), 6);
    assert_memory_equal(steps, wanted, sizeof wanted);
    assert_memory_equal(units, ((const uint32_t[]){0, 1, 0, 2}), 4 * sizeof *units);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_tell_the_spikes),
        cmocka_unit_test(test_changes_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
