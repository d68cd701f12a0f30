/* The container byte by byte: what it writes, and every way of being damaged. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "models/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_SIZE = 4096 };

/* A file of this header and `data_size` bytes of data; its size. */
static size_t make_file(const char *header, size_t data_size, uint8_t bytes[FILE_SIZE])
{
    uint64_t length = strlen(header);
    assert_true(8 + length + data_size <= FILE_SIZE);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    for (size_t i = 0; i < data_size; i++)
        bytes[8 + length + i] = (uint8_t)i;
    return 8 + length + data_size;
}

/* Parses a copy of exactly that size, so that a sanitizer sees a step beyond. */
static enum status parse(const uint8_t *bytes, size_t size, struct safetensors *file,
                         struct error *error)
{
    static uint8_t *copy;
    free(copy);
    copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return safetensors_parse(copy, size, file, error);
}

static void assert_bad(const char *header, size_t data_size)
{
    static struct safetensors file;
    uint8_t bytes[FILE_SIZE];
    struct error error = {STATUS_OK, ""};
    assert_int_equal(parse(bytes, make_file(header, data_size, bytes), &file, &error),
                     STATUS_BAD_CHECKPOINT);
    assert_int_equal(error.status, STATUS_BAD_CHECKPOINT);
    assert_true(strlen(error.detail) > 10);
    assert_null(file.metadata_json);
    assert_int_equal(file.num_tensors, 0);
}

#define TENSOR(name, dtype, shape, begin, end)                                                     \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin "," end   \
    "]}"

static const char two_tensors[] = "{" TENSOR("b", "U8", "[3]", "8", "11") "," TENSOR(
    "a", "F32", "[1,2]", "0", "8") ",\"__metadata__\":{\"k\":\"v\"}}  ";

static void test_reads(void **state)
{
    (void)state;
    static struct safetensors file;
    uint8_t bytes[FILE_SIZE];
    const void *found;
    const uint64_t shape[] = {1, 2}, other[] = {2, 1};
    assert_int_equal(parse(bytes, make_file(two_tensors, 11, bytes), &file, NULL), STATUS_OK);
    assert_int_equal(file.num_tensors, 2);
    assert_string_equal(file.metadata_json, "{\"k\":\"v\"}");
    assert_int_equal(safetensors_find(&file, "b")->size, 3);
    assert_null(safetensors_find(&file, "c"));
    assert_int_equal(safetensors_expect(&file, "a", SAFETENSORS_F32, 2, shape, &found, NULL),
                     STATUS_OK);
    assert_int_equal(((const uint8_t *)found)[7], 7);
    struct error error;
    assert_int_equal(safetensors_expect(&file, "c", SAFETENSORS_F32, 2, shape, &found, &error),
                     STATUS_BAD_CHECKPOINT);
    assert_non_null(strstr(error.detail, "\"c\""));
    assert_int_equal(safetensors_expect(&file, "a", SAFETENSORS_F64, 2, shape, &found, &error),
                     STATUS_BAD_CHECKPOINT);
    assert_int_equal(safetensors_expect(&file, "a", SAFETENSORS_F32, 2, other, &found, &error),
                     STATUS_BAD_CHECKPOINT);
    assert_int_equal(safetensors_expect(&file, "a", SAFETENSORS_F32, 1, shape, &found, &error),
                     STATUS_BAD_CHECKPOINT);
    safetensors_free(&file);
    safetensors_free(&file);
}

static void test_empty_containers(void **state)
{
    (void)state;
    static struct safetensors file;
    uint8_t bytes[FILE_SIZE];
    assert_int_equal(parse(bytes, make_file("{}", 0, bytes), &file, NULL), STATUS_OK);
    assert_int_equal(file.num_tensors, 0);
    assert_string_equal(file.metadata_json, "{}");
    safetensors_free(&file);
    static const char nothing[] =
        "{" TENSOR("a", "F64", "[0,5]", "0", "0") "," TENSOR("b", "U8", "[2]", "0", "2") "}";
    assert_int_equal(parse(bytes, make_file(nothing, 2, bytes), &file, NULL), STATUS_OK);
    assert_int_equal(file.num_tensors, 2);
    safetensors_free(&file);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    static struct safetensors file;
    uint8_t bytes[FILE_SIZE];
    size_t size = make_file(two_tensors, 11, bytes);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(parse(bytes, cut, &file, NULL), STATUS_BAD_CHECKPOINT);
    bytes[size] = 0;
    assert_int_equal(parse(bytes, size + 1, &file, NULL), STATUS_BAD_CHECKPOINT);
}

