/*
 * The membrane rule against traces of an independent implementation in double precision, by the
 * functions that training runs, spike by spike and as matrix products.
 */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "train/membrane_optimizer.h"

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

/* What the step computed before the update; traces are not scaled yet. */
static void expect_forward(const struct golden_net *net, const struct membrane *membrane,
                           const json_t *step)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        const struct membrane_layer *layer = &membrane->layers[i];
        expect_matrix(step, net->v[i], TRANSPOSED, layer->v_before_reset, GOLDEN_BATCH,
                      layer->units);
        expect_matrix(step, net->spiked[i], TRANSPOSED, layer->spiked, GOLDEN_BATCH, layer->units);
    }
    expect_matrix(step, net->error, TRANSPOSED, membrane->layers[1].delta, GOLDEN_BATCH,
                  membrane->layers[1].units);
    expect_matrix(step, net->surrogate, TRANSPOSED, membrane->surrogate, GOLDEN_BATCH,
                  membrane->layers[0].units);
}

/* Traces from which the next step starts, and the weights. */
static void expect_update(const struct golden_net *net, const struct membrane *membrane,
                          const struct network *network, const json_t *step)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        const struct membrane_layer *layer = &membrane->layers[i];
        expect_matrix(step, net->trace_after[i], TRANSPOSED, layer->trace, layer->inputs,
                      GOLDEN_BATCH);
        expect_matrix(step, net->weight[i], TRANSPOSED, network->layers[i].weight, layer->inputs,
                      layer->units);
    }
}

/*
 * The gradients that the update is about to compute for itself, from copies of traces and arrivals
 * that are brought to this step.
 */
static void expect_gradients(const struct golden_net *net, struct membrane *membrane,
                             const struct network *network, const json_t *step)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        struct membrane_layer *layer = &membrane->layers[i], kept = *layer;
        size_t count = layer->inputs * GOLDEN_BATCH;
        real *gradient = mem_alloc(layer->inputs * layer->units, sizeof *gradient);
        layer->trace = mem_copy(kept.trace, count * sizeof *kept.trace);
        layer->arrived = mem_copy(kept.arrived, count);
        layer->rows = mem_copy(kept.rows, layer->inputs);
        membrane_advance(membrane, network, i, 0, layer->inputs);
        membrane_gradient(membrane, i, 0, layer->inputs, 0, layer->units, gradient);
        expect_matrix(step, net->gradient[i], TRANSPOSED, gradient, layer->inputs, layer->units);
        mem_free(gradient);
        mem_free(layer->trace);
        mem_free(layer->arrived);
        mem_free(layer->rows);
        *layer = kept;
    }
}

static void take_step(const struct golden_net *net, struct membrane *membrane, const json_t *step)
{
    struct membrane_layer *layer = &membrane->layers[0];
    real *input = mem_alloc(GOLDEN_BATCH * layer->inputs, sizeof *input);
    take_matrix(json_object_get(step, net->input), TRANSPOSED, input, GOLDEN_BATCH, layer->inputs);
    for (size_t sample = 0; sample < GOLDEN_BATCH; sample++)
        layer->num_spikes[sample] = neuron_spiking_units(
            input + sample * layer->inputs, layer->inputs, layer->spikes + sample * layer->inputs);
    take_matrix(json_object_get(step, net->target ? net->target : net->input), TRANSPOSED,
                membrane->target, GOLDEN_BATCH, membrane->layers[1].units);
    mem_free(input);
}

/* A network with its rule and its optimizer. */
struct bench {
    struct network *network;
    struct membrane membrane;
    struct membrane_optimizer optimizer;
    struct parallel *parallel;
    real *moment1[MEMBRANE_LAYERS], *moment2[MEMBRANE_LAYERS];
};

static void open_bench(struct bench *bench, int batch,
                       const struct membrane_optimizer_settings *settings)
{
    assert_int_equal(membrane_init(&bench->membrane, bench->network, batch, NULL), STATUS_OK);
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        const struct membrane_layer *layer = &bench->membrane.layers[i];
        bench->moment1[i] = mem_alloc(layer->inputs * layer->units, sizeof(real));
        bench->moment2[i] = mem_alloc(layer->inputs * layer->units, sizeof(real));
    }
    assert_int_equal(membrane_optimizer_init(&bench->optimizer, settings, bench->network,
                                             &bench->membrane, bench->moment1, bench->moment2,
                                             NULL),
                     STATUS_OK);
    assert_int_equal(parallel_new(2, &bench->parallel, NULL), STATUS_OK);
}

static void close_bench(struct bench *bench)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        mem_free(bench->moment1[i]);
        mem_free(bench->moment2[i]);
    }
    membrane_optimizer_free(&bench->optimizer);
    membrane_free(&bench->membrane);
    parallel_free(bench->parallel);
    network_release(bench->network);
}

static void follow_golden(const struct golden_net *net, struct network *network,
                          enum membrane_loss_mask mask, enum membrane_path path,
                          const real divisor[MEMBRANE_LAYERS], const json_t *options,
                          const json_t *steps)
{
    struct membrane_optimizer_settings settings = {
        .adam = adam_default_params,
        .learning_rate = json_number_value(json_object_get(options, "alpha"))};
    struct bench bench = {.network = network};
    settings.adam.epsilon = json_number_value(json_object_get(options, "epsilon"));
    open_bench(&bench, GOLDEN_BATCH, &settings);
    bench.membrane.mask = mask;
    bench.membrane.path = path;
    memcpy(bench.membrane.divisor, divisor, sizeof bench.membrane.divisor);
    membrane_start(&bench.membrane, GOLDEN_BATCH);
    size_t index;
    json_t *step;
    json_array_foreach((json_t *)steps, index, step)
    {
        take_step(net, &bench.membrane, step);
        membrane_forward(&bench.membrane, network, 0, 1);
        membrane_forward(&bench.membrane, network, 1, GOLDEN_BATCH - 1);
        expect_forward(net, &bench.membrane, step);
        expect_gradients(net, &bench.membrane, network, step);
        membrane_optimizer_update(&bench.optimizer, bench.parallel, (uint32_t)index, index);
        expect_update(net, &bench.membrane, network, step);
    }
    assert_int_equal(index, 6);
    close_bench(&bench);
}

static const enum membrane_path paths[] = {MEMBRANE_BY_DENSITY, MEMBRANE_SPARSE, MEMBRANE_DENSE};

enum { NUM_PATHS = sizeof paths / sizeof *paths };

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
        for (int i = 0; i < NUM_PATHS; i++)
            follow_golden(&net,
                          golden_network(&net, strcmp(model, "LIF") == 0,
                                         json_object_get(golden, "w_encoder_init"),
                                         json_object_get(golden, "w_decoder_init")),
                          strcmp(mask, "bitxor") == 0 ? MEMBRANE_MASK_XOR : MEMBRANE_MASK_NONE,
                          paths[i], divisor, json_object_get(root, "options"),
                          json_object_get(golden, "steps"));
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
    for (int i = 0; i < NUM_PATHS; i++)
        follow_golden(&net,
                      golden_network(&net, true, json_object_get(root, "w1_init"),
                                     json_object_get(root, "w2_init")),
                      MEMBRANE_MASK_XOR, paths[i], divisor, json_object_get(root, "options"),
                      json_object_get(root, "steps"));
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
