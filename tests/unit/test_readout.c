/* Values read from spikes and from potentials, by hand. */
#include "core/spike/readout.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_spike_counts_build_up(void **state)
{
    (void)state;
    struct raster raster;
    uint32_t counts[3];
    real value[3];
    assert_int_equal(raster_init(&raster, 4, 3, NULL), STATUS_OK);
    for (uint32_t step = 0; step < 4; step++)
        raster_set(&raster, step, 1);
    raster_set(&raster, 2, 2);
    for (uint32_t steps = 0; steps <= 4; steps++) {
        readout_spike_count(&raster, steps, counts, value);
        assert_true(value[0] == 0);
        assert_true(value[1] == (real)steps / 4);
        assert_true(value[2] == (steps > 2 ? (real)0.25 : 0));
    }
    raster_free(&raster);
}

static void test_membrane_is_a_mean_within_bounds(void **state)
{
    (void)state;
    const real v[] = {(real)0.5, -3, 4, 1, 1, 1, 4, 0}; /* [2][4] */
    real value[4];
    readout_membrane(v, 2, 4, 2, value);
    assert_true(fabs((double)value[0] - 0.375) < 1e-7);
    assert_true(value[1] == 0);
    assert_true(value[2] == 1);
    assert_true(fabs((double)value[3] - 0.25) < 1e-7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spike_counts_build_up),
        cmocka_unit_test(test_membrane_is_a_mean_within_bounds),
    };
    return cmocka_run_group_tests_name("readout", tests, NULL, NULL);
}
