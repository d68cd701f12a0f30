#include "train/membrane.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "core/spike/surrogate.h"
#include "core/spike/synapse.h"
#include "train/gather.h"

#include <string.h>

enum { ENCODER, DECODER };

/* Shares that are not 0, from which a matrix product is faster. */
static const double membrane_dense_spikes = 0.2; /* of inputs */
static const double membrane_dense_traces = 0.5; /* of a block's traces */
static const double membrane_dense_errors = 0.2; /* of the errors of outputs */

static bool allocate(real **values, size_t count)
{
    *values = mem_alloc(count, sizeof(real));
    return *values != NULL;
}

static bool allocate_layer(struct membrane_layer *layer, const struct layer_shape *shape,
                           size_t samples)
{
    bool complete = true;
    layer->inputs = layer_num_inputs(shape);
    layer->units = layer_num_outputs(shape);
    complete &= allocate(&layer->v, samples * layer->units);
    complete &= allocate(&layer->v_before_reset, samples * layer->units);
    complete &= allocate(&layer->spiked, samples * layer->units);
    complete &= allocate(&layer->delta, samples * layer->units);
    complete &= allocate(&layer->trace, layer->inputs * samples);
    complete &= allocate(&layer->trace_factor, samples);
    layer->spikes = mem_alloc(samples * layer->inputs, sizeof *layer->spikes);
    layer->num_spikes = mem_alloc(samples, sizeof *layer->num_spikes);
    layer->arrived = mem_alloc(layer->inputs * samples, sizeof *layer->arrived);
    layer->rows = mem_alloc(layer->inputs, sizeof *layer->rows);
    return complete && layer->spikes && layer->num_spikes && layer->arrived && layer->rows;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

enum status membrane_init(struct membrane *membrane, const struct network *network, int capacity,
                          struct error *error)
{
    struct membrane_layer *layers = membrane->layers;
    size_t samples = (size_t)capacity;
    bool complete = true;
    *membrane = (struct membrane){.capacity = capacity};
    for (int i = 0; i < MEMBRANE_LAYERS; i++)
        complete &= allocate_layer(&layers[i], &network->layers[i].shape, samples);
    complete &= allocate(&membrane->target, samples * layers[DECODER].units);
    complete &= allocate(&membrane->surrogate, samples * layers[ENCODER].units);
    complete &= allocate(&membrane->turned, layers[DECODER].units * layers[DECODER].inputs);
    membrane->loss = mem_alloc(samples, sizeof *membrane->loss);
    membrane->width =
        larger(larger(layers[ENCODER].inputs, layers[DECODER].inputs), layers[DECODER].units);
    complete &= allocate(&membrane->current, samples * membrane->width);
    complete &= allocate(&membrane->dense, samples * membrane->width);
    if (complete && membrane->loss)
        return STATUS_OK;
    membrane_free(membrane);
    return error_plain(error, STATUS_NO_MEMORY);
}

void membrane_free(struct membrane *membrane)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        struct membrane_layer *layer = &membrane->layers[i];
        mem_free(layer->v);
        mem_free(layer->v_before_reset);
        mem_free(layer->spiked);
        mem_free(layer->delta);
        mem_free(layer->trace);
        mem_free(layer->trace_factor);
        mem_free(layer->spikes);
        mem_free(layer->num_spikes);
        mem_free(layer->arrived);
        mem_free(layer->rows);
    }
    mem_free(membrane->target);
    mem_free(membrane->surrogate);
    mem_free(membrane->turned);
    mem_free(membrane->loss);
    mem_free(membrane->current);
    mem_free(membrane->dense);
    *membrane = (struct membrane){0};
}

void membrane_start(struct membrane *membrane, int batch)
{
    size_t stride = (size_t)membrane->capacity;
    membrane->batch = batch;
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        struct membrane_layer *layer = &membrane->layers[i];
        memset(layer->v, 0, (size_t)batch * layer->units * sizeof(real));
        for (size_t row = 0; row < layer->inputs; row++) {
            if (membrane->all_rows)
                layer->rows[row] = MEMBRANE_ROW_NEW;
            else if (!membrane->keep_rows)
                layer->rows[row] = MEMBRANE_ROW_IDLE;
            if (layer->rows[row] != MEMBRANE_ROW_IDLE)
                memset(layer->trace + row * stride, 0, stride * sizeof(real));
        }
    }
}

/* current [count][units] of samples first .. from the spikes of each: a spike adds a row. */
static void add_spikes(const struct membrane_layer *layer, const real *weight, size_t first,
                       size_t count, real *current)
{
    for (size_t sample = first; sample < first + count; sample++, current += layer->units) {
        memset(current, 0, layer->units * sizeof *current);
        synapse_add_spikes(current, weight, layer->units, layer->spikes + sample * layer->inputs,
                           layer->num_spikes[sample], 0);
    }
}

