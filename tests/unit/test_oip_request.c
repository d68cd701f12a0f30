/* Inference requests: what is read of them, and that nothing wrong gets through. */
#include "api/oip_request.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct oip_model picture_model = {
    "see",
    "test",
    {"image", OIP_FP32, 3, {-1, 1, 2}},
    2,
    {{"image", OIP_FP32, 3, {-1, 1, 2}}, {"latent", OIP_UINT8, 3, {-1, -1, 4}}}};

static const struct oip_model sound_model = {
    "hear", "test", {"audio", OIP_BYTES, 1, {-1}}, 1, {{"image", OIP_FP32, 3, {-1, 1, 2}}}};

enum { ALLOWED = QUERY_SEED | QUERY_STEPS | QUERY_MIN_CONFIDENCE };

/* `tail` follows the JSON. */
static enum status read_both(const struct oip_model *model, const char *json, const void *tail,
                             size_t tail_size, struct oip_request *request, struct error *error)
{
    struct buf body;
    buf_init(&body, 65536);
    assert_int_equal(buf_append_string(&body, json), STATUS_OK);
    assert_int_equal(buf_append(&body, tail, tail_size), STATUS_OK);
    /* a block of exactly this size, so that a sanitizer sees a read beyond it */
    size_t size = body.size;
    uint8_t *bytes = mem_copy(body.bytes, size);
    assert_non_null(bytes);
    enum status status =
        oip_request_read(bytes, size, strlen(json), model, ALLOWED, request, error);
    if (status == STATUS_OK && request->files)
        for (uint32_t i = 0; i < request->batch; i++)
            if (request->files[i].size > 0)
                assert_true(request->files[i].bytes[request->files[i].size - 1] != 0);
    mem_free(bytes);
    buf_free(&body);
    return status;
}

static enum status read_json(const struct oip_model *model, const char *json,
                             struct oip_request *request, struct error *error)
{
    return read_both(model, json, "", 0, request, error);
}

static void test_reads_numbers(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"id\":\"x\",\"inputs\":[{\"name\":\"image\",\"shape\":[2,1,2],\"datatype\":\"FP32\","
        "\"data\":[0,0.2,1,1.0]}]}",
        "{\"id\":\"x\",\"inputs\":[{\"data\":[[[0,0.2]],[[1,1]]],\"datatype\":\"FP32\","
        "\"shape\":[2,1,2],\"name\":\"image\"}]}",
        "{\"id\":\"x\",\"outputs\":[],\"inputs\":[{\"name\":\"image\",\"shape\":[2,1,2],"
        "\"datatype\":\"UINT8\",\"data\":[0,51,255,255],\"parameters\":{\"content_type\":\"np\"}}]"
        "}",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct oip_request request;
        assert_int_equal(read_json(&picture_model, same[i], &request, NULL), STATUS_OK);
        assert_int_equal(request.batch, 2);
        assert_true(request.values[0] == 0 && request.values[1] == 0.2f && request.values[2] == 1 &&
                    request.values[3] == 1);
        assert_null(request.files);
        assert_true(request.has_id);
        assert_string_equal(request.id, "x");
        assert_int_equal(request.num_wanted, 2);
        assert_int_equal(request.wanted[1].index, 1);
        assert_false(request.wanted[1].binary);
        oip_request_free(&request);
    }
}

static void test_reads_parameters_and_outputs(void **state)
{
    (void)state;
    struct oip_request request;
    const char *json =
        "{\"parameters\":{\"seed\":9007199254740991,\"steps\":\"3\",\"binary_data_output\":true},"
        "\"outputs\":[{\"name\":\"latent\",\"parameters\":{\"binary_data\":false}},"
        "{\"name\":\"image\"}],\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,2],"
        "\"datatype\":\"UINT8\",\"data\":[7,8]}]}";
    assert_int_equal(read_json(&picture_model, json, &request, NULL), STATUS_OK);
    assert_false(request.has_id);
    assert_int_equal(request.query.given, QUERY_SEED | QUERY_STEPS);
    assert_int_equal(request.query.seed, 9007199254740991);
    assert_int_equal(request.query.steps, 3);
    assert_int_equal(request.num_wanted, 2);
    assert_int_equal(request.wanted[0].index, 1);
    assert_false(request.wanted[0].binary);
    assert_int_equal(request.wanted[1].index, 0);
    assert_true(request.wanted[1].binary);
    oip_request_free(&request);
}

