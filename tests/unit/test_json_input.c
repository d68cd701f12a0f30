/* JSON from strangers: its limits hold before the parser is asked. */
#include "api/json_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct json_input_limits limits = {64, 3, 8};

static enum status parse(const char *text, const char *mentioned)
{
    json_t *root;
    struct error error = {STATUS_OK, ""};
    enum status status =
        json_input_parse((const uint8_t *)text, strlen(text), &limits, &root, &error);
    assert_true((status == STATUS_OK) == (root != NULL));
    if (!strstr(error.detail, mentioned))
        fail_msg("'%s' says '%s', not '%s'", text, error.detail, mentioned);
    json_decref(root);
    return status;
}

static void test_takes_objects(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        " {\"a\": 1} ",
        "{\"a\":[[]]}",
        "{\"a\":[[1,2,3],[4,5]]}",
        "{\"[[[[[,,,,,,,,,,,\":\"]]]]]{{{{\\\"[[[[\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(parse(texts[i], ""), STATUS_OK);
}

static void test_refuses(void **state)
{
    (void)state;
    assert_int_equal(parse("", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("[]", "not an object"), STATUS_MALFORMED);
    assert_int_equal(parse("7", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{} x", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":1,\"a\":2}", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":\"\\u0000\"}", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":\"\xff\"}", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":1e999}", "cannot be read"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":[[[]]]}", "nested more than 3"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested more than 3"),
                     STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":[1,2,3,4,5,6,7,8]}", "more than 8 values"), STATUS_MALFORMED);
    assert_int_equal(parse("{\"a\":\"012345678901234567890123456789012345678901234567890123456\"}",
                           "larger than the 64"),
                     STATUS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_objects),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests_name("json_input", tests, NULL, NULL);
}
