/*
 * The membrane rule against traces of an independent implementation in double precision, by the
 * functions that training runs, spike by spike and as matrix products; and every way of updating
 * against plain loops.
 */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "train/membrane_optimizer.h"
#include "train/trainer.h"

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

/* Sizes of more than one tile, in neither direction a multiple of one. */
enum { WIDE_INPUTS = 75, WIDE_HIDDEN = 530, WIDE_OUTPUTS = 21, WIDE_BATCH = 9, WIDE_STEPS = 4 };

/* An optimizer as plain loops over whole matrices. */
struct reference {
    const struct membrane_optimizer_settings *settings;
    real *weight[MEMBRANE_LAYERS], *moment1[MEMBRANE_LAYERS], *moment2[MEMBRANE_LAYERS];
    real *gradient[MEMBRANE_LAYERS], *trace[MEMBRANE_LAYERS];
};

static size_t weights_of(const struct membrane_layer *layer)
{
    return layer->inputs * layer->units;
}

static void open_reference(struct reference *reference, const struct bench *bench)
{
    reference->settings = &bench->optimizer.settings;
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        const struct membrane_layer *layer = &bench->membrane.layers[i];
        size_t size = weights_of(layer) * sizeof(real);
        reference->weight[i] = mem_copy(bench->network->layers[i].weight, size);
        reference->moment1[i] = mem_alloc(1, size);
        reference->moment2[i] = mem_alloc(1, size);
        reference->gradient[i] = mem_alloc(1, size);
        reference->trace[i] = mem_alloc(layer->inputs * WIDE_BATCH, sizeof(real));
    }
}

static void close_reference(struct reference *reference)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        mem_free(reference->weight[i]);
        mem_free(reference->moment1[i]);
        mem_free(reference->moment2[i]);
        mem_free(reference->gradient[i]);
        mem_free(reference->trace[i]);
    }
}

/* Traces and gradients of a layer from the spikes and errors of the step at hand. */
static void reference_gradient(struct reference *reference, const struct bench *bench, int index)
{
    const struct membrane_layer *layer = &bench->membrane.layers[index];
    const real beta = bench->network->layers[index].neuron.beta;
    real *trace = reference->trace[index], *gradient = reference->gradient[index];
    size_t batch = (size_t)bench->membrane.batch;
    memset(gradient, 0, weights_of(layer) * sizeof *gradient);
    for (size_t sample = 0; sample < batch; sample++) {
        for (size_t input = 0; input < layer->inputs; input++)
            trace[input * WIDE_BATCH + sample] *= beta;
        for (uint32_t i = 0; i < layer->num_spikes[sample]; i++)
            trace[layer->spikes[sample * layer->inputs + i] * WIDE_BATCH + sample] += 1;
        for (size_t input = 0; input < layer->inputs; input++) {
            real *at = &trace[input * WIDE_BATCH + sample];
            for (size_t unit = 0; unit < layer->units; unit++)
                gradient[input * layer->units + unit] -=
                    *at * layer->delta[sample * layer->units + unit] / (real)batch;
            *at *= layer->trace_factor[sample];
        }
    }
}

static void reference_clip(real *gradient, size_t count, double limit)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += gradient[i] * gradient[i];
    if (limit > 0 && sqrt(sum) > limit)
        for (size_t i = 0; i < count; i++)
            gradient[i] *= limit / sqrt(sum);
}

static void reference_update(struct reference *reference, const struct bench *bench, int index,
                             uint32_t step, uint64_t updates)
{
    const struct membrane_optimizer_settings *settings = reference->settings;
    size_t count = weights_of(&bench->membrane.layers[index]);
    real *weight = reference->weight[index], *gradient = reference->gradient[index];
    reference_clip(gradient, count, settings->clip_norm);
    if (settings->plain_sgd) {
        for (size_t i = 0; i < count; i++)
            weight[i] -=
                settings->learning_rate * (gradient[i] + settings->adam.weight_decay * weight[i]);
        return;
    }
    if (step == 0 && !settings->keep_moments) {
        memset(reference->moment1[index], 0, count * sizeof(real));
        memset(reference->moment2[index], 0, count * sizeof(real));
    }
    adam_step(&settings->adam, settings->learning_rate,
              (settings->keep_moments ? updates : step) + 1, weight, reference->moment1[index],
              reference->moment2[index], gradient, count);
}

