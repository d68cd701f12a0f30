/* Confidence intervals against published values and against their own meaning. */
#include "train/interval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_interval(struct interval interval, double low, double high)
{
    assert_true(fabs(interval.low - low) < 5e-5);
    assert_true(fabs(interval.high - high) < 5e-5);
}

/* Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine
 * 1998, table I, method 3. */
static void test_shares_as_published(void **state)
{
    (void)state;
    assert_interval(interval_of_share(81, 263), 0.2553, 0.3662);
    assert_interval(interval_of_share(15, 148), 0.0624, 0.1605);
    assert_interval(interval_of_share(0, 20), 0, 0.1611);
    assert_interval(interval_of_share(1, 29), 0.0061, 0.1718);
    assert_interval(interval_of_share(29, 29), 0.8830, 1);
}

/* Both ends are where the observed share lies 1.96 standard errors off. */
static void test_a_share_lies_on_the_border_of_its_ends(void **state)
{
    (void)state;
    for (int count = 1; count < 400; count += 7)
        for (int right = 0; right <= count; right += 3) {
            struct interval interval = interval_of_share(right, count);
            double share = (double)right / count;
            assert_true(interval.low >= 0 && interval.low <= share);
            assert_true(interval.high <= 1 && interval.high >= share);
            const double ends[] = {interval.low, interval.high};
            for (int i = 0; i < 2; i++)
                if (ends[i] > 0 && ends[i] < 1)
                    assert_true(fabs(fabs(share - ends[i]) / sqrt(ends[i] * (1 - ends[i]) / count) -
                                     1.959964) < 1e-4);
        }
}

static void test_means(void **state)
{
    (void)state;
    const double values[] = {1, -9, 2, -9, 3, -9, 4, -9, 5, -9};
    /* 3 +- 1.96 sqrt(2.5 / 5) */
    assert_interval(interval_of_mean(values, 2, 5), 3 - 1.385903, 3 + 1.385903);
    const double equal[] = {0.25, 0.25, 0.25};
    assert_interval(interval_of_mean(equal, 1, 3), 0.25, 0.25);
}

static void test_too_little_to_tell(void **state)
{
    (void)state;
    const double values[] = {1, NAN, 2};
    assert_true(isnan(interval_of_mean(values, 1, 1).low));
    assert_true(isnan(interval_of_mean(values, 1, 0).high));
    assert_true(isnan(interval_of_mean(values, 1, 3).low));
    assert_true(isnan(interval_of_share(0, 0).low));
    assert_true(isnan(interval_of_share(NAN, 10).high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_as_published),
        cmocka_unit_test(test_a_share_lies_on_the_border_of_its_ends),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_too_little_to_tell),
    };
    return cmocka_run_group_tests_name("interval", tests, NULL, NULL);
}
