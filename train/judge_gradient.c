/* Forward and backward pass of the judge. */
#include "train/judge_training.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "models/layer.h"

#include <math.h>
#include <string.h>

static size_t layer_inputs(const struct judge *judge, int layer)
{
    return layer_num_inputs(&judge->layers[layer].shape);
}

static size_t layer_outputs(const struct judge *judge, int layer)
{
    return layer_num_outputs(&judge->layers[layer].shape);
}

enum status judge_shard_init(struct judge_shard *shard, const struct judge *judge, int capacity,
                             struct error *error)
{
    size_t rows = (size_t)capacity;
    *shard = (struct judge_shard){.capacity = capacity};
    shard->value[0] = mem_alloc(rows * layer_inputs(judge, 0), sizeof(real));
    shard->scratch = mem_alloc(layer_inputs(judge, 0), sizeof(real));
    shard->label = mem_alloc(rows, sizeof *shard->label);
    bool complete = shard->value[0] && shard->scratch && shard->label;
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        size_t inputs = layer_inputs(judge, i), outputs = layer_outputs(judge, i);
        shard->value[i + 1] = mem_alloc(rows * outputs, sizeof(real));
        shard->delta[i] = mem_alloc(rows * outputs, sizeof(real));
        shard->weight[i] = mem_alloc(inputs * outputs, sizeof(real));
        shard->bias[i] = mem_alloc(outputs, sizeof(real));
        complete = complete && shard->value[i + 1] && shard->delta[i] && shard->weight[i] &&
                   shard->bias[i];
        if (i < JUDGE_LAYERS - 1) {
            shard->mask[i] = mem_alloc(rows * outputs, sizeof(real));
            complete = complete && shard->mask[i];
        }
    }
    return complete ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void judge_shard_free(struct judge_shard *shard)
{
    mem_free(shard->value[0]);
    mem_free(shard->scratch);
    mem_free(shard->label);
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        mem_free(shard->value[i + 1]);
        mem_free(shard->delta[i]);
        mem_free(shard->weight[i]);
        mem_free(shard->bias[i]);
        if (i < JUDGE_LAYERS - 1)
            mem_free(shard->mask[i]);
    }
    *shard = (struct judge_shard){0};
}

static struct gemm_view plain(const real *values, size_t columns)
{
    return (struct gemm_view){values, columns, false};
}

static struct gemm_view transposed(const real *values, size_t columns)
{
    return (struct gemm_view){values, columns, true};
}

/* value [count] becomes its softmax; returns the logarithm of the probability at `label`. */
static double softmax(real *value, size_t count, int label)
{
    double sum = 0, largest = (double)value[0], own = (double)value[label];
    for (size_t i = 1; i < count; i++)
        largest = fmax(largest, (double)value[i]);
    for (size_t i = 0; i < count; i++)
        sum += exp((double)value[i] - largest);
    for (size_t i = 0; i < count; i++)
        value[i] = (real)(exp((double)value[i] - largest) / sum);
    return own - largest - log(sum);
}

static void forward(struct judge_shard *shard, const struct judge *judge, size_t rows)
{
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        const struct layer *layer = &judge->layers[i];
        size_t inputs = layer_inputs(judge, i), outputs = layer_outputs(judge, i);
        real *value = shard->value[i + 1];
        for (size_t row = 0; row < rows; row++)
            layer_start_current(layer, value + row * outputs);
        gemm(rows, outputs, inputs, 1, plain(shard->value[i], inputs),
             plain(layer->weight, outputs), 1, value, outputs);
        if (i == JUDGE_LAYERS - 1)
            break;
        for (size_t row = 0; row < rows; row++)
            layer_activate(layer, value + row * outputs, value + row * outputs);
        for (size_t k = 0; k < rows * outputs; k++)
            value[k] *= shard->mask[i][k];
    }
}

/* The loss, and its gradient by the currents of the last layer. */
static void compare(struct judge_shard *shard, const struct judge *judge, size_t rows,
                    int normalizer)
{
    size_t outputs = layer_outputs(judge, JUDGE_LAYERS - 1);
    shard->loss = 0;
    for (size_t row = 0; row < rows; row++) {
        real *value = shard->value[JUDGE_LAYERS] + row * outputs;
        real *delta = shard->delta[JUDGE_LAYERS - 1] + row * outputs;
        shard->loss -= softmax(value, outputs, shard->label[row]);
        for (size_t i = 0; i < outputs; i++)
            delta[i] = (value[i] - ((int)i == shard->label[row])) / (real)normalizer;
    }
}

static void sum_rows(const real *values, size_t rows, size_t columns, real *sum)
{
    memset(sum, 0, columns * sizeof *sum);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            sum[i] += values[row * columns + i];
}

/* delta of layer `below` from that of the layer after it. */
static void backward(struct judge_shard *shard, const struct judge *judge, int below, size_t rows)
{
    size_t inputs = layer_outputs(judge, below), outputs = layer_outputs(judge, below + 1);
    const real *value = shard->value[below + 1], *mask = shard->mask[below];
    real *delta = shard->delta[below];
    gemm(rows, inputs, outputs, 1, plain(shard->delta[below + 1], outputs),
         transposed(judge->layers[below + 1].weight, outputs), 0, delta, inputs);
    for (size_t i = 0; i < rows * inputs; i++)
        delta[i] = value[i] > 0 ? delta[i] * mask[i] : 0;
}

void judge_gradient(struct judge_shard *shard, const struct judge *judge, int batch, int normalizer)
{
    size_t rows = (size_t)batch;
    forward(shard, judge, rows);
    compare(shard, judge, rows, normalizer);
    for (int i = JUDGE_LAYERS - 1; i >= 0; i--) {
        size_t inputs = layer_inputs(judge, i), outputs = layer_outputs(judge, i);
        gemm(inputs, outputs, rows, 1, transposed(shard->value[i], inputs),
             plain(shard->delta[i], outputs), 0, shard->weight[i], outputs);
        sum_rows(shard->delta[i], rows, outputs, shard->bias[i]);
        if (i > 0)
            backward(shard, judge, i - 1, rows);
    }
}
