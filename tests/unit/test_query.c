/* Query parameters: each has its domain, and what is not in the table is refused. */
#include "api/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const unsigned all = QUERY_MODEL | QUERY_SEED | QUERY_STEPS | QUERY_SCALE | QUERY_FRAMES |
                            QUERY_POLARITY | QUERY_ENCODING | QUERY_TIMEOUT_MS | QUERY_STYLE |
                            QUERY_MIN_CONFIDENCE | QUERY_SPLIT | QUERY_INPUT;

static struct query parsed(const char *text)
{
    struct query query;
    struct error error = {0};
    if (query_parse(text, all, &query, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.detail);
    return query;
}

static void test_nothing_gives_defaults(void **state)
{
    (void)state;
    struct query query = parsed("");
    assert_int_equal(query.given, 0);
    assert_int_equal(query.scale, 1);
    assert_int_equal(query.steps, 0);
    assert_false(query.frames);
    assert_int_equal(query.polarity, QUERY_POLARITY_KEEP);
    assert_int_equal(query.encoding, QUERY_ENCODING_AER);
    assert_true(query.style == 0 && query.min_confidence == 0);
}

static void test_reads_all(void **state)
{
    (void)state;
    struct query query = parsed("model=speech-digits&seed=9007199254740991&steps=7&scale=32&"
                                "frames=1&polarity=auto&encoding=bitmap&timeout_ms=600000&"
                                "style=9007199254740991&min_confidence=0.75&split=1&input=1");
    assert_int_equal(query.given, all);
    assert_string_equal(query.model, "speech-digits");
    assert_true(query.seed == UINT64_C(9007199254740991));
    assert_int_equal(query.steps, 7);
    assert_int_equal(query.scale, 32);
    assert_true(query.frames);
    assert_int_equal(query.polarity, QUERY_POLARITY_AUTO);
    assert_int_equal(query.encoding, QUERY_ENCODING_BITMAP);
    assert_int_equal(query.timeout_ms, 600000);
    assert_true(query.style == UINT64_C(9007199254740991));
    assert_true(query.min_confidence == 0.75);
    assert_true(query.split);
    assert_true(query.input);
}

static void test_undoes_percent_encoding(void **state)
{
    (void)state;
    struct query query = parsed("%6dodel=%61%2D%62&seed=%30");
    assert_string_equal(query.model, "a-b");
    assert_true(query.given & QUERY_SEED);
    assert_int_equal(query.seed, 0);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "seed",
        "seed=",
        "=1",
        "=",
        "&",
        "&seed=1",
        "seed=1&",
        "seed=1&&scale=1",
        "seed=1&seed=1",
        "seed=-1",
        "seed=+1",
        "seed= 1",
        "seed=1.0",
        "seed=1e3",
        "seed=0x1",
        "seed=9007199254740992",
        "seed=18446744073709551616",
        "seed=00000000000000001",
        "steps=0",
        "steps=2147483648",
        "scale=0",
        "scale=33",
        "frames=2",
        "frames=true",
        "polarity=Keep",
        "polarity=",
        "encoding=AER",
        "timeout_ms=0",
        "timeout_ms=600001",
        "model=",
        "model=.",
        "model=.a",
        "model=a/b",
        "model=a%2fb",
        "model=a%00",
        "model=a%0a",
        "model=a+b",
        "model=%c3%a4",
        "model=%",
        "model=%4",
        "model=%4g",
        "model=%g4",
        "Seed=1",
        "style=x",
        "style=-1",
        "style=9007199254740992",
        "min_confidence=",
        "min_confidence=1.01",
        "min_confidence=-0.1",
        "min_confidence=1e-1",
        "min_confidence=0.5.",
        "min_confidence=.",
        "min_confidence=nan",
        "min_confidence=0,5",
        "split=2",
        "split=",
        "input=2",
        "input=",
        "Style=1",
        "seed%00=1",
        "seed=1;scale=2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct query query;
        struct error error = {0};
        if (query_parse(bad[i], all, &query, &error) != STATUS_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(error.status, STATUS_INVALID_ARGUMENT);
        assert_true(strlen(error.detail) > 0);
    }
}

static void test_refuses_what_the_route_does_not_take(void **state)
{
    (void)state;
    struct query query;
    struct error error;
    assert_int_equal(query_parse("seed=1", all & ~(unsigned)QUERY_SEED, &query, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "'seed'"));
    assert_int_equal(query_parse("", 0, &query, NULL), STATUS_OK);
}

static void test_bounds_lengths(void **state)
{
    (void)state;
    char text[400];
    struct query query;
    for (int length = 60; length < 300; length++) {
        snprintf(text, sizeof text, "model=%0*d", length, 0);
        enum status wanted = length < QUERY_MODEL_SIZE ? STATUS_OK : STATUS_INVALID_ARGUMENT;
        assert_int_equal(query_parse(text, all, &query, NULL), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_gives_defaults),
        cmocka_unit_test(test_reads_all),
        cmocka_unit_test(test_undoes_percent_encoding),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refuses_what_the_route_does_not_take),
        cmocka_unit_test(test_bounds_lengths),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
