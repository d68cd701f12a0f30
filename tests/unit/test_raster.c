/* Rasters against a plain table of booleans, and their wire form bit by bit. */
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/spike/raster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_UNITS = 200, MAX_STEPS = 9 };

/* A raster of about a third spikes, and the same as a table. */
static void make_random(struct raster *raster, uint32_t steps, uint32_t units,
                        bool table[MAX_STEPS][MAX_UNITS])
{
    const struct rng rng = {.seed = 7, .index = units, .stream = RNG_STREAM_INIT};
    assert_int_equal(raster_init(raster, steps, units, NULL), STATUS_OK);
    for (uint32_t step = 0; step < steps; step++) {
        for (uint32_t unit = 0; unit < units; unit++) {
            table[step][unit] = rng_below(&rng, step, unit, 3) == 0;
            if (table[step][unit])
                raster_set(raster, step, unit);
        }
    }
}

static void check_against_table(const struct raster *raster, bool table[MAX_STEPS][MAX_UNITS])
{
    uint32_t listed[MAX_UNITS];
    uint64_t total = 0;
    for (uint32_t step = 0; step < raster->num_steps; step++) {
        uint32_t found = 0, count = raster_row(raster, step, listed);
        for (uint32_t unit = 0; unit < raster->num_units; unit++) {
            assert_int_equal(raster_get(raster, step, unit), table[step][unit]);
            if (table[step][unit])
                assert_int_equal(listed[found++], unit);
        }
        assert_int_equal(found, count);
        total += count;
    }
    assert_int_equal(raster_count(raster), total);
}

static void test_equals_a_table_at_every_width(void **state)
{
    (void)state;
    bool table[MAX_STEPS][MAX_UNITS];
    for (uint32_t units = 1; units <= MAX_UNITS; units++) {
        struct raster raster;
        make_random(&raster, MAX_STEPS, units, table);
        check_against_table(&raster, table);
        raster_free(&raster);
    }
}

static void test_unit_counts_stop_at_a_step(void **state)
{
    (void)state;
    bool table[MAX_STEPS][MAX_UNITS];
    uint32_t counts[MAX_UNITS];
    struct raster raster;
    make_random(&raster, MAX_STEPS, 131, table);
    for (uint32_t steps = 0; steps <= MAX_STEPS + 2; steps++) {
        raster_unit_counts(&raster, steps, counts);
        for (uint32_t unit = 0; unit < 131; unit++) {
            uint32_t expected = 0;
            for (uint32_t step = 0; step < steps && step < MAX_STEPS; step++)
                expected += table[step][unit];
            assert_int_equal(counts[unit], expected);
        }
    }
    raster_free(&raster);
}

static void test_set_row_replaces_one_row(void **state)
{
    (void)state;
    bool table[MAX_STEPS][MAX_UNITS];
    const uint32_t units[] = {0, 63, 64, 129};
    struct raster raster;
    make_random(&raster, 3, 130, table);
    raster_set_row(&raster, 1, units, 4);
    memset(table[1], 0, sizeof table[1]);
    for (int i = 0; i < 4; i++)
        table[1][units[i]] = true;
    check_against_table(&raster, table);
    raster_set_row(&raster, 1, NULL, 0);
    memset(table[1], 0, sizeof table[1]);
    check_against_table(&raster, table);
    raster_clear(&raster);
    assert_int_equal(raster_count(&raster), 0);
    raster_free(&raster);
}

static void test_bitmap_is_least_significant_bit_first(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x01, 0x02, 0x08, 0x00};
    uint8_t bitmap[sizeof expected];
    struct raster raster;
    assert_int_equal(raster_init(&raster, 2, 10, NULL), STATUS_OK);
    raster_set(&raster, 0, 0);
    raster_set(&raster, 0, 9);
    raster_set(&raster, 1, 3);
    assert_int_equal(raster_bitmap_size(&raster), sizeof expected);
    raster_to_bitmap(&raster, bitmap);
    assert_memory_equal(bitmap, expected, sizeof expected);
    raster_free(&raster);
}

