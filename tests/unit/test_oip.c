/* Answers of the Open Inference Protocol, to the byte. */
#include "api/oip_reply.h"
#include "api/oip_repository.h"
#include "api/oip_statistics.h"
#include "server/signature.h"
#include "server/statistics.h"
#include "tests/unit/small_network.h"

static struct buf out;

static int open_buffer(void **state)
{
    (void)state;
    buf_init(&out, 65536);
    return 0;
}

static int close_buffer(void **state)
{
    (void)state;
    buf_free(&out);
    return 0;
}

static void assert_written(const char *expected)
{
    assert_string_equal((const char *)out.bytes, expected);
    buf_free(&out);
}

static void test_metadata(void **state)
{
    (void)state;
    assert_int_equal(oip_server_write("s", "2", &out), STATUS_OK);
    assert_written("{\"name\":\"s\",\"version\":\"2\",\"extensions\":[\"binary_tensor_data\","
                   "\"model_repository\",\"statistics\"]}");
    assert_int_equal(oip_ready_write("m", false, &out), STATUS_OK);
    assert_written("{\"name\":\"m\",\"ready\":false}");
}

static void test_signatures(void **state)
{
    (void)state;
    struct oip_model model;
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    signature_describe(network, &model);
    assert_int_equal(oip_model_write(&model, &out), STATUS_OK);
    assert_written(
        "{\"name\":\"small\",\"versions\":[\"1\"],\"platform\":\"spikeloom_safetensors\","
        "\"inputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[-1,5,6]}],"
        "\"outputs\":[{\"name\":\"image\",\"datatype\":\"FP32\",\"shape\":[-1,5,6]},"
        "{\"name\":\"latent\",\"datatype\":\"UINT8\",\"shape\":[-1,-1,17]}]}");
    network_release(network);
    network = small_audiocoder(1);
    signature_describe(network, &model);
    assert_string_equal(model.input.name, "audio");
    assert_int_equal(model.input.datatype, OIP_BYTES);
    assert_int_equal(model.input.num_dims, 1);
    assert_int_equal(model.num_outputs, 2);
    for (int i = 0; i < network->num_layers; i++)
        network->layers[i].params.model = NEURON_RELU;
    signature_describe(network, &model);
    assert_int_equal(model.num_outputs, 1); /* no spikes, no latent */
    network_release(network);
}

static const float image[] = {0, 0.2f, 1, (float)1 / 15};
static const uint8_t latent[] = {0, 1, 1};
static const struct oip_tensor image_tensor = {"image", OIP_FP32, 3, {-1, 2, 2}};
static const struct oip_tensor latent_tensor = {"latent", OIP_UINT8, 3, {-1, -1, 3}};

static void test_reply(void **state)
{
    (void)state;
    size_t json_size;
    struct oip_reply reply = {.model = "m",
                              .id = "a\"b",
                              .has_seed = true,
                              .seed = 9007199254740991,
                              .spikes = 3,
                              .synops = 4,
                              .num_outputs = 2,
                              .outputs = {{&latent_tensor, {1, 1, 3}, latent, false},
                                          {&image_tensor, {1, 2, 2}, image, false}}};
    assert_int_equal(oip_reply_write(&reply, &out, &json_size), STATUS_OK);
    assert_int_equal(json_size, out.size);
    assert_written(
        "{\"model_name\":\"m\",\"model_version\":\"1\",\"id\":\"a\\\"b\",\"parameters\":"
        "{\"seed\":9007199254740991,\"spikes\":3,\"synops\":4},\"outputs\":[{\"name\":"
        "\"latent\",\"datatype\":\"UINT8\",\"shape\":[1,1,3],\"data\":[0,1,1]},{\"name\":"
        "\"image\",\"datatype\":\"FP32\",\"shape\":[1,2,2],\"data\":[0,0.2,1,0.06666667]}]}");
    out.size = 0;
    reply.num_outputs = 0;
    reply.has_seed = false;
    reply.has_confidence = true;
    reply.confidence = 0.8125;
    assert_int_equal(oip_reply_write(&reply, &out, &json_size), STATUS_OK);
    assert_written("{\"model_name\":\"m\",\"model_version\":\"1\",\"id\":\"a\\\"b\",\"parameters\":"
                   "{\"confidence\":0.8125,\"spikes\":3,\"synops\":4},\"outputs\":[]}");
}

static void test_binary_reply(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0,    1, 1, 0,    0,    0,    0,    0xcd, 0xcc, 0x4c,
                                    0x3e, 0, 0, 0x80, 0x3f, 0x89, 0x88, 0x88, 0x3d};
    size_t json_size;
    struct oip_reply reply = {.model = "m",
                              .num_outputs = 2,
                              .outputs = {{&latent_tensor, {1, 1, 3}, latent, true},
                                          {&image_tensor, {1, 2, 2}, image, true}}};
    assert_int_equal(oip_reply_write(&reply, &out, &json_size), STATUS_OK);
    assert_int_equal(out.size, json_size + sizeof bytes);
    assert_memory_equal(out.bytes + json_size, bytes, sizeof bytes);
    out.bytes[json_size] = 0;
    assert_written(
        "{\"model_name\":\"m\",\"model_version\":\"1\",\"parameters\":{\"spikes\":0,"
        "\"synops\":0},\"outputs\":[{\"name\":\"latent\",\"datatype\":\"UINT8\",\"shape\":"
        "[1,1,3],\"parameters\":{\"binary_data_size\":3}},{\"name\":\"image\","
        "\"datatype\":\"FP32\",\"shape\":[1,2,2],\"parameters\":"
        "{\"binary_data_size\":16}}]}");
}