static void test_lengths_of_the_header(void **state)
{
    (void)state;
    static struct safetensors file;
    static const uint64_t lengths[] = {UINT64_MAX,
                                       UINT64_MAX - 7,
                                       (uint64_t)1 << 63,
                                       (uint64_t)1 << 32,
                                       SAFETENSORS_MAX_HEADER + 1,
                                       100,
                                       0,
                                       1};
    uint8_t bytes[FILE_SIZE];
    size_t size = make_file("{}", 1, bytes);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memcpy(bytes, &lengths[i], 8);
        assert_int_equal(parse(bytes, size, &file, NULL), STATUS_BAD_CHECKPOINT);
    }
}

static void test_headers_that_are_no_header(void **state)
{
    (void)state;
    static const char *const headers[] = {"",
                                          " ",
                                          "[]",
                                          "1",
                                          "null",
                                          "\"\"",
                                          "{",
                                          "{}x",
                                          "{\"a\":1}",
                                          "{\"a\":null}",
                                          "{\"a\":[]}",
                                          "{\"a\":{}}",
                                          "{\"__metadata__\":1}",
                                          "{\"__metadata__\":[]}",
                                          "{\"__metadata__\":null}",
                                          "{\"__metadata__\":{\"k\":1}}",
                                          "{\"__metadata__\":{\"k\":{}}}",
                                          "{\"__metadata__\":{},\"__metadata__\":{}}",
                                          "{\"\\u0000\":{}}",
                                          "{\"\xff\":{}}"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_bad(headers[i], 0);
}

static void test_tensors_out_of_place(void **state)
{
    (void)state;
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "," TENSOR("b", "U8", "[4]", "3", "7") "}",
               7);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "," TENSOR("b", "U8", "[4]", "0", "4") "}",
               4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "," TENSOR("b", "U8", "[2]", "1", "3") "}",
               4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "," TENSOR("b", "U8", "[4]", "5", "9") "}",
               9);
    assert_bad("{" TENSOR("a", "U8", "[4]", "1", "5") "}", 5);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "}", 5);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "}", 3);
    assert_bad("{" TENSOR("a", "U8", "[4]", "4", "0") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "-4", "0") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[0]", "4", "4") "}", 3);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "9223372036854775807") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "9223372036854775808") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4.0") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4,5") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4]", "0", "4") "," TENSOR("a", "U8", "[4]", "4", "8") "}",
               8);
}

static void test_shapes_and_types(void **state)
{
    (void)state;
    assert_bad("{" TENSOR("a", "U8", "[5]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "F32", "[4]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "F16", "[2]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "f32", "[1]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "", "[1]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[-4]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[-2,-2]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "4", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4.0]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[1,1,1,1,4]", "0", "4") "}", 4);
    /* products that wrap around to 4 and to 0 */
    assert_bad("{" TENSOR("a", "F32", "[4611686018427387905]", "0", "4") "}", 4);
    assert_bad("{" TENSOR("a", "U8", "[4294967296,4294967296]", "0", "0") "}", 0);
    assert_bad("{" TENSOR("a", "F64", "[2305843009213693952]", "0", "0") "}", 0);
}

static void test_names(void **state)
{
    (void)state;
    char header[400], name[80];
    memset(name, 'n', sizeof name);
    name[SAFETENSORS_NAME_SIZE] = '\0';
    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", name);
    assert_bad(header, 0);
}

static void test_deep_nesting(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    static struct safetensors file;
    static uint8_t bytes[8 + 5 + 2 * DEPTH + 1];
    uint64_t length = 5 + DEPTH;
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, "{\"a\":", 5);
    memset(bytes + 13, '[', DEPTH);
    assert_int_equal(parse(bytes, 13 + DEPTH, &file, NULL), STATUS_BAD_CHECKPOINT);
    length = 5 + 2 * DEPTH + 1;
    memcpy(bytes, &length, 8);
    memset(bytes + 13 + DEPTH, ']', DEPTH);
    bytes[13 + 2 * DEPTH] = '}';
    assert_int_equal(parse(bytes, sizeof bytes, &file, NULL), STATUS_BAD_CHECKPOINT);
}