static void test_reads_binary_numbers(void **state)
{
    (void)state;
    static const uint8_t floats[] = {0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f};
    struct oip_request request;
    const char *json = "{\"inputs\":[{\"name\":\"image\",\"shape\":[1,1,2],\"datatype\":\"FP32\","
                       "\"parameters\":{\"binary_data_size\":8}}]}";
    assert_int_equal(read_both(&picture_model, json, floats, 8, &request, NULL), STATUS_OK);
    assert_true(request.values[0] == 0.5f && request.values[1] == 1);
    oip_request_free(&request);
    static const uint8_t bad[][4] = {{0, 0, 0xc0, 0x7f},
                                     {0, 0, 0x80, 0x7f},
                                     {0, 0, 0x80, 0xff},
                                     {1, 0, 0x80, 0x3f},
                                     {1, 0, 0, 0x80}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t both[8] = {0};
        memcpy(both + 4, bad[i], 4);
        struct error error;
        assert_int_equal(read_both(&picture_model, json, both, 8, &request, &error),
                         STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(error.detail, "Element 1 of 'image'"));
        oip_request_free(&request);
    }
}

static void test_reads_files(void **state)
{
    (void)state;
    struct oip_request request;
    static const char *const same[] = {
        "{\"inputs\":[{\"name\":\"audio\",\"shape\":[2],\"datatype\":\"BYTES\",\"parameters\":"
        "{\"content_type\":\"base64\"},\"data\":[\"QUJD\",\"REU=\"]}]}",
        "{\"inputs\":[{\"name\":\"audio\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"parameters\":"
        "{\"content_type\":\"base64\"},\"data\":[[\"QUJD\"],[\"REU=\"]]}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_json(&sound_model, same[i], &request, NULL), STATUS_OK);
        assert_int_equal(request.files[0].size, 3);
        assert_memory_equal(request.files[0].bytes, "ABC", 3);
        assert_int_equal(request.files[1].size, 2);
        assert_memory_equal(request.files[1].bytes, "DE", 2);
        oip_request_free(&request);
    }
    const char *json = "{\"inputs\":[{\"name\":\"audio\",\"shape\":[3],\"datatype\":\"BYTES\","
                       "\"parameters\":{\"binary_data_size\":17}}]}";
    assert_int_equal(
        read_both(&sound_model, json, "\3\0\0\0ABC\0\0\0\0\2\0\0\0DE", 17, &request, NULL),
        STATUS_OK);
    assert_int_equal(request.batch, 3);
    assert_int_equal(request.files[0].size, 3);
    assert_int_equal(request.files[1].size, 0);
    assert_int_equal(request.files[2].size, 2);
    oip_request_free(&request);
}

/* A request whose input has this text behind its name; the size of binary data is 0 if none. */
static void assert_refused(const struct oip_model *model, const char *input, const void *tail,
                           size_t tail_size, const char *mentioned)
{
    char json[1024];
    struct error error = {STATUS_OK, ""};
    struct oip_request request;
    snprintf(json, sizeof json, "{\"inputs\":[{\"name\":\"%s\",%s}]}", model->input.name, input);
    enum status status = read_both(model, json, tail, tail_size, &request, &error);
    if (status != STATUS_MALFORMED && status != STATUS_INVALID_ARGUMENT)
        fail_msg("%s was taken", input);
    if (!strstr(error.detail, mentioned))
        fail_msg("%s: '%s', not '%s'", input, error.detail, mentioned);
    oip_request_free(&request);
}