/* Spikes of a step; the last inputs are silent in the first batches. */
static void random_step(struct bench *bench, uint64_t index)
{
    struct membrane *membrane = &bench->membrane;
    struct membrane_layer *layer = &membrane->layers[0];
    struct rng rng = {1, index, RNG_STREAM_ENCODE};
    for (uint32_t sample = 0; sample < (uint32_t)membrane->batch; sample++) {
        uint32_t inputs = WIDE_INPUTS - (index < WIDE_STEPS ? 40 : 0), found = 0;
        for (uint32_t i = 0; i < inputs; i++)
            if (rng_below(&rng, sample, i, 20) == 0)
                layer->spikes[sample * WIDE_INPUTS + found++] = i;
        layer->num_spikes[sample] = found;
        for (uint32_t i = 0; i < WIDE_OUTPUTS; i++)
            membrane->target[sample * WIDE_OUTPUTS + i] = rng_below(&rng, sample, 1000 + i, 4) == 0;
    }
}

static void expect_reference(const struct reference *reference, const struct bench *bench)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++)
        for (size_t k = 0; k < weights_of(&bench->membrane.layers[i]); k++) {
            double actual = bench->network->layers[i].weight[k], expected = reference->weight[i][k];
            if (fabs(actual - expected) > 1e-9)
                fail_msg("layer %d, weight %zu: %.12g instead of %.12g", i, k, actual, expected);
        }
}

static struct network *wide_network(void)
{
    const struct neuron_params neuron = {NEURON_LIF, RESET_ZERO, 1, 0.01, 0.001};
    const int sizes[] = {WIDE_INPUTS, WIDE_HIDDEN, WIDE_OUTPUTS};
    struct network *network = network_new();
    assert_non_null(network);
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        struct layer_shape shape = {.kind = LAYER_DENSE,
                                    .in_channels = sizes[i],
                                    .in_length = 1,
                                    .out_channels = sizes[i + 1],
                                    .out_length = 1};
        assert_int_equal(network_add_layer(network, &shape, &neuron, NULL), STATUS_OK);
    }
    trainer_initialize_uniform(network, MEMBRANE_LAYERS, 0.6, 2);
    return network;
}

/* Three batches, the last one smaller, against the plain loops. */
static void follow_reference(const struct membrane_optimizer_settings *settings,
                             enum membrane_path path)
{
    struct bench bench = {.network = wide_network()};
    struct reference reference;
    open_bench(&bench, WIDE_BATCH, settings);
    open_reference(&reference, &bench);
    bench.membrane.path = path;
    bench.membrane.divisor[0] = bench.membrane.divisor[1] = WIDE_INPUTS;
    for (uint64_t updates = 0; updates < 3 * WIDE_STEPS; updates++) {
        uint32_t step = updates % WIDE_STEPS;
        if (step == 0) {
            int batch = updates < 2 * WIDE_STEPS ? WIDE_BATCH : WIDE_BATCH - 4;
            membrane_start(&bench.membrane, batch);
            for (int i = 0; i < MEMBRANE_LAYERS; i++)
                memset(reference.trace[i], 0,
                       bench.membrane.layers[i].inputs * WIDE_BATCH * sizeof(real));
        }
        random_step(&bench, updates);
        membrane_forward(&bench.membrane, bench.network, 0, bench.membrane.batch);
        for (int i = 0; i < MEMBRANE_LAYERS; i++) {
            reference_gradient(&reference, &bench, i);
            reference_update(&reference, &bench, i, step, updates);
        }
        membrane_optimizer_update(&bench.optimizer, bench.parallel, step, updates);
        expect_reference(&reference, &bench);
    }
    close_reference(&reference);
    close_bench(&bench);
}

/* Every way of updating, by either path. */
static void test_optimizers(void **state)
{
    (void)state;
    const struct adam_params adam = {0.9, 0.999, 1e-7, 0}, decaying = {0.9, 0.999, 1e-7, 0.3};
    const struct membrane_optimizer_settings variants[] = {
        {.adam = adam, .learning_rate = 1e-3},
        {.adam = adam, .learning_rate = 1e-3, .keep_moments = true},
        {.adam = decaying, .learning_rate = 1e-3},
        {.adam = decaying, .learning_rate = 1e-3, .keep_moments = true},
        {.adam = adam, .learning_rate = 1e-3, .clip_norm = 0.05},
        {.adam = adam, .learning_rate = 1e-3, .clip_norm = 1e5},
        {.adam = adam, .learning_rate = 0.1, .plain_sgd = true},
        {.adam = decaying, .learning_rate = 0.1, .plain_sgd = true, .clip_norm = 0.05},
    };
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        for (int path = 0; path < NUM_PATHS; path++)
            follow_reference(&variants[i], paths[path]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_autoencoder_traces),
        cmocka_unit_test(test_audiocoder_traces),
        cmocka_unit_test(test_optimizers),
    };
    return cmocka_run_group_tests_name("membrane", tests, NULL, NULL);
}
