/*
 * Gradients of back-propagation through time against finite differences of the smooth twin, in
 * double precision, for every kind of layer, reset and input.
 */
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/inference.h"
#include "train/bptt.h"
#include "train/trainer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BATCH = 3, STEPS = 6, SEED = 7 };

static void add_layer(struct network *network, struct layer_shape shape, enum neuron_model model,
                      enum neuron_reset reset)
{
    struct neuron_params neuron = {
        .model = model, .reset = reset, .threshold = 1, .tau_mem = 0.01, .dt = 0.001};
    assert_int_equal(network_add_layer(network, &shape, &neuron, NULL), STATUS_OK);
}

static struct layer_shape dense(int inputs, int outputs)
{
    return (struct layer_shape){.kind = LAYER_DENSE,
                                .in_channels = inputs,
                                .in_length = 1,
                                .out_channels = outputs,
                                .out_length = 1};
}

static struct layer_shape conv(int in_channels, int in_length, int out_channels, int out_length)
{
    return (struct layer_shape){.kind = LAYER_CONV,
                                .in_channels = in_channels,
                                .in_length = in_length,
                                .out_channels = out_channels,
                                .out_length = out_length,
                                .width = 3,
                                .stride = 2,
                                .pad = 1};
}

/* A chain conv - conv - dense (latent) - dense, or dense (latent) - dense. */
static struct network *make_network(bool convolving, enum neuron_model model,
                                    enum neuron_reset reset, enum input_encoding encoding)
{
    struct network *network = network_new();
    assert_non_null(network);
    network->num_steps = STEPS;
    network->dt = 0.001;
    network->encoding = encoding;
    network->max_rate_hz = 600;
    network->image_width = 3;
    network->image_height = 3;
    if (convolving) {
        add_layer(network, conv(4, 9, 5, 5), model, reset);
        add_layer(network, conv(5, 5, 4, 3), model, reset);
        network->latent_layer = 2;
    }
    add_layer(network, dense(convolving ? 12 : 9, 6), model, reset);
    add_layer(network, dense(6, 9), model, reset);
    trainer_initialize(network, network->num_layers, 1.5, SEED);
    return network;
}

struct problem {
    struct network *network;
    struct bptt *bptt;
    real *input, *image, *latent;
    double penalty, contrast;
};

static real *random_values(size_t count, uint64_t index)
{
    struct rng rng = {SEED, index, RNG_STREAM_TARGET};
    real *values = mem_alloc(count, sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < count; i++)
        values[i] = (real)rng_uniform(&rng, 0, (uint32_t)i);
    return values;
}

static double loss_of(struct problem *problem)
{
    struct bptt_target target = {problem->image, problem->latent};
    struct bptt_loss loss = {0};
    bptt_gradient(problem->bptt, problem->network, problem->input, BATCH, BATCH, SEED, 0, &target,
                  &loss);
    double share = (double)network_num_pixels(problem->network) * STEPS;
    return (loss.image + 0.7 * loss.latent + problem->contrast * loss.contrast +
            problem->penalty * loss.synops / share) /
           BATCH;
}

/* Central differences in one parameter; the gradients must agree to 1e-6 of the largest. */
static void check_values(struct problem *problem, real *value, const real *gradient, size_t count,
                         const char *what)
{
    const double step = 1e-5;
    double largest = 1e-3;
    real *analytic = mem_copy(gradient, count * sizeof *gradient);
    assert_non_null(analytic);
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)analytic[i]));
    for (size_t i = 0; i < count; i++) {
        real kept = value[i];
        value[i] = kept + step;
        double above = loss_of(problem);
        value[i] = kept - step;
        double below = loss_of(problem);
        value[i] = kept;
        double numeric = (above - below) / (2 * step);
        if (!(fabs(numeric - (double)analytic[i]) <= 1e-6 * largest))
            fail_msg("%s %zu: %.10g instead of %.10g", what, i, (double)analytic[i], numeric);
    }
    mem_free(analytic);
}

/* Each sample's target latent is an anchor; there is one anchor more. */
static void check_losses(bool convolving, enum neuron_model model, enum neuron_reset reset,
                         enum input_encoding encoding, double dropout, double penalty,
                         double contrast)
{
    struct problem problem = {.network = make_network(convolving, model, reset, encoding),
                              .penalty = penalty,
                              .contrast = contrast};
    struct network *network = problem.network;
    struct bptt_settings settings = {.surrogate_slope = 2.5,
                                     .dropout = dropout,
                                     .latent_weight = 0.7,
                                     .spike_penalty = penalty,
                                     .contrast_weight = contrast,
                                     .first_frozen = network->num_layers,
                                     .smooth = true};
    problem.input = random_values(BATCH * network_num_inputs(network), 0);
    problem.image = random_values(BATCH * network_num_pixels(network), 1);
    problem.latent = random_values((BATCH + 1) * network_num_latents(network), 2);
    settings.contrast = (struct contrast){problem.latent, BATCH + 1};
    assert_int_equal(bptt_new(network, &settings, BATCH, &problem.bptt, NULL), STATUS_OK);
    for (int i = 0; i < network->num_layers; i++) {
        struct layer *layer = &network->layers[i];
        size_t channels = (size_t)layer->shape.out_channels;
        loss_of(&problem);
        check_values(&problem, layer->weight, bptt_weight_gradient(problem.bptt, i),
                     layer_fan_in(&layer->shape) * channels, "weight");
        loss_of(&problem);
        check_values(&problem, layer->bias, bptt_bias_gradient(problem.bptt, i), channels, "bias");
    }
    bptt_free(problem.bptt);
    mem_free(problem.input);
    mem_free(problem.image);
    mem_free(problem.latent);
    network_release(network);
}