static void test_refuses_inputs(void **state)
{
    (void)state;
#define SEE(shape, rest) "\"datatype\":\"FP32\",\"shape\":" shape "," rest
    static const struct {
        const char *input, *mentioned;
    } cases[] = {
        {SEE("[1,1,3]", "\"data\":[0,0,0]"), "shape of 'image' must be [n, 1, 2]"},
        {SEE("[0,1,2]", "\"data\":[]"), "from 1 to 64"},
        {SEE("[65,1,2]", "\"data\":[]"), "from 1 to 64"},
        {SEE("[4611686018427387904,1,2]", "\"data\":[]"), "from 1 to 64"},
        {SEE("[1,2]", "\"data\":[0,0]"), "must be [n, 1, 2]"},
        {SEE("[1,1,2]", "\"data\":[0]"), "does not have its shape"},
        {SEE("[1,1,2]", "\"data\":[[[0,0,0]]]"), "does not have its shape"},
        {SEE("[1,1,2]", "\"data\":[[0,0]]"), "does not have its shape"},
        {SEE("[1,1,2]", "\"data\":[0,[0]]"), "Element 1"},
        {SEE("[1,1,2]", "\"data\":[0,1.0000001]"), "from 0 to 1"},
        {SEE("[1,1,2]", "\"data\":[0,-1e-30]"), "from 0 to 1"},
        {SEE("[1,1,2]", "\"x\":1"), "either \"data\" or"},
        {SEE("[1,1,2]", "\"parameters\":{\"binary_data_size\":8}"), "0 bytes that follow"},
        {SEE("[1,1,2]", "\"data\":[0,0],\"parameters\":{\"binary_data_size\":0}"), "either"},
        {"\"shape\":[1,1,2],\"data\":[0,0]", "datatype"},
        {"\"datatype\":\"FP16\",\"shape\":[1,1,2],\"data\":[0,0]", "FP32 or UINT8"},
        {"\"datatype\":\"UINT8\",\"shape\":[1,1,2],\"data\":[0,256]", "from 0 to 255"},
        {"\"datatype\":\"UINT8\",\"shape\":[1,1,2],\"data\":[0,1.0]", "whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(&picture_model, cases[i].input, "", 0, cases[i].mentioned);
    assert_refused(&picture_model, SEE("[1,1,2]", "\"data\":[0,0]"), "x", 1, "lays claim");
    assert_refused(&picture_model, SEE("[1,1,2]", "\"parameters\":{\"binary_data_size\":7}"),
                   "1234567", 7, "its shape wants 8");
    assert_refused(&picture_model, SEE("[1,1,2]", "\"parameters\":{\"binary_data_size\":8}"),
                   "1234567", 7, "7 bytes that follow");
}

static void test_refuses_files(void **state)
{
    (void)state;
#define HEAR(rest)        "\"datatype\":\"BYTES\",\"shape\":[1]," rest
#define HEAR_BASE64(data) HEAR("\"parameters\":{\"content_type\":\"base64\"},\"data\":" data)
#define HEAR_BINARY(size) HEAR("\"parameters\":{\"binary_data_size\":" size "}")
    static const char *const texts[] = {
        "[\"\"]",     "[\"A\"]", "[\"AAA\"]", "[\"A===\"]",     "[\"====\"]",
        "[\"AA A\"]", "[7]",     "[null]",    "[\"AAAA====\"]", "[\"A\\u00e4A\"]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char input[256];
        snprintf(input, sizeof input, HEAR_BASE64("%s"), texts[i]);
        assert_refused(&sound_model, input, "", 0, "Element 0 of 'audio'");
    }
    assert_refused(&sound_model, HEAR("\"data\":[\"QUJD\"]"), "", 0, "content_type");
    assert_refused(&sound_model, HEAR_BASE64("[\"QUJD\",\"QUJD\"]"), "", 0, "its shape");
    assert_refused(&sound_model, HEAR_BINARY("0"), "", 0, "longer than");
    assert_refused(&sound_model, HEAR_BINARY("3"), "\0\0\0", 3, "longer than");
    assert_refused(&sound_model, HEAR_BINARY("5"), "\2\0\0\0A", 5, "longer than");
    assert_refused(&sound_model, HEAR_BINARY("5"),
                   "\xff\xff\xff\xff"
                   "A",
                   5, "longer than");
    assert_refused(&sound_model, HEAR_BINARY("6"), "\1\0\0\0AB", 6, "follow the last");
}

/* No beginning of a good request is one, and nothing reads beyond its end. */
static void test_refuses_every_beginning(void **state)
{
    (void)state;
    const char *whole =
        "{\"id\":\"x\",\"parameters\":{\"seed\":1},\"inputs\":[{\"name\":\"image\",\"shape\":"
        "[2,1,2],\"datatype\":\"FP32\",\"data\":[0,0.2,1,1.0]}],\"outputs\":[{\"name\":\"image\"}]"
        "}";
    for (size_t length = 0; length < strlen(whole); length++) {
        struct oip_request request;
        uint8_t *part = mem_copy(whole, length);
        assert_int_equal(
            oip_request_read(part, length, length, &picture_model, ALLOWED, &request, NULL),
            STATUS_MALFORMED);
        oip_request_free(&request);
        mem_free(part);
    }
}

static void test_sizes_of_the_json(void **state)
{
    (void)state;
    size_t size;
    assert_int_equal(oip_request_json_size(NULL, 10, &size, NULL), STATUS_OK);
    assert_int_equal(size, 10);
    assert_int_equal(oip_request_json_size("7", 10, &size, NULL), STATUS_OK);
    assert_int_equal(size, 7);
    static const char *const bad[] = {"",
                                      "11",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "x",
                                      "1, 1",
                                      "0x1",
                                      "18446744073709551617",
                                      "9999999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(oip_request_json_size(bad[i], 10, &size, NULL), STATUS_MALFORMED);
}

static void test_reads_real_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number; /* -1: refused */
    } cases[] = {{"0", 0},          {"1", 1},         {"0.25", 0.25}, {"2.5e-1", 0.25},
                 {"0.00001", 1e-5}, {"\"0.5\"", 0.5}, {"1.0", 1},     {"1.001", -1},
                 {"-0.1", -1},      {"1e300", -1},    {"true", 1},    {"\"x\"", -1},
                 {"null", -1},      {"[0.5]", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct oip_request request;
        char json[256];
        snprintf(json, sizeof json,
                 "{\"parameters\":{\"min_confidence\":%s},\"inputs\":[{\"name\":\"image\","
                 "\"shape\":[1,1,2],\"datatype\":\"FP32\",\"data\":[0,1]}]}",
                 cases[i].text);
        enum status status = read_json(&picture_model, json, &request, NULL);
        if ((status == STATUS_OK) != (cases[i].number >= 0))
            fail_msg("min_confidence %s gives %s", cases[i].text, status_name(status));
        if (status == STATUS_OK)
            assert_float_equal(request.query.min_confidence, cases[i].number, 1e-12);
        oip_request_free(&request);
    }
}

static int peek(const char *json)
{
    size_t size = strlen(json);
    uint8_t *bytes = mem_copy(json, size);
    assert_non_null(bytes);
    int timeout_ms = oip_request_peek_timeout(bytes, size);
    mem_free(bytes);
    return timeout_ms;
}

static void test_peeks_at_the_deadline(void **state)
{
    (void)state;
    assert_int_equal(peek("{\"parameters\":{\"timeout_ms\":250}}"), 250);
    assert_int_equal(peek("{\"inputs\":[],\"parameters\":{\"timeout_ms\":\"7\",\"x\":1}}"), 7);
    static const char *const none[] = {
        "{}",
        "x",
        "",
        "{\"timeout_ms\":250}",
        "{\"parameters\":1,\"timeout_ms\":250}",
        "{\"parameters\":{\"timeout_ms\":0}}",
        "{\"parameters\":{\"timeout_ms\":-1}}",
        "{\"parameters\":{\"timeout_ms\":600001}}",
        "{\"parameters\":{\"timeout_ms\":[250]}}",
        "{\"parameters\":{\"timeout_ms\":250}",
        "{\"inputs\":[{\"parameters\":{\"timeout_ms\":250}}]}",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(peek(none[i]), 0);
    assert_int_equal(oip_request_peek_timeout(NULL, 0), 0);
}

static void test_peeks_at_small_requests_alone(void **state)
{
    (void)state;
    enum { PEEKED = 64 * 1024 };
    static const char head[] = "{\"parameters\":{\"timeout_ms\":250}";
    char *json = mem_alloc(1, PEEKED + 2);
    assert_non_null(json);
    memset(json, ' ', PEEKED + 1);
    memcpy(json, head, sizeof head - 1);
    json[PEEKED - 1] = '}';
    assert_int_equal(oip_request_peek_timeout((uint8_t *)json, PEEKED), 250);
    json[PEEKED - 1] = ' ';
    json[PEEKED] = '}';
    assert_int_equal(oip_request_peek_timeout((uint8_t *)json, PEEKED + 1), 0);
    mem_free(json);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const char *json =
        "{\"inputs\":[{\"name\":\"audio\",\"shape\":[2],\"datatype\":\"BYTES\","
        "\"parameters\":{\"content_type\":\"base64\"},\"data\":[\"QUJD\",\"REU=\"]}]}";
    enum status status = STATUS_NO_MEMORY;
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        struct oip_request request;
        mem_fail_after(allowed);
        status = oip_request_read((const uint8_t *)json, strlen(json), strlen(json), &sound_model,
                                  0, &request, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 20);
        oip_request_free(&request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_numbers),
        cmocka_unit_test(test_reads_parameters_and_outputs),
        cmocka_unit_test(test_reads_binary_numbers),
        cmocka_unit_test(test_reads_files),
        cmocka_unit_test(test_refuses_inputs),
        cmocka_unit_test(test_refuses_files),
        cmocka_unit_test(test_refuses_every_beginning),
        cmocka_unit_test(test_sizes_of_the_json),
        cmocka_unit_test(test_reads_real_numbers),
        cmocka_unit_test(test_peeks_at_the_deadline),
        cmocka_unit_test(test_peeks_at_small_requests_alone),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("oip_request", tests, NULL, NULL);
}
