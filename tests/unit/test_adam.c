/* Adam by hand: two updates of one weight, and the decay that does not go through the moments. */
#include "train/adam.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(real got, double expected)
{
    assert_true(fabs((double)got - expected) <= 1e-6 * fmax(1, fabs(expected)));
}

static void test_two_updates_by_hand(void **state)
{
    (void)state;
    real weight = 1, moment1 = 0, moment2 = 0, gradient = (real)0.5;
    adam_step(&adam_default_params, 0.1, 1, &weight, &moment1, &moment2, &gradient, 1);
    assert_near(moment1, 0.05);
    assert_near(moment2, 0.00025);
    assert_near(weight, 0.9); /* the first step is the learning rate, whatever the gradient */
    gradient = -1;
    adam_step(&adam_default_params, 0.1, 2, &weight, &moment1, &moment2, &gradient, 1);
    assert_near(moment1, -0.055);
    assert_near(moment2, 0.00124975);
    assert_near(weight, 0.93661035); /* 0.9 + 0.1 (0.055 / 0.19) / sqrt(0.00124975 / 0.001999) */
}

static void test_epsilon_is_outside_the_root(void **state)
{
    (void)state;
    const struct adam_params params = {0.9, 0.999, 1, 0};
    real weight = 0, moment1 = 0, moment2 = 0, gradient = 3;
    adam_step(&params, 0.1, 1, &weight, &moment1, &moment2, &gradient, 1);
    assert_near(weight, -0.1 * 3 / (3 + 1));
}

static void test_weight_decay(void **state)
{
    (void)state;
    const struct adam_params params = {0.9, 0.999, 1e-8, 0.01};
    real weight[] = {2, -4}, moment1[2] = {0}, moment2[2] = {0}, gradient[] = {0, 1};
    adam_step(&params, 0.1, 1, weight, moment1, moment2, gradient, 2);
    assert_near(weight[0], 1.998); /* no gradient: decay alone */
    assert_near(weight[1], -4.096);
    assert_near(moment1[0], 0);
    assert_near(moment1[1], 0.1);
}

/* Blocks of a vector may be updated one by one. */
static void test_elements_are_independent(void **state)
{
    (void)state;
    enum { COUNT = 37 };
    real weight[COUNT], alone[COUNT], moment1[COUNT] = {0}, moment2[COUNT] = {0};
    real alone1[COUNT] = {0}, alone2[COUNT] = {0}, gradient[COUNT];
    for (int i = 0; i < COUNT; i++) {
        weight[i] = alone[i] = (real)i;
        gradient[i] = (real)(i - 18) / 7;
    }
    for (uint64_t update = 1; update <= 5; update++) {
        adam_step(&adam_default_params, 0.01, update, weight, moment1, moment2, gradient, COUNT);
        for (int i = 0; i < COUNT; i++)
            adam_step(&adam_default_params, 0.01, update, alone + i, alone1 + i, alone2 + i,
                      gradient + i, 1);
    }
    assert_memory_equal(weight, alone, sizeof weight);
    assert_true(weight[18] == 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_updates_by_hand),
        cmocka_unit_test(test_epsilon_is_outside_the_root),
        cmocka_unit_test(test_weight_decay),
        cmocka_unit_test(test_elements_are_independent),
    };
    return cmocka_run_group_tests_name("adam", tests, NULL, NULL);
}
