/* The spike latent: written and read back in both forms, and strangers' JSON refused. */
#include "api/image_reply.h"
#include "api/latent.h"
#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void make(struct latent *latent, uint32_t num_steps, uint32_t num_units, unsigned every)
{
    assert_int_equal(latent_init(latent, num_steps, num_units, NULL), STATUS_OK);
    strcpy(latent->model, "mnist-ae");
    latent->modality = "image";
    latent->dt_ms = 1;
    latent->has_seed = true;
    latent->seed = 42;
    for (uint32_t cell = 0; cell < num_steps * num_units; cell += every)
        latent_set(latent, cell / num_units, cell % num_units);
}

static void write(const struct latent *latent, enum query_encoding encoding, struct buf *json)
{
    struct writer writer;
    buf_init(json, 1 << 24);
    writer_init(&writer, json);
    latent_write(latent, encoding, NULL, &writer);
    assert_int_equal(writer.status, STATUS_OK);
}

static void test_known_text(void **state)
{
    (void)state;
    struct latent latent;
    struct buf json;
    make(&latent, 2, 10, 19);
    write(&latent, QUERY_ENCODING_AER, &json);
    assert_string_equal((char *)json.bytes,
                        "{\"model\":\"mnist-ae\",\"modality\":\"image\",\"num_units\":10,"
                        "\"num_steps\":2,\"dt_ms\":1,\"seed\":42,\"encoding\":\"aer\","
                        "\"events\":[[0,0],[1,9]],\"counts\":[1,0,0,0,0,0,0,0,0,1]}");
    buf_free(&json);
    write(&latent, QUERY_ENCODING_BITMAP, &json);
    /* 01 00 00 02: unit 0 of step 0 is bit 0 of byte 0, unit 9 of step 1 bit 1 of byte 3 */
    assert_non_null(strstr((char *)json.bytes, "\"bitmap\":\"AQAAAg==\""));
    assert_null(strstr((char *)json.bytes, "events"));
    buf_free(&json);
    latent_free(&latent);
}

static void test_of_no_model_reads_back(void **state)
{
    (void)state;
    struct latent latent, back;
    struct buf json;
    make(&latent, 2, 10, 19);
    *latent.model = 0;
    write(&latent, QUERY_ENCODING_AER, &json);
    assert_null(strstr((char *)json.bytes, "model"));
    assert_int_equal(latent_read(json.bytes, json.size, &back, NULL), STATUS_OK);
    assert_string_equal(back.model, "");
    assert_memory_equal(back.bitmap, latent.bitmap, 2 * latent_row_bytes(&latent));
    buf_free(&json);
    latent_free(&back);
    latent_free(&latent);
}

static void test_reads_back(void **state)
{
    (void)state;
    for (uint32_t units = 1; units < 40; units++)
        for (int encoding = QUERY_ENCODING_AER; encoding <= QUERY_ENCODING_BITMAP; encoding++) {
            struct latent latent, back;
            struct buf json;
            make(&latent, 5, units, 3);
            write(&latent, (enum query_encoding)encoding, &json);
            assert_int_equal(latent_read(json.bytes, json.size, &back, NULL), STATUS_OK);
            assert_string_equal(back.model, "mnist-ae");
            assert_int_equal(back.num_units, units);
            assert_int_equal(back.num_steps, 5);
            assert_true(back.has_seed && back.seed == 42);
            assert_memory_equal(back.bitmap, latent.bitmap, 5 * latent_row_bytes(&latent));
            buf_free(&json);
            latent_free(&back);
            latent_free(&latent);
        }
}

static enum status read_text(const char *text, struct latent *latent)
{
    return latent_read((const uint8_t *)text, strlen(text), latent, NULL);
}

static void test_takes_the_least(void **state)
{
    (void)state;
    struct latent latent;
    assert_int_equal(
        read_text("{\"num_units\":4,\"num_steps\":3,\"events\":[[2,1],[0,3]],\"x\":1}", &latent),
        STATUS_OK);
    assert_string_equal(latent.model, "");
    assert_false(latent.has_seed);
    assert_true(latent_get(&latent, 2, 1) && latent_get(&latent, 0, 3));
    assert_false(latent_get(&latent, 0, 0));
    latent_free(&latent);
}

