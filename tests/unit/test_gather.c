/* Sums of rows against plain loops, at every level, for odd sizes and beside what is not theirs. */
#include "core/base/cpu.h"
#include "core/base/rng.h"
#include "train/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ROWS = 523, STRIDE = 203, MAX_COLUMNS = 200, GUARD = 3 };

static real matrix[MAX_ROWS * STRIDE], value[MAX_ROWS];

static int fill(void **state)
{
    const struct rng rng = {.seed = 6, .stream = RNG_STREAM_INIT};
    (void)state;
    for (uint32_t i = 0; i < MAX_ROWS * STRIDE; i++)
        matrix[i] = 2 * (real)rng_uniform(&rng, 0, i) - 1;
    for (uint32_t i = 0; i < MAX_ROWS; i++)
        value[i] = i % 7 == 2 || i % 31 < 4 ? (real)rng_uniform(&rng, 1, i) - (real)0.5 : 0;
    return 0;
}

static void check(size_t count, size_t columns)
{
    real found[MAX_COLUMNS + GUARD], expected[MAX_COLUMNS + GUARD];
    const real scale = (real)-0.01;
    for (size_t i = 0; i < MAX_COLUMNS + GUARD; i++)
        found[i] = expected[i] = (real)i / 8;
    gather_rows(value, count, scale, matrix, STRIDE, columns, found);
    for (size_t row = 0; row < count; row++)
        for (size_t column = 0; column < columns && value[row] != 0; column++) {
            real factor = scale * value[row];
            expected[column] += factor * matrix[row * STRIDE + column];
        }
    assert_memory_equal(found, expected, sizeof found);
}

static void test_every_level_is_the_plain_loop(void **state)
{
    (void)state;
    static const size_t columns[] = {1, 3, 4, 15, 16, 21, 64, 68, 131, 196, MAX_COLUMNS};
    static const size_t rows[] = {0, 1, 100, 256, 257, MAX_ROWS};
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (cpu_use_level((enum cpu_level)level, NULL) != STATUS_OK)
            continue;
        for (size_t i = 0; i < 11 * 6; i++)
            check(rows[i / 11], columns[i % 11]);
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
}

static void test_zeros_are_not_counted(void **state)
{
    (void)state;
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (cpu_use_level((enum cpu_level)level, NULL) != STATUS_OK)
            continue;
        size_t expected = 0;
        for (size_t count = 0; count < MAX_ROWS; expected += value[count++] != 0)
            assert_int_equal(gather_count(value, count), expected);
        assert_true(expected > MAX_ROWS / 8);
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_level_is_the_plain_loop),
        cmocka_unit_test(test_zeros_are_not_counted),
    };
    return cmocka_run_group_tests_name("gather", tests, fill, NULL);
}
