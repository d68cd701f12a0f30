#include "train/ann.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "models/layer.h"

#include <string.h>

static size_t layer_inputs(const struct network *network, int layer)
{
    return layer_num_inputs(&network->layers[layer].shape);
}

static size_t layer_outputs(const struct network *network, int layer)
{
    return layer_num_outputs(&network->layers[layer].shape);
}

enum status ann_shard_init(struct ann_shard *shard, const struct network *network, int capacity,
                           struct error *error)
{
    size_t rows = (size_t)capacity;
    *shard = (struct ann_shard){.capacity = capacity};
    shard->value[0] = mem_alloc(rows * network_num_inputs(network), sizeof(real));
    shard->target = mem_alloc(rows * network_num_pixels(network), sizeof(real));
    bool complete = shard->value[0] && shard->target;
    for (int i = 0; i < network->num_layers; i++) {
        size_t inputs = layer_inputs(network, i), outputs = layer_outputs(network, i);
        shard->value[i + 1] = mem_alloc(rows * outputs, sizeof(real));
        shard->delta[i] = mem_alloc(rows * outputs, sizeof(real));
        shard->gradient[i] = mem_alloc(inputs * outputs, sizeof(real));
        complete = complete && shard->value[i + 1] && shard->delta[i] && shard->gradient[i];
    }
    return complete ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void ann_shard_free(struct ann_shard *shard)
{
    mem_free(shard->value[0]);
    mem_free(shard->target);
    for (int i = 0; i < NETWORK_MAX_LAYERS; i++) {
        mem_free(shard->value[i + 1]);
        mem_free(shard->delta[i]);
        mem_free(shard->gradient[i]);
    }
    *shard = (struct ann_shard){0};
}

static struct gemm_view plain(const real *values, size_t columns)
{
    return (struct gemm_view){values, columns, false};
}

static struct gemm_view transposed(const real *values, size_t columns)
{
    return (struct gemm_view){values, columns, true};
}

static void forward(struct ann_shard *shard, const struct network *network, size_t rows)
{
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        size_t inputs = layer_inputs(network, i), outputs = layer_outputs(network, i);
        real *value = shard->value[i + 1];
        gemm(rows, outputs, inputs, 1, plain(shard->value[i], inputs),
             plain(layer->weight, outputs), 0, value, outputs);
        for (size_t row = 0; row < rows; row++)
            layer_activate(layer, value + row * outputs, value + row * outputs);
    }
}

/* delta [count] *= the derivative of the activation, told from its value. */
static void scale_by_slope(const struct layer *layer, const real *value, size_t count, real *delta)
{
    if (layer->params.model == NEURON_SIGMOID)
        for (size_t i = 0; i < count; i++)
            delta[i] *= value[i] * (1 - value[i]);
    else
        for (size_t i = 0; i < count; i++)
            delta[i] = value[i] > 0 ? delta[i] : 0;
}

/* The loss, and its gradient by the values of the output. */
static void compare(struct ann_shard *shard, const struct network *network, size_t rows,
                    int normalizer)
{
    int last = network->num_layers - 1;
    size_t outputs = layer_outputs(network, last);
    const real *value = shard->value[last + 1];
    const real scale = (real)(2.0 / ((double)normalizer * (double)outputs));
    shard->loss = 0;
    for (size_t i = 0; i < rows * outputs; i++) {
        real error = value[i] - shard->target[i];
        shard->loss += (double)error * (double)error;
        shard->delta[last][i] = scale * error;
    }
}

void ann_gradient(struct ann_shard *shard, const struct network *network, int batch, int normalizer)
{
    size_t rows = (size_t)batch;
    forward(shard, network, rows);
    compare(shard, network, rows, normalizer);
    for (int i = network->num_layers - 1; i >= 0; i--) {
        const struct layer *layer = &network->layers[i];
        size_t inputs = layer_inputs(network, i), outputs = layer_outputs(network, i);
        scale_by_slope(layer, shard->value[i + 1], rows * outputs, shard->delta[i]);
        gemm(inputs, outputs, rows, 1, transposed(shard->value[i], inputs),
             plain(shard->delta[i], outputs), 0, shard->gradient[i], outputs);
        if (i > 0)
            gemm(rows, inputs, outputs, 1, plain(shard->delta[i], outputs),
                 transposed(layer->weight, outputs), 0, shard->delta[i - 1], inputs);
    }
}
