/* Surrogate derivatives are the derivatives of what they stand for, and never overflow. */
#include "core/spike/surrogate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_the_twin_has_this_derivative(void **state)
{
    (void)state;
    const double h = 1.0 / 1024;
    for (double slope = 0.5; slope <= 10; slope *= 2) {
        for (int i = -64; i <= 64; i++) {
            double x = i / 16.0 + 1.0 / 32; /* no interval crosses the kink of the curvature at 0 */
            double difference = ((double)surrogate_fast_sigmoid_twin((real)(x + h), (real)slope) -
                                 (double)surrogate_fast_sigmoid_twin((real)(x - h), (real)slope)) /
                                (2 * h);
            double derivative = (double)surrogate_fast_sigmoid((real)x, (real)slope);
            assert_true(fabs(difference - derivative) < 1e-3);
        }
    }
}

static void test_fast_sigmoid_by_hand(void **state)
{
    (void)state;
    assert_true(surrogate_fast_sigmoid(0, 25) == 1);
    assert_true(surrogate_fast_sigmoid(2, (real)1.5) == (real)0.0625);
    assert_true(surrogate_fast_sigmoid(-2, (real)1.5) == (real)0.0625);
    assert_true(surrogate_fast_sigmoid_twin(0, 25) == (real)0.5);
    assert_true(surrogate_fast_sigmoid_twin(1, 1) == 1);
    assert_true(surrogate_fast_sigmoid_twin(-1, 1) == 0);
    assert_true(surrogate_fast_sigmoid((real)1e30, 25) == 0);
}

static void test_logistic_stays_finite(void **state)
{
    (void)state;
    static const double far[] = {89, 710, 1e4, 1e30};
    for (int i = 0; i < 4; i++) {
        real up = surrogate_logistic((real)far[i]), down = surrogate_logistic((real)-far[i]);
        assert_true(isfinite(up) && isfinite(down));
        assert_true(up >= 0 && up < (real)1e-37);
        assert_true(down >= 0 && down < (real)1e-37);
    }
    assert_true(surrogate_logistic(0) == (real)0.25);
}

static void test_logistic_by_finite_differences(void **state)
{
    (void)state;
    const double h = 1e-4;
    for (double x = -8; x <= 8; x += 0.25) {
        double difference = (1 / (1 + exp(-x - h)) - 1 / (1 + exp(-x + h))) / (2 * h);
        assert_true(fabs(difference - (double)surrogate_logistic((real)x)) < 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_twin_has_this_derivative),
        cmocka_unit_test(test_fast_sigmoid_by_hand),
        cmocka_unit_test(test_logistic_stays_finite),
        cmocka_unit_test(test_logistic_by_finite_differences),
    };
    return cmocka_run_group_tests_name("surrogate", tests, NULL, NULL);
}
