#include "train/membrane.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "core/spike/surrogate.h"
#include "core/spike/synapse.h"

#include <string.h>

enum { ENCODER, DECODER };

/* Shares of spikes among inputs, and of traces among a block's, from which a product is faster. */
static const double membrane_dense_spikes = 0.2, membrane_dense_traces = 0.125;

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
    membrane->width =
        larger(larger(layers[ENCODER].inputs, layers[DECODER].inputs), layers[DECODER].units);
    complete &= allocate(&membrane->current, samples * membrane->width);
    complete &= allocate(&membrane->dense, samples * membrane->width);
    if (complete)
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
        real fired = 0;
        for (size_t unit = 0; unit < layer->units; unit++)
            fired += layer->spiked[sample * layer->units + unit];
        layer->trace_factor[sample] = 1 - fired / divisor;
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
    struct membrane_layer *output = &membrane->layers[DECODER];
    for (size_t i = first * output->units; i < (first + count) * output->units; i++) {
        bool learns =
            membrane->mask == MEMBRANE_MASK_NONE || membrane->target[i] != output->spiked[i];
        real error = membrane->target[i] * threshold - output->v_before_reset[i];
        output->delta[i] = learns ? error : 0;
    }
}

/* The output error, carried back to the hidden potentials: delta = (decoder error) * s'. */
static void hidden_error(struct membrane *membrane, const struct network *network, size_t first,
                         size_t count)
{
    struct membrane_layer *hidden = &membrane->layers[ENCODER];
    const struct membrane_layer *output = &membrane->layers[DECODER];
    const real threshold = network->layers[ENCODER].neuron.threshold;
    gemm(count, hidden->units, output->units, 1,
         (struct gemm_view){output->delta + first * output->units, output->units, false},
         (struct gemm_view){network->layers[DECODER].weight, output->units, true}, 0,
         hidden->delta + first * hidden->units, hidden->units);
    for (size_t i = first * hidden->units; i < (first + count) * hidden->units; i++) {
        membrane->surrogate[i] = surrogate_logistic(hidden->v_before_reset[i] - threshold);
        hidden->delta[i] *= membrane->surrogate[i];
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

/*
 * Units whose sums are kept at a time, small enough for registers, and samples whose traces are
 * gathered at a time.
 */
enum { GRADIENT_LANES = 32, GRADIENT_SAMPLES = 64 };

/* Traces that are not zero, times the scale, and whose they are. */
struct gathered {
    size_t count;
    uint32_t sample[GRADIENT_SAMPLES];
    real trace[GRADIENT_SAMPLES];
};

static void add_outer_lanes(real *restrict gradient, const real *restrict delta, size_t units,
                            const struct gathered *gathered)
{
    real sum[GRADIENT_LANES];
    for (size_t lane = 0; lane < GRADIENT_LANES; lane++)
        sum[lane] = gradient[lane];
    for (size_t i = 0; i < gathered->count; i++) {
        const real *row = delta + gathered->sample[i] * units;
        const real trace = gathered->trace[i];
        for (size_t lane = 0; lane < GRADIENT_LANES; lane++)
            sum[lane] += trace * row[lane];
    }
    for (size_t lane = 0; lane < GRADIENT_LANES; lane++)
        gradient[lane] = sum[lane];
}

/* gradient [columns] += the gathered traces times delta's rows, in the order of samples. */
static void add_outer(real *gradient, size_t columns, const real *delta, size_t units,
                      struct gathered *gathered)
{
    size_t column = 0;
    for (; column + GRADIENT_LANES <= columns; column += GRADIENT_LANES)
        add_outer_lanes(gradient + column, delta + column, units, gathered);
    for (size_t i = 0; i < gathered->count && column < columns; i++)
        for (size_t rest = column; rest < columns; rest++)
            gradient[rest] += gathered->trace[i] * delta[gathered->sample[i] * units + rest];
    gathered->count = 0;
}

static void sparse_row(const real *trace, size_t batch, real scale, const real *delta, size_t units,
                       real *gradient, size_t columns)
{
    struct gathered gathered;
    gathered.count = 0;
    memset(gradient, 0, columns * sizeof *gradient);
    for (size_t sample = 0; sample < batch; sample++) {
        if (trace[sample] == 0)
            continue;
        gathered.sample[gathered.count] = (uint32_t)sample;
        gathered.trace[gathered.count++] = scale * trace[sample];
        if (gathered.count == GRADIENT_SAMPLES)
            add_outer(gradient, columns, delta, units, &gathered);
    }
    add_outer(gradient, columns, delta, units, &gathered);
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
        for (size_t sample = 0; sample < (size_t)membrane->batch; sample++)
            found += trace[sample] != 0;
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
    for (size_t i = 0; i < count; i++)
        if (at->rows[first + i] != MEMBRANE_ROW_IDLE)
            sparse_row(trace + i * stride, batch, scale, delta, at->units, gradient + i * columns,
                       columns);
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

double membrane_loss(const struct membrane *membrane)
{
    const struct membrane_layer *output = &membrane->layers[DECODER];
    double loss = 0;
    for (size_t i = 0; i < (size_t)membrane->batch * output->units; i++)
        loss += (double)(output->delta[i] * output->delta[i]);
    return loss;
}
