/* Where a request ends: one clear answer or none. */
#include "server/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum status read_head(const char *coding, int codings, const char *length, int lengths,
                             struct framing *framing)
{
    const struct framing_head head = {.host = {"x", 1},
                                      .transfer_encoding = {coding, codings},
                                      .content_length = {length, lengths}};
    return framing_read(&head, framing, NULL);
}

static void test_takes(void **state)
{
    (void)state;
    struct framing framing;
    assert_int_equal(read_head(NULL, 0, NULL, 0, &framing), STATUS_OK);
    assert_false(framing.has_body);
    assert_int_equal(read_head(NULL, 0, "0", 1, &framing), STATUS_OK);
    assert_false(framing.has_body);
    assert_int_equal(read_head(NULL, 0, "16777217", 1, &framing), STATUS_OK);
    assert_true(framing.has_body);
    assert_int_equal(framing.length, 16777217);
    assert_int_equal(read_head("Chunked", 1, NULL, 0, &framing), STATUS_OK);
    assert_true(framing.has_body);
    assert_int_equal(framing.length, 0);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const lengths[] = {"",
                                          " 1",
                                          "1 ",
                                          "+1",
                                          "-1",
                                          "0x1",
                                          "1.0",
                                          "1,1",
                                          "1e1",
                                          "1, 1",
                                          "many",
                                          NULL,
                                          "1000000000000000000000"};
    static const char *const codings[] = {
        "",         "gzip", "chunked, gzip", "gzip, chunked", "chunked ", "\"chunked\"", "identity",
        "xchunked", NULL};
    struct framing framing;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        assert_int_equal(read_head(NULL, 0, lengths[i], 1, &framing), STATUS_MALFORMED);
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        assert_int_equal(read_head(codings[i], 1, NULL, 0, &framing), STATUS_MALFORMED);
    assert_int_equal(read_head(NULL, 0, "1, 1", 2, &framing), STATUS_MALFORMED);
    assert_int_equal(read_head("chunked, chunked", 2, NULL, 0, &framing), STATUS_MALFORMED);
    assert_int_equal(read_head("chunked", 1, "1", 1, &framing), STATUS_MALFORMED);
    assert_int_equal(read_head("chunked", 1, "0", 1, &framing), STATUS_MALFORMED);
}

static void test_wants_one_host(void **state)
{
    (void)state;
    struct framing framing;
    struct framing_head head = {.http_1_0 = true};
    assert_int_equal(framing_read(&head, &framing, NULL), STATUS_OK);
    head.http_1_0 = false;
    assert_int_equal(framing_read(&head, &framing, NULL), STATUS_MALFORMED);
    head.host = (struct framing_field){"", 1};
    assert_int_equal(framing_read(&head, &framing, NULL), STATUS_OK);
    head.host = (struct framing_field){"a, b", 2};
    assert_int_equal(framing_read(&head, &framing, NULL), STATUS_MALFORMED);
}

static void test_refuses_chunks_in_http_1_0(void **state)
{
    (void)state;
    struct framing framing;
    const struct framing_head head = {.transfer_encoding = {"chunked", 1}, .http_1_0 = true};
    assert_int_equal(framing_read(&head, &framing, NULL), STATUS_MALFORMED);
}

static void test_tells_unclean_lines(void **state)
{
    (void)state;
    static const char *const names[] = {"", " ", "A ", " A", "A\t", "A B", "A(", "\xc3\xa4", "A\r"};
    assert_true(framing_is_clean("X-Y_z.1~", "a\tb \xc3\xa4", 6));
    assert_true(framing_is_clean("A", NULL, 0));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(framing_is_clean(names[i], "", 0));
    for (int c = 0; c < 0x100; c++) {
        const char value[] = {'a', (char)c, 'b'};
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        assert_int_equal(framing_is_clean("A", value, sizeof value), !control);
    }
}

static void test_splits_targets(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"/", "/", ""},
        {"/a?b=c", "/a", "b=c"},
        {"/a?", "/a", ""},
        {"/a?b?c", "/a", "b?c"},
        {"*", "*", ""},
        {"", "", ""},
        {"http://host/a?b", "/a", "b"},
        {"HTTP://host:80/a", "/a", ""},
        {"http://host", "/", ""},
        {"http://host?b=/c", "/", "b=/c"},
        {"http://", "/", ""},
        {"/http://x", "/http://x", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[64];
        const char *path, *query;
        strcpy(target, cases[i].target);
        framing_split_target(target, &path, &query);
        assert_string_equal(path, cases[i].path);
        assert_string_equal(query, cases[i].query);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_wants_one_host),
        cmocka_unit_test(test_refuses_chunks_in_http_1_0),
        cmocka_unit_test(test_tells_unclean_lines),
        cmocka_unit_test(test_splits_targets),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
