/* The loss on latents that are near another target. */
#include "train/contrast.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { UNITS = 3, ANCHORS = 3 };

static const real anchors[ANCHORS * UNITS] = {0, 0, 0, 1, 0, 1, 0, 1, 1};
static const struct contrast contrast = {anchors, ANCHORS};

static double loss_of(const real *latent, int target, real *gradient)
{
    return contrast_loss(&contrast, latent, anchors + target * UNITS, UNITS, gradient);
}

/* d = 0.75, 0.75, 0.75: all are as near. */
static void test_by_hand(void **state)
{
    (void)state;
    const real middle[UNITS] = {(real)0.5, (real)0.5, (real)0.5};
    real gradient[UNITS];
    for (int target = 0; target < ANCHORS; target++)
        assert_true(fabs(loss_of(middle, target, gradient) - log(3)) < 1e-6);
    const double expected[UNITS] = {2 * (1.0 / 3 - 0), 2 * (1.0 / 3 - 1), 2 * (2.0 / 3 - 1)};
    for (int i = 0; i < UNITS; i++)
        assert_true(fabs((double)gradient[i] - expected[i]) < 1e-6);
}

/* At its target a latent loses less than at another's, and far away nothing overflows. */
static void test_near_and_far(void **state)
{
    (void)state;
    real gradient[UNITS];
    for (int target = 0; target < ANCHORS; target++)
        for (int at = 0; at < ANCHORS; at++) {
            double loss = loss_of(anchors + at * UNITS, target, gradient);
            double at_target = loss_of(anchors + target * UNITS, target, gradient);
            assert_true(at == target ? loss == at_target : loss > at_target);
        }
    const real far[UNITS] = {0, 1000, 1000};
    double loss = loss_of(far, 0, gradient);
    assert_true(isfinite(loss) && loss > 100);
    for (int i = 0; i < UNITS; i++)
        assert_true(isfinite((double)gradient[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_near_and_far),
    };
    return cmocka_run_group_tests_name("contrast", tests, NULL, NULL);
}
