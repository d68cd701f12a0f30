/* Products with spikes against plain loops, bit for bit, at every level and for odd sizes. */
#include "core/base/cpu.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "train/spike_product.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ROWS = 230, MAX_UNITS = 201, MAX_COLUMNS = 261, GUARD = 5 };
enum { LARGEST = MAX_ROWS > MAX_UNITS ? MAX_ROWS : MAX_UNITS };

static real spikes[MAX_ROWS * MAX_UNITS], matrix[LARGEST * MAX_COLUMNS], start[MAX_COLUMNS];
static real found[LARGEST * MAX_COLUMNS + GUARD], expected[LARGEST * MAX_COLUMNS + GUARD];
static struct spike_product *product;

static const struct rng rng = {.seed = 9, .stream = RNG_STREAM_INIT};

/* Of `share` of 100 units a row; one unit is silent, and another one spikes in all rows. */
static void draw_spikes(size_t rows, size_t units, uint32_t share)
{
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t unit = 0; unit < units; unit++)
            spikes[row * units + unit] = rng_below(&rng, row, unit, 100) < share ? 1 : 0;
    for (size_t row = 0; row < rows && units > 2; row++) {
        spikes[row * units + 1] = 0;
        spikes[row * units + units - 1] = 1;
    }
}

static int open_product(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < LARGEST * MAX_COLUMNS; i++)
        matrix[i] = 2 * (real)rng_uniform(&rng, MAX_ROWS, i) - 1;
    for (uint32_t i = 0; i < MAX_COLUMNS; i++)
        start[i] = (real)rng_uniform(&rng, MAX_ROWS + 1, i);
    product = spike_product_new(MAX_ROWS, MAX_UNITS);
    return product ? 0 : -1;
}

static int close_product(void **state)
{
    (void)state;
    spike_product_free(product);
    return 0;
}

/* What is there before must not count, and what lies behind must stay. */
static void soil(void)
{
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        found[i] = expected[i] = -7;
}

static void check_forward(size_t rows, size_t units, size_t columns)
{
    soil();
    spike_product_forward(product, spikes, rows, units, matrix, start, columns, found);
    for (size_t row = 0; row < rows; row++) {
        real *sum = expected + row * columns;
        memcpy(sum, start, columns * sizeof *sum);
        for (size_t unit = 0; unit < units; unit++)
            for (size_t i = 0; i < columns && spikes[row * units + unit] != 0; i++)
                sum[i] += matrix[unit * columns + i];
    }
    assert_memory_equal(found, expected, sizeof found);
}

static void check_gradient(size_t rows, size_t units, size_t columns)
{
    soil();
    spike_product_gradient(product, spikes, rows, units, matrix, columns, found);
    memset(expected, 0, units * columns * sizeof *expected);
    for (size_t row = 0; row < rows; row++)
        for (size_t unit = 0; unit < units; unit++)
            for (size_t i = 0; i < columns && spikes[row * units + unit] != 0; i++)
                expected[unit * columns + i] += matrix[row * columns + i];
    assert_memory_equal(found, expected, sizeof found);
}

static void test_products_are_the_plain_loops(void **state)
{
    (void)state;
    static const size_t shapes[][3] = {
        {1, 1, 1},     {2, 3, 15},     {31, 96, 16},
        {33, 97, 112}, {96, 196, 113}, {97, 65, 128},
        {128, 7, 225}, {192, 129, 31}, {MAX_ROWS, MAX_UNITS, MAX_COLUMNS}};
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (cpu_use_level((enum cpu_level)level, NULL) != STATUS_OK)
            continue;
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            draw_spikes(shapes[i][0], shapes[i][1], 40);
            check_forward(shapes[i][0], shapes[i][1], shapes[i][2]);
            check_gradient(shapes[i][0], shapes[i][1], shapes[i][2]);
        }
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
}

static void test_all_units_may_spike_or_none(void **state)
{
    (void)state;
    for (uint32_t share = 0; share <= 100; share += 100) {
        draw_spikes(MAX_ROWS, MAX_UNITS, share);
        check_forward(MAX_ROWS, MAX_UNITS, 47);
        check_gradient(MAX_ROWS, MAX_UNITS, 47);
    }
}

static void test_many_spikes_do_not_pay(void **state)
{
    (void)state;
    draw_spikes(MAX_ROWS, MAX_UNITS, 40);
    assert_true(spike_product_pays(spikes, MAX_ROWS, MAX_UNITS));
    draw_spikes(MAX_ROWS, MAX_UNITS, 80);
    assert_false(spike_product_pays(spikes, MAX_ROWS, MAX_UNITS));
}

static void test_no_memory_is_no_product(void **state)
{
    (void)state;
    for (int64_t allowed = 0; allowed < 5; allowed++) {
        mem_fail_after(allowed);
        struct spike_product *none = spike_product_new(8, 8);
        mem_fail_never();
        assert_null(none);
    }
    spike_product_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_are_the_plain_loops),
        cmocka_unit_test(test_all_units_may_spike_or_none),
        cmocka_unit_test(test_many_spikes_do_not_pay),
        cmocka_unit_test(test_no_memory_is_no_product),
    };
    return cmocka_run_group_tests_name("spike_product", tests, open_product, close_product);
}