/* Full at any byte, it is told, not cut. */
static void test_a_full_buffer(void **state)
{
    (void)state;
    size_t json_size;
    struct oip_reply reply = {
        .model = "m", .num_outputs = 1, .outputs = {{&image_tensor, {1, 2, 2}, image, true}}};
    enum status status = STATUS_TOO_LARGE;
    for (size_t cap = 0; status != STATUS_OK; cap++) {
        struct buf small;
        buf_init(&small, cap);
        status = oip_reply_write(&reply, &small, &json_size);
        assert_true(status == STATUS_OK || status == STATUS_TOO_LARGE);
        assert_true(cap < 1000);
        buf_free(&small);
    }
}

static void test_repository(void **state)
{
    (void)state;
    bool ready_only = true;
    const struct {
        const char *body;
        enum status status;
        bool ready_only;
    } cases[] = {{"", STATUS_OK, false},
                 {"{}", STATUS_OK, false},
                 {"{\"ready\":true}", STATUS_OK, true},
                 {"{\"ready\":false,\"other\":1}", STATUS_OK, false},
                 {"{\"ready\":null}", STATUS_MALFORMED, false},
                 {"[]", STATUS_MALFORMED, false},
                 {"{", STATUS_MALFORMED, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t *body = (const uint8_t *)cases[i].body;
        assert_int_equal(oip_repository_read_index(body, strlen(cases[i].body), &ready_only, NULL),
                         cases[i].status);
        if (cases[i].status == STATUS_OK)
            assert_int_equal(ready_only, cases[i].ready_only);
    }
    const char *refused = "{\"parameters\":{\"config\":\"{}\"}}";
    const char *taken = "{\"parameters\":{\"unload_dependents\":true}}";
    assert_int_equal(oip_repository_read_load((const uint8_t *)refused, strlen(refused), NULL),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(oip_repository_read_load((const uint8_t *)taken, strlen(taken), NULL),
                     STATUS_OK);
    struct writer writer;
    writer_init(&writer, &out);
    oip_repository_write_model("m", false, "because", &writer);
    assert_written("{\"name\":\"m\",\"version\":\"1\",\"state\":\"UNAVAILABLE\","
                   "\"reason\":\"because\"}");
}

static void test_statistics(void **state)
{
    (void)state;
    struct oip_statistics numbers;
    struct statistics *statistics = statistics_open();
    struct statistics_sample sample = {.model = "m",
                                       .success = true,
                                       .computed = true,
                                       .num_samples = 3,
                                       .duration_us = 10,
                                       .queue_us = 1,
                                       .input_us = 2,
                                       .infer_us = 3,
                                       .output_us = 4};
    statistics_record(statistics, &sample);
    statistics_record(statistics, &sample);
    sample = (struct statistics_sample){.model = "m", .num_samples = 1, .duration_us = 5};
    statistics_record(statistics, &sample);
    statistics_get(statistics, "m", &numbers);
    assert_true(numbers.last_inference_ms > 1600000000000);
    numbers.last_inference_ms = 7;
    struct writer writer;
    writer_init(&writer, &out);
    oip_statistics_write("m", &numbers, &writer);
    assert_written(
        "{\"name\":\"m\",\"version\":\"1\",\"last_inference\":7,\"inference_count\":6,"
        "\"execution_count\":2,\"inference_stats\":{\"success\":{\"count\":2,\"ns\":20000},"
        "\"fail\":{\"count\":1,\"ns\":5000},\"queue\":{\"count\":2,\"ns\":2000},"
        "\"compute_input\":{\"count\":2,\"ns\":4000},\"compute_infer\":{\"count\":2,\"ns\":6000},"
        "\"compute_output\":{\"count\":2,\"ns\":8000}},\"batch_stats\":[{\"batch_size\":3,"
        "\"compute_input\":{\"count\":2,\"ns\":4000},\"compute_infer\":{\"count\":2,\"ns\":6000},"
        "\"compute_output\":{\"count\":2,\"ns\":8000}}]}");
    statistics_get(statistics, "other", &numbers);
    assert_int_equal(numbers.last_inference_ms, 0);
    /* names without end fill no memory */
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%d", i);
        sample.model = name;
        statistics_record(statistics, &sample);
    }
    statistics_get(statistics, "m999", &numbers);
    assert_int_equal(numbers.fail.count, 1);
    statistics_close(statistics);
    statistics_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata),      cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_reply),         cmocka_unit_test(test_binary_reply),
        cmocka_unit_test(test_a_full_buffer), cmocka_unit_test(test_repository),
        cmocka_unit_test(test_statistics),
    };
    return cmocka_run_group_tests_name("oip", tests, open_buffer, close_buffer);
}