/* The same as a matrix product; dense [count][inputs] is scratch. */
static void multiply_spikes(const struct membrane_layer *layer, const real *weight, size_t first,
                            size_t count, real *dense, real *current)
{
    memset(dense, 0, count * layer->inputs * sizeof *dense);
    for (size_t i = 0; i < count; i++) {
        const uint32_t *spikes = layer->spikes + (first + i) * layer->inputs;
        for (uint32_t k = 0; k < layer->num_spikes[first + i]; k++)
            dense[i * layer->inputs + spikes[k]] = 1;
    }
    gemm(count, layer->units, layer->inputs, 1, (struct gemm_view){dense, layer->inputs, false},
         (struct gemm_view){weight, layer->units, false}, 0, current, layer->units);
}

static bool is_dense(enum membrane_path path, size_t found, size_t all, double share)
{
    return path == MEMBRANE_BY_DENSITY ? (double)found > share * (double)all
                                       : path == MEMBRANE_DENSE;
}

/* 1 - (spikes of the layer) / divisor, of each sample; the factor is not clamped. */
static void set_trace_factors(struct membrane_layer *layer, real divisor, size_t first,
                              size_t count)
{
    for (size_t sample = first; sample < first + count; sample++) {
        size_t fired = gather_count(layer->spiked + sample * layer->units, layer->units);
        layer->trace_factor[sample] = 1 - (real)fired / divisor;
    }
}

static void run_layer(struct membrane *membrane, const struct network *network, int index,
                      size_t first, size_t count)
{
    struct membrane_layer *layer = &membrane->layers[index];
    const real *weight = network->layers[index].weight;
    real *current = membrane->current + first * membrane->width;
    size_t at = first * layer->units, spikes = 0;
    for (size_t sample = first; sample < first + count; sample++) {
        const uint32_t *units = layer->spikes + sample * layer->inputs;
        spikes += layer->num_spikes[sample];
        for (uint32_t i = 0; i < layer->num_spikes[sample]; i++)
            layer->arrived[units[i] * (size_t)membrane->capacity + sample] = 1;
    }
    if (is_dense(membrane->path, spikes, count * layer->inputs, membrane_dense_spikes))
        multiply_spikes(layer, weight, first, count, membrane->dense + first * membrane->width,
                        current);
    else
        add_spikes(layer, weight, first, count, current);
    neuron_step(&network->layers[index].neuron, layer->v + at, current, layer->spiked + at,
                layer->v_before_reset + at, count * layer->units);
    set_trace_factors(layer, membrane->divisor[index], first, count);
}

/* What the hidden units send on. */
static void list_hidden_spikes(struct membrane *membrane, size_t first, size_t count)
{
    const struct membrane_layer *hidden = &membrane->layers[ENCODER];
    struct membrane_layer *output = &membrane->layers[DECODER];
    for (size_t sample = first; sample < first + count; sample++)
        output->num_spikes[sample] =
            neuron_spiking_units(hidden->spiked + sample * hidden->units, hidden->units,
                                 output->spikes + sample * output->inputs);
}

static void output_error(struct membrane *membrane, real threshold, size_t first, size_t count)
{
    const struct membrane_layer *output = &membrane->layers[DECODER];
    const real *restrict target = membrane->target, *restrict spiked = output->spiked;
    const real *restrict v = output->v_before_reset;
    const bool everywhere = membrane->mask == MEMBRANE_MASK_NONE;
    real *restrict delta = output->delta;
    for (size_t i = first * output->units; i < (first + count) * output->units; i++) {
        real error = target[i] * threshold - v[i];
        delta[i] = everywhere || target[i] != spiked[i] ? error : 0;
    }
}

/* hidden delta = output delta times the decoder, transposed. */
static void carry_back(struct membrane *membrane, const struct network *network, size_t first,
                       size_t count)
{
    const struct membrane_layer *hidden = &membrane->layers[ENCODER];
    const struct membrane_layer *output = &membrane->layers[DECODER];
    const real *errors = output->delta + first * output->units;
    real *delta = hidden->delta + first * hidden->units;
    if (is_dense(membrane->path, gather_count(errors, count * output->units), count * output->units,
                 membrane_dense_errors)) {
        gemm(count, hidden->units, output->units, 1,
             (struct gemm_view){errors, output->units, false},
             (struct gemm_view){network->layers[DECODER].weight, output->units, true}, 0, delta,
             hidden->units);
        return;
    }
    memset(delta, 0, count * hidden->units * sizeof *delta);
    for (size_t i = 0; i < count; i++)
        gather_rows(errors + i * output->units, output->units, 1, membrane->turned, hidden->units,
                    hidden->units, delta + i * hidden->units);
}

/* The output error, carried back to the hidden potentials: delta = (decoder error) * s'. */
static void hidden_error(struct membrane *membrane, const struct network *network, size_t first,
                         size_t count)
{
    struct membrane_layer *hidden = &membrane->layers[ENCODER];
    const real threshold = network->layers[ENCODER].neuron.threshold;
    carry_back(membrane, network, first, count);
    for (size_t i = first * hidden->units; i < (first + count) * hidden->units; i++) {
        membrane->surrogate[i] = surrogate_logistic(hidden->v_before_reset[i] - threshold);
        hidden->delta[i] *= membrane->surrogate[i];
    }
}