static void test_too_many_tensors(void **state)
{
    (void)state;
    static struct safetensors file;
    struct buf header;
    buf_init(&header, 1 << 20);
    uint64_t length = 0;
    buf_append(&header, &length, 8);
    for (int i = 0; i <= SAFETENSORS_MAX_TENSORS; i++)
        buf_printf(&header, "%s\"t%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                   i ? "," : "{", i);
    buf_append_string(&header, "}");
    length = header.size - 8;
    memcpy(header.bytes, &length, 8);
    assert_int_equal(parse(header.bytes, header.size, &file, NULL), STATUS_BAD_CHECKPOINT);
    buf_free(&header);
}

static void test_written_bytes(void **state)
{
    (void)state;
    static struct safetensors file;
    static const char expected[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"F32\",\"shape\":[2,1],"
        "\"data_offsets\":[0,8]},\"u\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[8,16]}}";
    const float weights[] = {1.5f, -2};
    const uint64_t number = 77, one = 1, shape[] = {2, 1};
    struct buf out;
    buf_init(&out, FILE_SIZE);
    memset(&file, 0, sizeof file);
    file.metadata_json = mem_copy_string("{\"k\":\"v\"}");
    assert_int_equal(safetensors_add(&file, "w", SAFETENSORS_F32, 2, shape, weights, NULL),
                     STATUS_OK);
    assert_int_equal(safetensors_add(&file, "u", SAFETENSORS_U64, 1, &one, &number, NULL),
                     STATUS_OK);
    assert_int_equal(safetensors_write(&file, &out, NULL), STATUS_OK);
    safetensors_free(&file);
    uint64_t length;
    memcpy(&length, out.bytes, 8);
    assert_int_equal(length % 8, 0);
    assert_int_equal(out.size, 8 + length + 16);
    assert_memory_equal(out.bytes + 8, expected, strlen(expected));
    for (size_t i = strlen(expected); i < length; i++)
        assert_int_equal(out.bytes[8 + i], ' ');
    assert_memory_equal(out.bytes + 8 + length, weights, 8);
    assert_memory_equal(out.bytes + 16 + length, &number, 8);
    assert_int_equal(safetensors_parse(out.bytes, out.size, &file, NULL), STATUS_OK);
    assert_int_equal(file.num_tensors, 2);
    safetensors_free(&file);
    buf_free(&out);
}

static void test_limits_of_writing(void **state)
{
    (void)state;
    static struct safetensors file;
    const uint64_t zero[5] = {0};
    struct error error;
    struct buf out;
    char name[SAFETENSORS_NAME_SIZE + 1];
    memset(name, 'n', sizeof name);
    name[SAFETENSORS_NAME_SIZE] = '\0';
    memset(&file, 0, sizeof file);
    assert_int_equal(safetensors_add(&file, name, SAFETENSORS_U8, 1, zero, "", &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(safetensors_add(&file, "a", SAFETENSORS_U8, 5, zero, "", &error),
                     STATUS_INVALID_ARGUMENT);
    for (int i = 0; i < SAFETENSORS_MAX_TENSORS; i++)
        assert_int_equal(safetensors_add(&file, "a", SAFETENSORS_U8, 1, zero, "", &error),
                         STATUS_OK);
    assert_int_equal(safetensors_add(&file, "a", SAFETENSORS_U8, 1, zero, "", &error),
                     STATUS_INVALID_ARGUMENT);
    /* a header that could not be read again is not written */
    file.num_tensors = 0;
    file.metadata_json = mem_alloc(SAFETENSORS_MAX_HEADER + 16, 1);
    memset(file.metadata_json, 'x', SAFETENSORS_MAX_HEADER + 8);
    memcpy(file.metadata_json, "{\"k\":\"", 6);
    memcpy(file.metadata_json + SAFETENSORS_MAX_HEADER + 6, "\"}", 3);
    buf_init(&out, 4 * SAFETENSORS_MAX_HEADER);
    assert_int_equal(safetensors_write(&file, &out, &error), STATUS_TOO_LARGE);
    assert_int_equal(error.status, STATUS_TOO_LARGE);
    buf_free(&out);
    /* nor a file beyond the buffer's cap */
    safetensors_free(&file);
    buf_init(&out, 100);
    const uint64_t shape = 100;
    uint8_t data[100] = {0};
    assert_int_equal(safetensors_add(&file, "a", SAFETENSORS_U8, 1, &shape, data, NULL), STATUS_OK);
    assert_int_equal(safetensors_write(&file, &out, &error), STATUS_TOO_LARGE);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_empty_containers),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_lengths_of_the_header),
        cmocka_unit_test(test_headers_that_are_no_header),
        cmocka_unit_test(test_tensors_out_of_place),
        cmocka_unit_test(test_shapes_and_types),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_too_many_tensors),
        cmocka_unit_test(test_written_bytes),
        cmocka_unit_test(test_limits_of_writing),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
