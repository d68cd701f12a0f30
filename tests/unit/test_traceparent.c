/* W3C Trace Context: what is taken over, what is replaced. */
#include "api/traceparent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define STEP  "b7ad6b7169203331"

static void test_takes_over(void **state)
{
    (void)state;
    struct traceparent read;
    char value[TRACEPARENT_SIZE];
    assert_true(traceparent_read("00-" TRACE "-" STEP "-01", &read));
    assert_string_equal(read.trace, TRACE);
    assert_string_equal(read.step, STEP);
    assert_true(read.sampled);
    traceparent_write(&read, value);
    assert_string_equal(value, "00-" TRACE "-" STEP "-01");
    assert_true(traceparent_read("00-" TRACE "-" STEP "-00", &read));
    assert_false(read.sampled);
    assert_true(traceparent_read("00-" TRACE "-" STEP "-fe", &read));
    assert_false(read.sampled);
    assert_true(traceparent_read("00-" TRACE "-" STEP "-ff", &read));
    assert_true(read.sampled);
    /* later versions may have more behind a dash */
    assert_true(traceparent_read("01-" TRACE "-" STEP "-01", &read));
    assert_true(traceparent_read("fe-" TRACE "-" STEP "-01-more", &read));
    assert_string_equal(read.step, STEP);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        NULL,
        "",
        "00",
        "00-" TRACE "-" STEP,
        "00-" TRACE "-" STEP "-",
        "00-" TRACE "-" STEP "-0",
        "00-" TRACE "-" STEP "-001",
        "00-" TRACE "-" STEP "-01-",
        "00-" TRACE "-" STEP "-01-more",
        "00-" TRACE "-" STEP "-0x",
        "01-" TRACE "-" STEP "-01more",
        "ff-" TRACE "-" STEP "-01",
        "0-" TRACE "-" STEP "-001",
        "0x-" TRACE "-" STEP "-01",
        "00_" TRACE "-" STEP "-01",
        "00-" TRACE "_" STEP "-01",
        "00-" TRACE "-" STEP "_01",
        "00-00000000000000000000000000000000-" STEP "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" STEP "-01",
        "00-" TRACE "-B7AD6B7169203331-01",
        "00-" TRACE "-" STEP "-01, 00-" TRACE "-" STEP "-01",
        " 00-" TRACE "-" STEP "-01",
        "00-" TRACE "-" STEP "-01\n",
        "00-0af7651916cd43dd8448eb211c8031-9c" STEP "-01",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct traceparent read = {.trace = "x", .step = "y", .sampled = true};
        if (traceparent_read(bad[i], &read))
            fail_msg("'%s' was taken", bad[i] ? bad[i] : "NULL");
        assert_true(read.trace[0] == 0 && read.step[0] == 0 && !read.sampled);
    }
}

static void test_makes(void **state)
{
    (void)state;
    static const uint64_t random[3] = {1, UINT64_C(0xabcdef), UINT64_C(0x8000000000000002)};
    static const uint64_t none[3] = {0, 0, 0};
    struct traceparent made = {0}, read;
    char value[TRACEPARENT_SIZE];
    traceparent_step(random, &made);
    traceparent_write(&made, value);
    assert_string_equal(value, "00-00000000000000010000000000abcdef-8000000000000002-00");
    assert_true(traceparent_read("00-" TRACE "-" STEP "-01", &made));
    traceparent_step(random, &made);
    traceparent_write(&made, value);
    assert_string_equal(value, "00-" TRACE "-8000000000000002-01");
    made = (struct traceparent){0};
    traceparent_step(none, &made);
    traceparent_write(&made, value);
    assert_true(traceparent_read(value, &read));
}

static void test_state(void **state)
{
    (void)state;
    char value[TRACEPARENT_MAX_STATE + 2] = "";
    assert_true(traceparent_state_is_sane("congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"));
    assert_false(traceparent_state_is_sane(NULL));
    assert_false(traceparent_state_is_sane(""));
    assert_false(traceparent_state_is_sane("a=b\r\nSet-Cookie: c"));
    assert_false(traceparent_state_is_sane("a=\x7f"));
    assert_false(traceparent_state_is_sane("a=\xc3\xa4"));
    memset(value, 'a', TRACEPARENT_MAX_STATE);
    assert_true(traceparent_state_is_sane(value));
    value[TRACEPARENT_MAX_STATE] = 'a';
    assert_false(traceparent_state_is_sane(value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_over),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_makes),
        cmocka_unit_test(test_state),
    };
    return cmocka_run_group_tests_name("traceparent", tests, NULL, NULL);
}
