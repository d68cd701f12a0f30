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
    return framing_read((struct framing_field){coding, codings},
                        (struct framing_field){length, lengths}, framing, NULL);
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
        cmocka_unit_test(test_splits_targets),
    };
    return cmocka_run_group_tests_name("framing", tests, NULL, NULL);
}