#define SHAPE "{\"num_units\":9,\"num_steps\":2,"

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum status status;
    } cases[] = {
        {"", STATUS_MALFORMED},
        {"{", STATUS_MALFORMED},
        {"[]", STATUS_MALFORMED},
        {"null", STATUS_MALFORMED},
        {"{}", STATUS_MALFORMED},
        {"{\"num_units\":9,\"num_units\":9}", STATUS_MALFORMED},
        {"{\"num_units\":9,\"num_steps\":0,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {"{\"num_units\":0,\"num_steps\":2,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {"{\"num_units\":-9,\"num_steps\":2,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {"{\"num_units\":9.0,\"num_steps\":2,\"events\":[]}", STATUS_MALFORMED},
        {"{\"num_units\":1048576,\"num_steps\":4096,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {"{\"num_units\":9,\"num_steps\":4097,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[2,0]]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[0,9]]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[0,-1]]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[0,4294967296]]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[0,1],[0,1]]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[[0]]}", STATUS_MALFORMED},
        {SHAPE "\"events\":[0,1]}", STATUS_MALFORMED},
        {SHAPE "\"events\":[[0,\"1\"]]}", STATUS_MALFORMED},
        {SHAPE "\"events\":{}}", STATUS_MALFORMED},
        {SHAPE "\"encoding\":\"x\",\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"encoding\":\"bitmap\",\"events\":[]}", STATUS_MALFORMED},
        {SHAPE "\"encoding\":\"bitmap\",\"bitmap\":\"AAAA\"}", STATUS_MALFORMED},
        {SHAPE "\"encoding\":\"bitmap\",\"bitmap\":\"AAIAAA==\"}", STATUS_MALFORMED},
        {SHAPE "\"model\":\"a/b\",\"events\":[]}", STATUS_MALFORMED},
        {SHAPE "\"seed\":9007199254740992,\"events\":[]}", STATUS_INVALID_ARGUMENT},
        {SHAPE "\"events\":[],\"x\":[[[[[[[[]]]]]]]]}", STATUS_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct latent latent;
        enum status status = read_text(cases[i].json, &latent);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].json, status_name(status));
        assert_null(latent.bitmap);
    }
}

static void test_brackets_in_strings_do_not_nest(void **state)
{
    (void)state;
    struct latent latent;
    assert_int_equal(read_text(SHAPE "\"events\":[],\"x\":\"[[[[[[[[[[[[\\\"[[[\"}", &latent),
                     STATUS_OK);
    latent_free(&latent);
}

static void test_bounds_the_text(void **state)
{
    (void)state;
    struct latent latent;
    size_t size = LATENT_MAX_BYTES + 1;
    uint8_t *text = mem_alloc(1, size);
    memset(text, ' ', size);
    assert_int_equal(latent_read(text, size, &latent, NULL), STATUS_TOO_LARGE);
    assert_int_equal(latent_read(text, size - 1, &latent, NULL), STATUS_MALFORMED);
    mem_free(text);
}

static void test_image_reply(void **state)
{
    (void)state;
    struct latent latent;
    struct buf json;
    make(&latent, 1, 3, 2);
    struct image_reply reply = {.latent = &latent,
                                .width = 28,
                                .height = 56,
                                .png = (const uint8_t *)"png",
                                .png_size = 3,
                                .spikes = 7,
                                .synops = 8};
    buf_init(&json, 4096);
    assert_int_equal(image_reply_write(&reply, &json), STATUS_OK);
    assert_string_equal(
        (char *)json.bytes,
        "{\"model\":\"mnist-ae\",\"modality\":\"image\",\"width\":28,\"height\":56,\"num_steps\":1,"
        "\"seed\":42,\"image_png\":\"cG5n\",\"latent\":{\"model\":\"mnist-ae\",\"modality\":"
        "\"image\",\"num_units\":3,\"num_steps\":1,\"dt_ms\":1,\"seed\":42,\"encoding\":\"aer\","
        "\"events\":[[0,0],[0,2]],\"counts\":[1,0,1]},\"spikes\":7,\"synops\":8}");
    buf_free(&json);
    reply.input_png = (const uint8_t *)"in";
    reply.input_png_size = 2;
    assert_int_equal(image_reply_write(&reply, &json), STATUS_OK);
    assert_non_null(strstr((char *)json.bytes, "\"image_png\":\"cG5n\",\"input_png\":\"aW4=\","));
    buf_free(&json);
    mem_fail_after(0);
    assert_int_equal(image_reply_write(&reply, &json), STATUS_NO_MEMORY);
    mem_fail_never();
    latent_free(&latent);
}

static void test_survives_lack_of_memory(void **state)
{
    (void)state;
    struct latent latent, back;
    struct buf json;
    make(&latent, 5, 20, 3);
    write(&latent, QUERY_ENCODING_BITMAP, &json);
    enum status status = STATUS_NO_MEMORY;
    for (int successes = 0; status != STATUS_OK; successes++) {
        assert_true(successes < 100);
        mem_fail_after(successes);
        status = latent_read(json.bytes, json.size, &back, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    latent_free(&back);
    latent_free(&latent);
    buf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_text),
        cmocka_unit_test(test_reads_back),
        cmocka_unit_test(test_of_no_model_reads_back),
        cmocka_unit_test(test_takes_the_least),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_brackets_in_strings_do_not_nest),
        cmocka_unit_test(test_bounds_the_text),
        cmocka_unit_test(test_image_reply),
        cmocka_unit_test(test_survives_lack_of_memory),
    };
    return cmocka_run_group_tests_name("latent", tests, NULL, NULL);
}
