/* Lists of origins. */
#include "server/cors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_allows(void **state)
{
    (void)state;
    static const char list[] = "https://a.example,http://b.example:80,http://[::1]:8080";
    assert_int_equal(cors_check_list(list, NULL), STATUS_OK);
    assert_true(cors_allows(list, "https://a.example"));
    assert_true(cors_allows(list, "http://b.example:80"));
    assert_true(cors_allows(list, "http://[::1]:8080"));
    static const char *const others[] = {NULL,
                                         "",
                                         "null",
                                         "https://a.exampl",
                                         "https://a.example.org",
                                         "http://a.example",
                                         "http://b.example",
                                         "https://a.example,http://b.example:80",
                                         ",",
                                         "HTTPS://A.EXAMPLE"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(cors_allows(list, others[i]));
}

static void test_refuses_lists(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "*",
                                      "null",
                                      ",",
                                      "https://",
                                      "https://a.example,",
                                      ",https://a.example",
                                      "a.b",
                                      "file:/",
                                      "https://a.example https://b.example",
                                      "https://a.example/",
                                      "https://a.example;https://b.example",
                                      "https://\xc3\xa4.example"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {0};
        if (cors_check_list(bad[i], &error) != STATUS_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(strlen(error.detail) > 0);
    }
}

static void test_list_fields(void **state)
{
    (void)state;
    struct http_reply reply = {0};
    http_reply_add_to(&reply, "Vary", "Origin");
    http_reply_header(&reply, "ETag", "x");
    http_reply_add_to(&reply, "Vary", "Accept");
    assert_int_equal(reply.num_headers, 2);
    assert_string_equal(reply.headers[0].value, "Origin, Accept");
    for (int i = 0; i < 1000; i++)
        http_reply_add_to(&reply, "Vary", "Accept");
    assert_int_equal(reply.num_headers, 2);
    assert_int_equal(strlen(reply.headers[0].value), HTTP_HEADER_VALUE_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allows),
        cmocka_unit_test(test_refuses_lists),
        cmocka_unit_test(test_list_fields),
    };
    return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}
