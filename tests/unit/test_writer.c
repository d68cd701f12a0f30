/* JSON as text: what is written reads back as what was meant, and the first failure sticks. */
#include "api/base64.h"
#include "api/problem.h"
#include "api/writer.h"
#include "core/base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

enum { ROOM = 4096 };

static void write_everything(struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "text", "a\"b\\c\n\t\x01\x7f \xc3\xa4 \xf0\x9f\x8e\xb5");
    writer_integer(writer, "zero", 0);
    writer_integer(writer, "largest", (UINT64_C(1) << 53) - 1);
    writer_number(writer, "tenth", 0.1);
    writer_number(writer, "third", 1.0 / 3);
    writer_number(writer, "nothing", NAN);
    writer_bool(writer, "yes", true);
    writer_raw(writer, "raw", "{\"a\":[]}");
    writer_array(writer, "pairs");
    writer_pair(writer, 0, 4294967295u);
    writer_pair(writer, 12, 3);
    writer_end_array(writer);
    writer_object(writer, "empty");
    writer_end_object(writer);
    writer_base64(writer, "bytes", (const uint8_t *)"\0\xff\x10", 3);
    writer_end_object(writer);
}

static void test_reads_back(void **state)
{
    (void)state;
    struct buf buf;
    struct writer writer;
    buf_init(&buf, ROOM);
    writer_init(&writer, &buf);
    write_everything(&writer);
    assert_int_equal(writer.status, STATUS_OK);
    json_t *root = json_loadb((char *)buf.bytes, buf.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_object_size(root), 11);
    assert_string_equal(json_string_value(json_object_get(root, "text")),
                        "a\"b\\c\n\t\x01\x7f \xc3\xa4 \xf0\x9f\x8e\xb5");
    assert_true(json_integer_value(json_object_get(root, "largest")) == 9007199254740991);
    assert_true(json_real_value(json_object_get(root, "third")) == 1.0 / 3);
    assert_true(json_is_null(json_object_get(root, "nothing")));
    json_t *pair = json_array_get(json_object_get(root, "pairs"), 0);
    assert_true(json_integer_value(json_array_get(pair, 1)) == 4294967295);
    assert_string_equal(json_string_value(json_object_get(root, "bytes")), "AP8Q");
    assert_non_null(strstr((char *)buf.bytes, "\"tenth\":0.1,"));
    json_decref(root);
    buf_free(&buf);
}

static void test_thousandths(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } cases[] = {{0, "0"},          {7, "0.007"},
                 {70, "0.07"},      {700, "0.7"},
                 {1000, "1"},       {1020, "1.02"},
                 {12345, "12.345"}, {999999, "999.999"},
                 {1000000, "1000"}, {UINT64_MAX, "18446744073709551.615"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf buf;
        struct writer writer;
        buf_init(&buf, ROOM);
        writer_init(&writer, &buf);
        writer_thousandths(&writer, NULL, cases[i].value);
        assert_int_equal(writer.status, STATUS_OK);
        assert_string_equal((char *)buf.bytes, cases[i].text);
        buf_free(&buf);
    }
}

static void test_damaged_text_stays_json(void **state)
{
    (void)state;
    static const char *const damaged[] = {"\xff",
                                          "\xc0\x80",
                                          "\xed\xa0\x80",
                                          "\xe4\xb8",
                                          "\xf5\x80\x80\x80",
                                          "\xf0\x80\x80\x80",
                                          "\xf4\x90\x80\x80",
                                          "\x80"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct buf buf;
        struct writer writer;
        buf_init(&buf, ROOM);
        writer_init(&writer, &buf);
        writer_string(&writer, NULL, damaged[i]);
        json_t *text = json_loadb((char *)buf.bytes, buf.size, JSON_DECODE_ANY, NULL);
        assert_non_null(text);
        assert_int_equal(strncmp(json_string_value(text), "\xef\xbf\xbd", 3), 0);
        json_decref(text);
        buf_free(&buf);
    }
}

static void test_first_failure_sticks(void **state)
{
    (void)state;
    struct writer writer;
    struct buf buf;
    size_t whole;
    buf_init(&buf, ROOM);
    writer_init(&writer, &buf);
    write_everything(&writer);
    whole = buf.size;
    buf_free(&buf);
    for (size_t cap = 0; cap < whole; cap++) {
        buf_init(&buf, cap);
        writer_init(&writer, &buf);
        write_everything(&writer);
        assert_int_equal(writer.status, STATUS_TOO_LARGE);
        buf_free(&buf);
    }
    buf_init(&buf, ROOM);
    writer_init(&writer, &buf);
    mem_fail_after(0);
    write_everything(&writer);
    mem_fail_never();
    assert_int_equal(writer.status, STATUS_NO_MEMORY);
    buf_free(&buf);
}

static void test_base64_both_ways(void **state)
{
    (void)state;
    uint8_t bytes[100], back[100];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct buf text;
        buf_init(&text, ROOM);
        assert_int_equal(base64_append(&text, bytes, size), STATUS_OK);
        assert_int_equal(text.size, (size + 2) / 3 * 4);
        const char *characters = text.bytes ? (const char *)text.bytes : "";
        assert_int_equal(base64_decode(characters, text.size, back, size, NULL), STATUS_OK);
        assert_memory_equal(back, bytes, size);
        assert_int_equal(base64_decode(characters, text.size, back, size + 1, NULL),
                         STATUS_MALFORMED);
        if (size > 0)
            assert_int_equal(base64_decode(characters, text.size - 1, back, size, NULL),
                             STATUS_MALFORMED);
        buf_free(&text);
    }
    assert_int_equal(base64_decode("AP8!", 4, back, 3, NULL), STATUS_MALFORMED);
    assert_int_equal(base64_decode("AP8", 3, back, 3, NULL), STATUS_MALFORMED);
}

static void test_every_outcome_is_a_problem(void **state)
{
    (void)state;
    for (int status = STATUS_OK + 1; status < STATUS_COUNT; status++) {
        struct error error;
        struct buf buf;
        buf_init(&buf, ROOM);
        error_set(&error, (enum status)status, "The \"detail\" of %d.", status);
        assert_int_equal(problem_write(&error, &buf), STATUS_OK);
        json_t *root = json_loadb((char *)buf.bytes, buf.size, 0, NULL);
        assert_non_null(root);
        assert_int_equal(json_integer_value(json_object_get(root, "status")),
                         status_http_code((enum status)status));
        assert_string_equal(json_string_value(json_object_get(root, "detail")), error.detail);
        assert_string_not_equal(json_string_value(json_object_get(root, "title")), "Error");
        assert_string_equal(json_string_value(json_object_get(root, "type")), "about:blank");
        json_decref(root);
        buf_free(&buf);
    }
    assert_string_equal(problem_phrase(1), "Error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_back),
        cmocka_unit_test(test_thousandths),
        cmocka_unit_test(test_damaged_text_stays_json),
        cmocka_unit_test(test_first_failure_sticks),
        cmocka_unit_test(test_base64_both_ways),
        cmocka_unit_test(test_every_outcome_is_a_problem),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
