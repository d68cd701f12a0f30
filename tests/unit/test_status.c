/* Every outcome has a name, a sentence and an HTTP code; errors carry what happened and are cut. */
#include "core/base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_status_is_described(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        const char *name = status_name((enum status)i);
        const char *sentence = status_sentence((enum status)i);
        assert_non_null(name);
        assert_true(strlen(name) > 1);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(name));
        assert_non_null(sentence);
        assert_true(strlen(sentence) > 5 && strlen(sentence) < ERROR_DETAIL_SIZE);
        assert_true(sentence[0] >= 'A' && sentence[0] <= 'Z');
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
    }
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++)
        for (int j = i + 1; j < STATUS_COUNT; j++) {
            assert_string_not_equal(status_name((enum status)i), status_name((enum status)j));
            assert_string_not_equal(status_sentence((enum status)i),
                                    status_sentence((enum status)j));
        }
}

static void test_only_success_is_a_2xx(void **state)
{
    (void)state;
    assert_int_equal(STATUS_OK, 0);
    assert_int_equal(status_http_code(STATUS_OK), 200);
    for (int i = 1; i < STATUS_COUNT; i++)
        assert_in_range(status_http_code((enum status)i), 400, 599);
}

static void test_unknown_reads_as_internal(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_COUNT), "INTERNAL");
    assert_string_equal(status_name((enum status)(STATUS_COUNT + 1000)), "INTERNAL");
    assert_int_equal(status_http_code(STATUS_COUNT), 500);
    assert_string_equal(status_sentence(STATUS_COUNT), status_sentence(STATUS_INTERNAL));
}

static void test_set_records_and_returns(void **state)
{
    (void)state;
    struct error error = {.status = STATUS_OK};
    assert_int_equal(error_set(&error, STATUS_MALFORMED, "byte %d of %s", 7, "x.wav"),
                     STATUS_MALFORMED);
    assert_int_equal(error.status, STATUS_MALFORMED);
    assert_string_equal(error.detail, "byte 7 of x.wav");
}

static void test_null_error_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, STATUS_IO, "%d", 1), STATUS_IO);
    assert_int_equal(error_prefix(NULL, STATUS_EMPTY, "%d", 1), STATUS_EMPTY);
    assert_int_equal(error_plain(NULL, STATUS_DEADLINE), STATUS_DEADLINE);
}

static void test_plain_takes_the_sentence(void **state)
{
    (void)state;
    struct error error;
    for (int i = 1; i < STATUS_COUNT; i++) {
        assert_int_equal(error_plain(&error, (enum status)i), i);
        assert_int_equal(error.status, i);
        assert_string_equal(error.detail, status_sentence((enum status)i));
    }
}

static void test_prefix_goes_before(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, STATUS_MALFORMED, "no header");
    assert_int_equal(error_prefix(&error, STATUS_BAD_CHECKPOINT, "%s: ", "a.safetensors"),
                     STATUS_BAD_CHECKPOINT);
    assert_int_equal(error.status, STATUS_BAD_CHECKPOINT);
    assert_string_equal(error.detail, "a.safetensors: no header");
}

static void test_set_cuts_long_sentences(void **state)
{
    (void)state;
    struct error error;
    char long_text[2 * ERROR_DETAIL_SIZE];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    error_set(&error, STATUS_IO, "%s", long_text);
    assert_int_equal(strlen(error.detail), ERROR_DETAIL_SIZE - 1);
}

static void test_prefix_cuts_the_end(void **state)
{
    (void)state;
    struct error error;
    char full[ERROR_DETAIL_SIZE];
    memset(full, 'd', sizeof full - 1);
    full[sizeof full - 1] = '\0';
    error_set(&error, STATUS_IO, "%s", full);
    error_prefix(&error, STATUS_IO, "pre: ");
    assert_int_equal(strlen(error.detail), ERROR_DETAIL_SIZE - 1);
    assert_memory_equal(error.detail, "pre: ddd", 8);

    error_prefix(&error, STATUS_IO, "%s", full);
    assert_string_equal(error.detail, full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_status_is_described),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_only_success_is_a_2xx),
        cmocka_unit_test(test_unknown_reads_as_internal),
        cmocka_unit_test(test_set_records_and_returns),
        cmocka_unit_test(test_null_error_is_allowed),
        cmocka_unit_test(test_plain_takes_the_sentence),
        cmocka_unit_test(test_prefix_goes_before),
        cmocka_unit_test(test_set_cuts_long_sentences),
        cmocka_unit_test(test_prefix_cuts_the_end),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
