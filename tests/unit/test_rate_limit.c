/* How often a key may ask, by a clock of the test's own. */
#include "server/rate_limit.h"

#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

/* How many of `count` requests at one moment are allowed. */
static int ask(struct rate_limit *limit, uint64_t key_id, uint64_t now_us, int count)
{
    int allowed = 0, seconds;
    for (int i = 0; i < count; i++)
        allowed += rate_limit_take(limit, key_id, now_us, &seconds);
    return allowed;
}

static void test_burst_and_rate(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_open(10, 5);
    uint64_t now = 77 * SECOND;
    assert_int_equal(ask(limit, 1, now, 20), 5);
    assert_int_equal(ask(limit, 1, now + 99999, 20), 0);
    assert_int_equal(ask(limit, 1, now + 100000, 20), 1);
    assert_int_equal(ask(limit, 1, now + 350000, 20), 2);
    assert_int_equal(ask(limit, 1, now + 400000, 20), 1);
    assert_int_equal(ask(limit, 1, now + 60 * SECOND, 20), 5);
    rate_limit_close(limit);
}

static void test_average_over_a_minute(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_open(3, 1);
    int allowed = 0;
    for (uint64_t now = SECOND; now < 61 * (uint64_t)SECOND; now += 1000)
        allowed += ask(limit, 9, now, 1);
    assert_in_range(allowed, 179, 180); /* a third of a second is no whole number of milliseconds */
    rate_limit_close(limit);
}

static void test_keys_apart(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_open(1, 1);
    for (uint64_t key = 0; key < 1000; key++)
        assert_int_equal(ask(limit, key * UINT64_C(0x9e3779b97f4a7c15), SECOND, 3), 1);
    rate_limit_close(limit);
}

static void test_tells_when(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_open(1, 3);
    int seconds = -1;
    assert_int_equal(ask(limit, 1, SECOND, 2), 2);
    assert_true(rate_limit_take(limit, 1, SECOND, &seconds));
    assert_int_equal(seconds, 0);
    assert_false(rate_limit_take(limit, 1, SECOND, &seconds));
    assert_int_equal(seconds, 1);
    assert_false(rate_limit_take(limit, 1, SECOND + SECOND - 1, &seconds));
    assert_int_equal(seconds, 1);
    assert_true(rate_limit_take(limit, 1, SECOND + SECOND, &seconds));
    rate_limit_close(limit);
}

/* More keys than slots that all want the same place: the table stays as it is and works on. */
static void test_full_table(void **state)
{
    (void)state;
    struct rate_limit *limit = rate_limit_open(1, 1);
    for (uint64_t key = 1; key < 100000; key++)
        assert_int_equal(ask(limit, key << 32, SECOND, 1), 1);
    assert_int_equal(ask(limit, UINT64_C(99999) << 32, SECOND, 1), 0);
    rate_limit_close(limit);
}

static void test_lack_of_memory(void **state)
{
    (void)state;
    mem_fail_after(0);
    assert_null(rate_limit_open(1, 1));
    mem_fail_never();
    rate_limit_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_and_rate), cmocka_unit_test(test_average_over_a_minute),
        cmocka_unit_test(test_keys_apart),     cmocka_unit_test(test_tells_when),
        cmocka_unit_test(test_full_table),     cmocka_unit_test(test_lack_of_memory),
    };
    return cmocka_run_group_tests_name("rate_limit", tests, NULL, NULL);
}