static void check_gradients(bool convolving, enum neuron_model model, enum neuron_reset reset,
                            enum input_encoding encoding, double dropout)
{
    check_losses(convolving, model, reset, encoding, dropout, 0, 0);
}

static void test_dense_subtract(void **state)
{
    (void)state;
    check_gradients(false, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0);
    check_gradients(false, NEURON_IF, RESET_SUBTRACT, ENCODING_CURRENT, 0);
}

static void test_dense_zero(void **state)
{
    (void)state;
    check_gradients(false, NEURON_LIF, RESET_ZERO, ENCODING_CURRENT, 0);
    check_gradients(false, NEURON_IF, RESET_ZERO, ENCODING_CURRENT, 0);
}

static void test_rate_coding(void **state)
{
    (void)state;
    check_gradients(false, NEURON_LIF, RESET_SUBTRACT, ENCODING_RATE, 0);
    check_gradients(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_RATE, 0);
}

static void test_convolutions(void **state)
{
    (void)state;
    check_gradients(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0);
    check_gradients(true, NEURON_LIF, RESET_ZERO, ENCODING_CURRENT, 0);
}

static void test_dropout(void **state)
{
    (void)state;
    check_gradients(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0.4);
    check_gradients(true, NEURON_LIF, RESET_ZERO, ENCODING_CURRENT, 0.4);
}

static void test_spike_penalty(void **state)
{
    (void)state;
    check_losses(false, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0, 0.8, 0);
    check_losses(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0, 2.5, 0);
    check_losses(true, NEURON_LIF, RESET_ZERO, ENCODING_RATE, 0.4, 2.5, 0);
}

static void test_contrast(void **state)
{
    (void)state;
    check_losses(false, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0, 0, 0.9);
    check_losses(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT, 0.4, 0, 3);
}

/* What is penalized is what an inference counts. */
static void test_penalized_synops_are_those_of_inference(void **state)
{
    (void)state;
    struct network *network = make_network(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT);
    const struct bptt_settings settings = {
        .surrogate_slope = 2.5, .spike_penalty = 1, .first_frozen = 4};
    real *input = random_values(BATCH * network_num_inputs(network), 0);
    real *image = random_values(BATCH * network_num_pixels(network), 1);
    const struct bptt_target target = {image, NULL};
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    struct bptt_loss loss = {0};
    struct bptt *bptt;
    for (size_t i = 0; i < BATCH * network_num_inputs(network); i++)
        input[i] *= 3;
    assert_int_equal(bptt_new(network, &settings, BATCH, &bptt, NULL), STATUS_OK);
    bptt_gradient(bptt, network, input, BATCH, BATCH, SEED, 0, &target, &loss);
    for (int i = 0; i < BATCH; i++) {
        struct raster latent, output;
        const real *sample = input + (size_t)i * network_num_inputs(network);
        assert_int_equal(
            inference_encode(&inference, network, sample, SEED, STEPS, &latent, &stats, NULL),
            STATUS_OK);
        assert_int_equal(inference_decode(&inference, network, &latent, &output, &stats, NULL),
                         STATUS_OK);
        raster_free(&latent);
        raster_free(&output);
    }
    assert_true(loss.synops > 100);
    assert_true(loss.synops == (double)(stats.synops - stats.macs));
    inference_free(&inference);
    bptt_free(bptt);
    mem_free(input);
    mem_free(image);
    network_release(network);
}

static void test_frozen_layers_have_no_gradient(void **state)
{
    (void)state;
    struct network *network = make_network(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_CURRENT);
    struct bptt_settings settings = {.surrogate_slope = 2.5, .first_frozen = 3};
    struct bptt *bptt;
    assert_int_equal(bptt_new(network, &settings, BATCH, &bptt, NULL), STATUS_OK);
    assert_non_null(bptt_weight_gradient(bptt, 2));
    assert_null(bptt_weight_gradient(bptt, 3));
    assert_null(bptt_bias_gradient(bptt, 3));
    bptt_free(bptt);
    network_release(network);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct network *network = make_network(true, NEURON_LIF, RESET_SUBTRACT, ENCODING_RATE);
    struct bptt_settings settings = {
        .surrogate_slope = 2.5, .dropout = 0.1, .spike_penalty = 1, .first_frozen = 4};
    enum status status = STATUS_NO_MEMORY;
    int64_t allowed = 0;
    for (; status == STATUS_NO_MEMORY; allowed++) {
        struct bptt *bptt;
        mem_fail_after(allowed);
        status = bptt_new(network, &settings, BATCH, &bptt, NULL);
        mem_fail_never();
        if (status == STATUS_OK)
            bptt_free(bptt);
        else
            assert_null(bptt);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(allowed > 20);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_subtract),
        cmocka_unit_test(test_dense_zero),
        cmocka_unit_test(test_rate_coding),
        cmocka_unit_test(test_convolutions),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_spike_penalty),
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_penalized_synops_are_those_of_inference),
        cmocka_unit_test(test_frozen_layers_have_no_gradient),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("bptt", tests, NULL, NULL);
}
