/*
 * The membrane rule against traces of an independent implementation in double precision, by the
 * functions that training runs. Also the rule's loop: what it needs, and that it is the same for
 * any number of threads.
 */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "train/adam.h"
#include "train/membrane.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const double golden_tolerance = 1e-6;

static json_t *read_golden(const char *name)
{
    char path[1024];
    struct buf bytes;
    buf_init(&bytes, 1 << 24);
    snprintf(path, sizeof path, "%s/tests/golden/%s", SPIKELOOM_SOURCE_DIR, name);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    json_t *root = json_loadb((const char *)bytes.bytes, bytes.size, 0, NULL);
    assert_non_null(root);
    buf_free(&bytes);
    return root;
}

static double number_at(const json_t *rows, size_t row, size_t column)
{
    const json_t *value = json_array_get(json_array_get(rows, row), column);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

/* How a golden matrix lies beside ours. */
enum layout { SAME, TRANSPOSED };

/* ours [rows][columns] is golden[key], within 1e-6 of its own size. */
static void expect_matrix(const json_t *step, const char *key, enum layout layout, const real *ours,
                          size_t rows, size_t columns)
{
    const json_t *golden = json_object_get(step, key);
    assert_int_equal(json_array_size(golden), layout == SAME ? rows : columns);
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            double expected =
                layout == SAME ? number_at(golden, row, column) : number_at(golden, column, row);
            double actual = ours[row * columns + column];
            if (!(fabs(actual - expected) <= golden_tolerance * fmax(1e-3, fabs(expected))))
                fail_msg("%s [%zu][%zu]: %.12g instead of %.12g", key, row, column, actual,
                         expected);
        }
    }
}

static void take_matrix(const json_t *golden, enum layout layout, real *ours, size_t rows,
                        size_t columns)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            ours[row * columns + column] =
                layout == SAME ? number_at(golden, row, column) : number_at(golden, column, row);
}

/* The sizes of a golden network and the names of what its traces hold. */
struct golden_net {
    int inputs, hidden, outputs;
    const char *input, *target; /* the target's key; NULL: the input is the target */
    const char *v[MEMBRANE_LAYERS], *spiked[MEMBRANE_LAYERS], *error, *surrogate;
    const char *gradient[MEMBRANE_LAYERS], *trace_after[MEMBRANE_LAYERS], *weight[MEMBRANE_LAYERS];
};

enum { GOLDEN_BATCH = 3 };

static struct network *golden_network(const struct golden_net *net, bool leaky,
                                      const json_t *encoder, const json_t *decoder)
{
    struct neuron_params neuron = {.model = leaky ? NEURON_LIF : NEURON_IF,
                                   .reset = RESET_ZERO,
                                   .threshold = 1,
                                   .tau_mem = 0.01,
                                   .dt = 0.001};
    const int sizes[] = {net->inputs, net->hidden, net->outputs};
    struct network *network = network_new();
    assert_non_null(network);
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        struct layer_shape shape = {.kind = LAYER_DENSE,
                                    .in_channels = sizes[i],
                                    .in_length = 1,
                                    .out_channels = sizes[i + 1],
                                    .out_length = 1};
        assert_int_equal(network_add_layer(network, &shape, &neuron, NULL), STATUS_OK);
        take_matrix(i ? decoder : encoder, TRANSPOSED, network->layers[i].weight, (size_t)sizes[i],
                    (size_t)sizes[i + 1]);
    }
    return network;
}

static void expect_step(const struct golden_net *net, const struct membrane_shard *shard,
                        const json_t *step)
{
    const size_t sizes[] = {(size_t)net->inputs, (size_t)net->hidden, (size_t)net->outputs};
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        expect_matrix(step, net->v[i], TRANSPOSED, shard->v_before_reset[i], GOLDEN_BATCH,
                      sizes[i + 1]);
        expect_matrix(step, net->spiked[i], TRANSPOSED, shard->spiked[i], GOLDEN_BATCH,
                      sizes[i + 1]);
        expect_matrix(step, net->gradient[i], TRANSPOSED, shard->gradient[i], sizes[i],
                      sizes[i + 1]);
        expect_matrix(step, net->trace_after[i], SAME, shard->trace[i], GOLDEN_BATCH, sizes[i]);
    }
    expect_matrix(step, net->error, TRANSPOSED, shard->error, GOLDEN_BATCH, sizes[2]);
    expect_matrix(step, net->surrogate, TRANSPOSED, shard->surrogate, GOLDEN_BATCH, sizes[1]);
}

/* Adam on both weight matrices, as the loop does it. */
struct golden_adam {
    struct adam_params params;
    double learning_rate;
    real *moment1[MEMBRANE_LAYERS], *moment2[MEMBRANE_LAYERS];
};

static void update_weights(const struct golden_adam *adam, struct network *network,
                           const struct membrane_shard *shard, uint64_t update)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        const struct layer_shape *shape = &network->layers[i].shape;
        adam_step(&adam->params, adam->learning_rate, update, network->layers[i].weight,
                  adam->moment1[i], adam->moment2[i], shard->gradient[i],
                  (size_t)shape->in_channels * (size_t)shape->out_channels);
    }
}

