/* Media types by Accept, entity tags by If-None-Match. */
#include "api/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const offered[] = {"image/png", "application/json", "image/apng"};

static void test_types(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        int chosen;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"  ", 0},
        {"*/*", 0},
        {"image/*", 0},
        {"application/*", 1},
        {"image/apng", 2},
        {"IMAGE/APNG", 2},
        {"image/apng;q=0.5, */*;q=0.1", 2},
        {"image/png;q=0.1, application/json", 1},
        {"image/png;q=0.5,application/json;q=0.5", 0},
        {"*/*;q=0.5, image/png;q=0", 1},
        {"image/*;q=0, */*", 1},
        {"image/png;q=0, image/*", 2},
        {"text/html, image/avif, image/*;q=0.8, */*;q=0.5", 0},
        {"text/html,application/xhtml+xml,image/avif,image/webp,image/apng,*/*;q=0.8", 2},
        {"application/json; charset=utf-8", 1},
        {"application/json;x=\"a,b;q=0\";q=1, image/png;q=0.9", 1},
        {" , ,application/json", 1},
        {"image/png;q=2, application/json;q=0.1", 1},
        {"image/png;q=x, application/json;q=0.1", 1},
        {"image/png;q=, application/json;q=0.001", 1},
        {"image/png;q=0.1234, application/json;q=0.1", 1},
        {"image/png;Q=0.1, application/json;q=0.2", 1},
        {"image/gif", -1},
        {"*/*;q=0", -1},
        {"image", -1},
        {"image/", -1},
        {"*", -1},
        {"*/png", -1},
        {";", -1},
        {"\"", -1},
        {"image/png;q=0.000", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int chosen = negotiate_type(cases[i].accept, offered, 3);
        if (chosen != cases[i].chosen)
            fail_msg("'%s' chose %d", cases[i].accept ? cases[i].accept : "NULL", chosen);
    }
}

static void test_nothing_offered(void **state)
{
    (void)state;
    assert_int_equal(negotiate_type(NULL, offered, 0), -1);
    assert_int_equal(negotiate_type("*/*", offered, 0), -1);
}

static void test_tags(void **state)
{
    (void)state;
    char empty[NEGOTIATE_ETAG_SIZE], other[NEGOTIATE_ETAG_SIZE];
    negotiate_etag("", 0, empty);
    negotiate_etag("x", 1, other);
    assert_string_equal(empty, "\"e3b0c44298fc1c149afbf4c8996fb924\"");
    assert_string_not_equal(empty, other);
}

static void test_lists_of_tags(void **state)
{
    (void)state;
    assert_false(negotiate_etag_listed(NULL, "\"a\""));
    assert_false(negotiate_etag_listed("", "\"a\""));
    assert_true(negotiate_etag_listed("*", "\"a\""));
    assert_true(negotiate_etag_listed("\"a\"", "\"a\""));
    assert_true(negotiate_etag_listed("W/\"a\"", "\"a\""));
    assert_true(negotiate_etag_listed(" \"b\" , W/\"c\",\"a\" ", "\"a\""));
    assert_true(negotiate_etag_listed("\"b,\\\"x\", \"a\"", "\"a\""));
    assert_false(negotiate_etag_listed("\"ab\"", "\"a\""));
    assert_false(negotiate_etag_listed("a", "\"a\""));
    assert_false(negotiate_etag_listed("\"a", "\"a\""));
    assert_false(negotiate_etag_listed("\"b,\"a\"", "\"a\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_nothing_offered),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_lists_of_tags),
    };
    return cmocka_run_group_tests_name("negotiate", tests, NULL, NULL);
}
