/*
 * Small networks with random weights for tests: an autoencoder of 6 x 5 pictures and an audiocoder
 * with two convolutions. Everything follows from the seed.
 */
#ifndef SPIKELOOM_TESTS_UNIT_SMALL_NETWORK_H
#define SPIKELOOM_TESTS_UNIT_SMALL_NETWORK_H

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
    SMALL_WIDTH = 6,
    SMALL_HEIGHT = 5,
    SMALL_PIXELS = SMALL_WIDTH * SMALL_HEIGHT,
    SMALL_LATENTS = 17,
    SMALL_STEPS = 10,
    SMALL_CLASSES = 3,
    SMALL_FRAMES = 12
};

static const struct neuron_params small_neuron = {NEURON_LIF, RESET_SUBTRACT, 1, 0.01, 0.001};

/* Uniform values low .. high; `what` keeps several draws of one seed apart. */
static inline void small_random(real *values, size_t count, double low, double high, uint64_t seed,
                                uint32_t what)
{
    const struct rng rng = {.seed = seed, .index = 0, .stream = RNG_STREAM_INIT};
    for (size_t i = 0; i < count; i++)
        values[i] = (real)(low + (high - low) * (double)rng_uniform(&rng, what, (uint32_t)i));
}

static inline struct layer_shape small_dense(int inputs, int outputs)
{
    return (struct layer_shape){.kind = LAYER_DENSE,
                                .in_channels = inputs,
                                .in_length = 1,
                                .out_channels = outputs,
                                .out_length = 1};
}

static inline struct layer_shape small_conv(int in_channels, int in_length, int out_channels,
                                            int width, int stride, int pad)
{
    return (struct layer_shape){.kind = LAYER_CONV,
                                .in_channels = in_channels,
                                .in_length = in_length,
                                .out_channels = out_channels,
                                .out_length = (in_length + 2 * pad - width) / stride + 1,
                                .width = width,
                                .stride = stride,
                                .pad = pad};
}

/* Adds a layer of random weights -low .. high; biases stay below what would spike by itself. */
static inline void small_add(struct network *network, struct layer_shape shape,
                             const struct neuron_params *params, double low, double high,
                             uint64_t seed)
{
    assert_int_equal(network_add_layer(network, &shape, params, NULL), STATUS_OK);
    uint32_t index = (uint32_t)network->num_layers - 1;
    struct layer *layer = &network->layers[index];
    size_t channels = (size_t)shape.out_channels;
    small_random(layer->weight, layer_fan_in(&shape) * channels, low, high, seed, 2 * index);
    small_random(layer->bias, channels, -0.1, 0.9 * (double)layer_rest_bias(layer), seed,
                 2 * index + 1);
}

static inline struct network *small_network(enum network_task task, enum input_encoding encoding)
{
    struct network *network = network_new();
    assert_non_null(network);
    snprintf(network->name, sizeof network->name, "small");
    network->task = task;
    network->encoding = encoding;
    network->num_steps = SMALL_STEPS;
    network->dt = 0.001;
    network->max_rate_hz = 800;
    network->image_width = SMALL_WIDTH;
    network->image_height = SMALL_HEIGHT;
    return network;
}

static inline struct network *small_autoencoder(enum input_encoding encoding,
                                                const struct neuron_params *params, uint64_t seed)
{
    struct network *network = small_network(NETWORK_RECONSTRUCT, encoding);
    small_add(network, small_dense(SMALL_PIXELS, SMALL_LATENTS), params, -0.15, 0.2, seed);
    small_add(network, small_dense(SMALL_LATENTS, SMALL_PIXELS), params, -0.2, 0.4, seed);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

/* Classes "0", "1", ... with pictures of one bright row each. */
static inline void small_classes(struct network *network)
{
    network->class_names = mem_alloc(SMALL_CLASSES, sizeof *network->class_names);
    network->class_images = mem_alloc(SMALL_CLASSES, SMALL_PIXELS);
    assert_non_null(network->class_names);
    assert_non_null(network->class_images);
    network->num_classes = SMALL_CLASSES;
    for (int i = 0; i < SMALL_CLASSES; i++) {
        snprintf(network->class_names[i], sizeof network->class_names[i], "%d", i);
        memset(network->class_images + i * SMALL_PIXELS + i * SMALL_WIDTH, 255, SMALL_WIDTH);
    }
}

static inline struct network *small_audiocoder(uint64_t seed)
{
    struct network *network = small_network(NETWORK_SYNTHESIZE, ENCODING_CURRENT);
    network->front_end = (struct front_end_settings){.cochlea = {8000, 6, 0.7, 10},
                                                     .peak_level = 0.1,
                                                     .frame_samples = 80,
                                                     .floor_removal = 0.5,
                                                     .trim_level = 0.02,
                                                     .trim_margin_frames = 2,
                                                     .num_frames = SMALL_FRAMES,
                                                     .mean_removal = 0.7};
    assert_int_equal(cochlea_design(&network->front_end.cochlea, &network->cochlea, NULL),
                     STATUS_OK);
    int channels = network->cochlea.num_channels;
    small_add(network, small_conv(channels, SMALL_FRAMES, 9, 5, 2, 2), &small_neuron, -0.15, 0.2,
              seed);
    small_add(network, small_conv(9, 6, 7, 3, 2, 1), &small_neuron, -0.3, 0.5, seed);
    small_add(network, small_dense(21, SMALL_LATENTS), &small_neuron, -0.3, 0.5, seed);
    network->latent_layer = 2;
    small_add(network, small_dense(SMALL_LATENTS, SMALL_PIXELS), &small_neuron, -0.2, 0.4, seed);
    small_classes(network);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

#endif