static void follow_golden(const struct golden_net *net, struct network *network,
                          enum membrane_loss_mask mask, const real divisor[MEMBRANE_LAYERS],
                          const json_t *options, const json_t *steps)
{
    const size_t sizes[] = {(size_t)net->inputs, (size_t)net->hidden, (size_t)net->outputs};
    struct golden_adam adam = {.params = adam_default_params};
    struct membrane_shard shard;
    adam.params.epsilon = json_number_value(json_object_get(options, "epsilon"));
    adam.learning_rate = json_number_value(json_object_get(options, "alpha"));
    assert_int_equal(membrane_shard_init(&shard, network, GOLDEN_BATCH, NULL), STATUS_OK);
    membrane_shard_start(&shard, network, GOLDEN_BATCH);
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        adam.moment1[i] = mem_alloc(sizes[i] * sizes[i + 1], sizeof(real));
        adam.moment2[i] = mem_alloc(sizes[i] * sizes[i + 1], sizeof(real));
    }
    size_t index;
    json_t *step;
    json_array_foreach((json_t *)steps, index, step)
    {
        const char *target = net->target ? net->target : net->input;
        take_matrix(json_object_get(step, net->input), TRANSPOSED, shard.input, GOLDEN_BATCH,
                    sizes[0]);
        take_matrix(json_object_get(step, target), TRANSPOSED, shard.target, GOLDEN_BATCH,
                    sizes[2]);
        membrane_step(&shard, network, mask, divisor, GOLDEN_BATCH);
        expect_step(net, &shard, step);
        update_weights(&adam, network, &shard, index + 1);
        for (int i = 0; i < MEMBRANE_LAYERS; i++)
            expect_matrix(step, net->weight[i], TRANSPOSED, network->layers[i].weight, sizes[i],
                          sizes[i + 1]);
    }
    assert_int_equal(index, 6);
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        mem_free(adam.moment1[i]);
        mem_free(adam.moment2[i]);
    }
    membrane_shard_free(&shard);
}

static void test_autoencoder_traces(void **state)
{
    (void)state;
    const struct golden_net net = {
        .inputs = 12,
        .hidden = 5,
        .outputs = 12,
        .input = "input_spikes",
        .v = {"hidden_v_before_reset", "output_v_before_reset"},
        .spiked = {"hidden_spikes", "output_spikes"},
        .error = "error",
        .surrogate = "hidden_surrogate",
        .gradient = {"d_w_encoder", "d_w_decoder"},
        .trace_after = {"hidden_trace_after_reset", "output_trace_after_reset"},
        .weight = {"w_encoder", "w_decoder"}};
    const real divisor[] = {12, 12};
    json_t *root = read_golden("membrane_rule.json"), *golden;
    size_t index;
    json_array_foreach(json_object_get(root, "cases"), index, golden)
    {
        const char *model = json_string_value(json_object_get(golden, "neuron_model"));
        const char *mask = json_string_value(json_object_get(golden, "mask"));
        struct network *network = golden_network(&net, strcmp(model, "LIF") == 0,
                                                 json_object_get(golden, "w_encoder_init"),
                                                 json_object_get(golden, "w_decoder_init"));
        follow_golden(&net, network,
                      strcmp(mask, "bitxor") == 0 ? MEMBRANE_MASK_XOR : MEMBRANE_MASK_NONE, divisor,
                      json_object_get(root, "options"), json_object_get(golden, "steps"));
        network_release(network);
    }
    assert_int_equal(index, 4);
    json_decref(root);
}

static void test_audiocoder_traces(void **state)
{
    (void)state;
    const struct golden_net net = {.inputs = 20,
                                   .hidden = 7,
                                   .outputs = 5,
                                   .input = "input_spikes",
                                   .target = "target",
                                   .v = {"layer1_v_before_reset", "layer2_v_before_reset"},
                                   .spiked = {"layer1_spikes", "layer2_spikes"},
                                   .error = "error",
                                   .surrogate = "layer1_surrogate",
                                   .gradient = {"d_w1", "d_w2"},
                                   .trace_after = {"trace_layer1_after", "trace_layer2_after"},
                                   .weight = {"w1", "w2"}};
    const real divisor[] = {20, 7}; /* each layer's own fan-in */
    json_t *root = read_golden("membrane_rule_audiocoder.json");
    struct network *network = golden_network(&net, true, json_object_get(root, "w1_init"),
                                             json_object_get(root, "w2_init"));
    follow_golden(&net, network, MEMBRANE_MASK_XOR, divisor, json_object_get(root, "options"),
                  json_object_get(root, "steps"));
    network_release(network);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_autoencoder_traces),
        cmocka_unit_test(test_audiocoder_traces),
    };
    return cmocka_run_group_tests_name("membrane", tests, NULL, NULL);
}