static void test_bitmap_round_trip(void **state)
{
    (void)state;
    bool table[MAX_STEPS][MAX_UNITS];
    for (uint32_t units = 1; units <= MAX_UNITS; units += 3) {
        struct raster raster, back;
        uint8_t bitmap[MAX_STEPS * (MAX_UNITS + 7) / 8 + 1];
        make_random(&raster, MAX_STEPS, units, table);
        bitmap[raster_bitmap_size(&raster)] = 0xa5;
        raster_to_bitmap(&raster, bitmap);
        assert_int_equal(bitmap[raster_bitmap_size(&raster)], 0xa5);
        assert_int_equal(raster_init(&back, MAX_STEPS, units, NULL), STATUS_OK);
        raster_set(&back, 0, 0); /* what it held before is gone */
        assert_int_equal(raster_from_bitmap(&back, bitmap, NULL), STATUS_OK);
        check_against_table(&back, table);
        raster_free(&raster);
        raster_free(&back);
    }
}

static void test_padding_bits_are_malformed(void **state)
{
    (void)state;
    struct error error;
    for (uint32_t units = 1; units <= 17; units++) {
        struct raster raster;
        uint8_t bitmap[6] = {0};
        assert_int_equal(raster_init(&raster, 2, units, NULL), STATUS_OK);
        for (uint32_t bit = units; bit < (units + 7) / 8 * 8; bit++) {
            size_t last = raster_bitmap_size(&raster) - 1;
            bitmap[0] = 1;
            bitmap[last] = (uint8_t)(1 << bit % 8);
            assert_int_equal(raster_from_bitmap(&raster, bitmap, &error), STATUS_MALFORMED);
            assert_int_equal(raster_count(&raster), 0);
        }
        raster_free(&raster);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct raster raster;
    struct error error;
    assert_int_equal(raster_init(&raster, RASTER_MAX_STEPS + 1, 1, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_null(raster.words);
    assert_int_equal(raster_init(&raster, 1, RASTER_MAX_UNITS + 1, &error),
                     STATUS_INVALID_ARGUMENT);
    mem_fail_after(0);
    assert_int_equal(raster_init(&raster, 1, 1, &error), STATUS_NO_MEMORY);
    mem_fail_never();
    raster_free(&raster);
    assert_int_equal(raster_init(&raster, 0, 0, &error), STATUS_OK);
    assert_int_equal(raster_count(&raster), 0);
    assert_int_equal(raster_bitmap_size(&raster), 0);
    raster_free(&raster);
    raster_free(&raster);
}

/* Memory that is large enough is used again, empty; what fails leaves the raster alone. */
static void test_fit_keeps_memory(void **state)
{
    (void)state;
    struct raster raster = {0};
    struct error error;
    assert_int_equal(raster_fit(&raster, 5, 130, &error), STATUS_OK);
    const uint64_t *words = raster.words;
    raster_set(&raster, 4, 129);
    mem_fail_after(0);
    assert_int_equal(raster_fit(&raster, 15, 63, &error), STATUS_OK);
    assert_ptr_equal(raster.words, words);
    assert_int_equal(raster_count(&raster), 0);
    raster_set(&raster, 14, 62);
    assert_int_equal(raster_fit(&raster, 16, 63, &error), STATUS_NO_MEMORY);
    assert_int_equal(raster_fit(&raster, 1, RASTER_MAX_UNITS + 1, &error), STATUS_INVALID_ARGUMENT);
    mem_fail_never();
    assert_true(raster_get(&raster, 14, 62));
    assert_int_equal(raster_fit(&raster, 16, 63, &error), STATUS_OK);
    assert_int_equal(raster.num_steps, 16);
    assert_int_equal(raster.num_units, 63);
    assert_int_equal(raster_count(&raster), 0);
    raster_free(&raster);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_a_table_at_every_width),
        cmocka_unit_test(test_unit_counts_stop_at_a_step),
        cmocka_unit_test(test_set_row_replaces_one_row),
        cmocka_unit_test(test_bitmap_is_least_significant_bit_first),
        cmocka_unit_test(test_bitmap_round_trip),
        cmocka_unit_test(test_padding_bits_are_malformed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_fit_keeps_memory),
    };
    return cmocka_run_group_tests_name("raster", tests, NULL, NULL);
}
