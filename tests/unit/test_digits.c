/* Digits against those of the C library. */
#include "core/base/digits.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint64_t values[] = {
    0, 1, 9, 10, 99, 100, 12345, UINT32_MAX, UINT64_C(0xabcdef0123456789), UINT64_MAX};

enum { NUM_VALUES = sizeof values / sizeof *values };

static void test_decimal(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_VALUES; i++) {
        char text[DIGITS_MAX + 1] = {0}, expected[DIGITS_MAX + 1];
        snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
        assert_string_equal(digits_decimal(values[i], text + DIGITS_MAX), expected);
    }
}

static void test_thousandths(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_VALUES; i++) {
        char text[DIGITS_MAX + 2] = {0}, expected[DIGITS_MAX + 2];
        snprintf(expected, sizeof expected, "%" PRIu64 ".%03u", values[i] / 1000,
                 (unsigned)(values[i] % 1000));
        assert_string_equal(digits_thousandths(values[i], text + DIGITS_MAX + 1), expected);
    }
}

static void test_hex(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_VALUES; i++) {
        char text[DIGITS_HEX + 1] = {0}, expected[DIGITS_HEX + 1];
        snprintf(expected, sizeof expected, "%016" PRIx64, values[i]);
        assert_ptr_equal(digits_hex(values[i], text), text + DIGITS_HEX);
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_decimal),
                                       cmocka_unit_test(test_thousandths),
                                       cmocka_unit_test(test_hex)};
    return cmocka_run_group_tests_name("digits", tests, NULL, NULL);
}
