/* Errors of pictures by hand. */
#include "train/measures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double got, double expected)
{
    assert_true(fabs(got - expected) < 1e-6);
}

static void test_plain(void **state)
{
    (void)state;
    const real a[] = {0, 1, (real)0.5, (real)0.25}, b[] = {0, 0, 1, (real)0.25};
    assert_near(measures_mse(a, b, 4), (1 + 0.25) / 4);
    assert_near(measures_mse(a, a, 4), 0);
}

static void test_standardized(void **state)
{
    (void)state;
    /* means 2 and 6, deviations (n - 1) 1 and 2: -1, 0, 1 and 1, 0, -1 */
    const real a[] = {1, 2, 3}, b[] = {8, 6, 4};
    assert_near(measures_standardized_mse(a, b, 3), (4 + 0 + 4) / 3.0);
    const real scaled[] = {10, 20, 30};
    assert_near(measures_standardized_mse(a, scaled, 3), 0);
    const real shifted[] = {(real)0.1, (real)0.2, (real)0.3};
    assert_near(measures_standardized_mse(shifted, scaled, 3), 0);
}

static void test_a_flat_picture_counts_a_deviation_of_1(void **state)
{
    (void)state;
    const real flat[] = {7, 7, 7}, a[] = {1, 2, 3};
    assert_near(measures_standardized_mse(flat, flat, 3), 0);
    assert_near(measures_standardized_mse(a, flat, 3), 2.0 / 3);
    const real one = 5, other = 9;
    assert_near(measures_standardized_mse(&one, &other, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_standardized),
        cmocka_unit_test(test_a_flat_picture_counts_a_deviation_of_1),
    };
    return cmocka_run_group_tests_name("measures", tests, NULL, NULL);
}