/* The squared errors of each sample, four sums at a time. */
static void square_errors(struct membrane *membrane, size_t first, size_t count)
{
    const struct membrane_layer *output = &membrane->layers[DECODER];
    for (size_t sample = first; sample < first + count; sample++) {
        const real *delta = output->delta + sample * output->units;
        double sums[4] = {0};
        for (size_t unit = 0; unit < output->units; unit++)
            sums[unit % 4] += (double)(delta[unit] * delta[unit]);
        membrane->loss[sample] = sums[0] + sums[1] + sums[2] + sums[3];
    }
}

void membrane_forward(struct membrane *membrane, const struct network *network, int first,
                      int count)
{
    size_t from = (size_t)first, samples = (size_t)count;
    run_layer(membrane, network, ENCODER, from, samples);
    list_hidden_spikes(membrane, from, samples);
    run_layer(membrane, network, DECODER, from, samples);
    output_error(membrane, network->layers[DECODER].neuron.threshold, from, samples);
    square_errors(membrane, from, samples);
    hidden_error(membrane, network, from, samples);
}

/* trace = beta trace + spike */
static void follow_trace(real *restrict trace, uint8_t *restrict arrived, real beta, size_t batch)
{
    for (size_t i = 0; i < batch; i++)
        trace[i] = trace[i] * beta + (real)arrived[i];
    memset(arrived, 0, batch);
}

bool membrane_advance(struct membrane *membrane, const struct network *network, int layer,
                      size_t first, size_t count)
{
    struct membrane_layer *at = &membrane->layers[layer];
    const real beta = network->layers[layer].neuron.beta;
    size_t batch = (size_t)membrane->batch, stride = (size_t)membrane->capacity;
    bool any = false;
    for (size_t row = first; row < first + count; row++) {
        uint8_t *arrived = at->arrived + row * stride;
        real *trace = at->trace + row * stride;
        if (at->rows[row] == MEMBRANE_ROW_IDLE) {
            if (!memchr(arrived, 1, batch))
                continue;
            at->rows[row] = MEMBRANE_ROW_NEW;
            memset(trace, 0, batch * sizeof *trace);
        }
        follow_trace(trace, arrived, beta, batch);
        any = true;
    }
    return any;
}

/* Traces of rows first .. first + count - 1 that are not zero. */
static size_t count_traces(const struct membrane *membrane, const struct membrane_layer *layer,
                           size_t first, size_t count)
{
    size_t found = 0;
    for (size_t row = first; row < first + count; row++) {
        const real *trace = layer->trace + row * (size_t)membrane->capacity;
        if (layer->rows[row] == MEMBRANE_ROW_IDLE)
            continue;
        found += gather_count(trace, (size_t)membrane->batch);
    }
    return found;
}

void membrane_gradient(const struct membrane *membrane, int layer, size_t first, size_t count,
                       size_t column, size_t columns, real *gradient)
{
    const struct membrane_layer *at = &membrane->layers[layer];
    size_t batch = (size_t)membrane->batch, stride = (size_t)membrane->capacity;
    const real *trace = at->trace + first * stride, *delta = at->delta + column;
    const real scale = -1 / (real)batch;
    if (is_dense(membrane->path, count_traces(membrane, at, first, count), count * batch,
                 membrane_dense_traces)) {
        gemm(count, columns, batch, scale, (struct gemm_view){trace, stride, false},
             (struct gemm_view){delta, at->units, false}, 0, gradient, columns);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (at->rows[first + i] == MEMBRANE_ROW_IDLE)
            continue;
        memset(gradient + i * columns, 0, columns * sizeof *gradient);
        gather_rows(trace + i * stride, batch, scale, delta, at->units, columns,
                    gradient + i * columns);
    }
}

void membrane_settle(struct membrane *membrane, int layer, size_t first, size_t count)
{
    struct membrane_layer *at = &membrane->layers[layer];
    for (size_t row = first; row < first + count; row++) {
        real *restrict trace = at->trace + row * (size_t)membrane->capacity;
        const real *restrict factor = at->trace_factor;
        if (at->rows[row] == MEMBRANE_ROW_IDLE)
            continue;
        for (size_t sample = 0; sample < (size_t)membrane->batch; sample++)
            trace[sample] *= factor[sample];
        at->rows[row] = MEMBRANE_ROW_LIVE;
    }
}

void membrane_turn(struct membrane *membrane, const struct network *network, size_t first,
                   size_t count)
{
    const struct membrane_layer *output = &membrane->layers[DECODER];
    gemm_transpose(network->layers[DECODER].weight + first * output->units, count, output->units,
                   membrane->turned + first, output->inputs);
}

double membrane_loss(const struct membrane *membrane)
{
    double loss = 0;
    for (size_t sample = 0; sample < (size_t)membrane->batch; sample++)
        loss += membrane->loss[sample];
    return loss;
}
