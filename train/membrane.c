#include "train/membrane.h"

#include "core/base/mem.h"
#include "core/math/gemm.h"
#include "core/spike/surrogate.h"

#include <string.h>

enum { ENCODER, DECODER };

static size_t layer_inputs(const struct network *network, int layer)
{
    return layer_num_inputs(&network->layers[layer].shape);
}

static size_t layer_units(const struct network *network, int layer)
{
    return layer_num_outputs(&network->layers[layer].shape);
}

static bool allocate(real **values, size_t count)
{
    *values = mem_alloc(count, sizeof(real));
    return *values != NULL;
}

enum status membrane_shard_init(struct membrane_shard *shard, const struct network *network,
                                int capacity, struct error *error)
{
    size_t samples = (size_t)capacity;
    bool complete = true;
    *shard = (struct membrane_shard){.capacity = capacity};
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        size_t inputs = layer_inputs(network, i), units = layer_units(network, i);
        complete &= allocate(&shard->v[i], samples * units);
        complete &= allocate(&shard->v_before_reset[i], samples * units);
        complete &= allocate(&shard->spiked[i], samples * units);
        complete &= allocate(&shard->trace[i], samples * inputs);
        complete &= allocate(&shard->gradient[i], inputs * units);
    }
    size_t widest = layer_units(network, ENCODER) > layer_units(network, DECODER)
                        ? layer_units(network, ENCODER)
                        : layer_units(network, DECODER);
    complete &= allocate(&shard->current, samples * widest);
    complete &= allocate(&shard->error, samples * layer_units(network, DECODER));
    complete &= allocate(&shard->surrogate, samples * layer_units(network, ENCODER));
    complete &= allocate(&shard->delta, samples * layer_units(network, ENCODER));
    complete &= allocate(&shard->input, samples * layer_inputs(network, ENCODER));
    complete &= allocate(&shard->values, samples * layer_inputs(network, ENCODER));
    complete &= allocate(&shard->target, samples * layer_units(network, DECODER));
    shard->random = mem_alloc(layer_inputs(network, ENCODER), sizeof *shard->random);
    if (complete && shard->random)
        return STATUS_OK;
    membrane_shard_free(shard);
    return error_plain(error, STATUS_NO_MEMORY);
}

void membrane_shard_free(struct membrane_shard *shard)
{
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        mem_free(shard->v[i]);
        mem_free(shard->v_before_reset[i]);
        mem_free(shard->spiked[i]);
        mem_free(shard->trace[i]);
        mem_free(shard->gradient[i]);
    }
    mem_free(shard->current);
    mem_free(shard->error);
    mem_free(shard->surrogate);
    mem_free(shard->delta);
    mem_free(shard->input);
    mem_free(shard->values);
    mem_free(shard->target);
    mem_free(shard->random);
    *shard = (struct membrane_shard){0};
}

void membrane_shard_start(struct membrane_shard *shard, const struct network *network, int batch)
{
    shard->batch = batch;
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        memset(shard->v[i], 0, (size_t)batch * layer_units(network, i) * sizeof(real));
        memset(shard->trace[i], 0, (size_t)batch * layer_inputs(network, i) * sizeof(real));
    }
}

/* trace = beta trace + spike */
static void follow_trace(real *restrict trace, const real *restrict spiked, real beta, size_t count)
{
    for (size_t i = 0; i < count; i++)
        trace[i] = trace[i] * beta + spiked[i];
}

static void run_layer(struct membrane_shard *shard, const struct network *network, int index,
                      const real *input)
{
    const struct layer *layer = &network->layers[index];
    size_t samples = (size_t)shard->batch, inputs = layer_inputs(network, index);
    size_t units = layer_units(network, index);
    gemm(samples, units, inputs, 1, (struct gemm_view){input, inputs, false},
         (struct gemm_view){layer->weight, units, false}, 0, shard->current, units);
    neuron_step(&layer->neuron, shard->v[index], shard->current, shard->spiked[index],
                shard->v_before_reset[index], samples * units);
}

static void output_error(struct membrane_shard *shard, const struct network *network,
                         enum membrane_loss_mask mask)
{
    const real threshold = network->layers[DECODER].neuron.threshold;
    size_t count = (size_t)shard->batch * layer_units(network, DECODER);
    for (size_t i = 0; i < count; i++) {
        bool learns = mask == MEMBRANE_MASK_NONE || shard->target[i] != shard->spiked[DECODER][i];
        real error = shard->target[i] * threshold - shard->v_before_reset[DECODER][i];
        shard->error[i] = learns ? error : 0;
    }
}

/* gradient [inputs][units] = scale * trace^T [inputs][batch] delta [batch][units] */
static void layer_gradient(struct membrane_shard *shard, const struct network *network, int index,
                           const real *delta, real scale)
{
    size_t inputs = layer_inputs(network, index), units = layer_units(network, index);
    gemm(inputs, units, (size_t)shard->batch, scale,
         (struct gemm_view){shard->trace[index], inputs, true},
         (struct gemm_view){delta, units, false}, 0, shard->gradient[index], units);
}

/* The output error, carried back to the hidden potentials: delta = (decoder error) * s'. */
static void hidden_delta(struct membrane_shard *shard, const struct network *network)
{
    size_t samples = (size_t)shard->batch, hidden = layer_units(network, ENCODER);
    size_t outputs = layer_units(network, DECODER);
    const real threshold = network->layers[ENCODER].neuron.threshold;
    gemm(samples, hidden, outputs, 1, (struct gemm_view){shard->error, outputs, false},
         (struct gemm_view){network->layers[DECODER].weight, outputs, true}, 0, shard->delta,
         hidden);
    for (size_t i = 0; i < samples * hidden; i++) {
        shard->surrogate[i] = surrogate_logistic(shard->v_before_reset[ENCODER][i] - threshold);
        shard->delta[i] *= shard->surrogate[i];
    }
}

/* Scales each sample's trace by 1 - (spikes of the layer) / divisor; the factor is not clamped. */
static void scale_trace(struct membrane_shard *shard, const struct network *network, int index,
                        real divisor)
{
    size_t inputs = layer_inputs(network, index), units = layer_units(network, index);
    for (size_t sample = 0; sample < (size_t)shard->batch; sample++) {
        real fired = 0;
        for (size_t unit = 0; unit < units; unit++)
            fired += shard->spiked[index][sample * units + unit];
        for (size_t i = 0; i < inputs; i++)
            shard->trace[index][sample * inputs + i] *= 1 - fired / divisor;
    }
}

void membrane_step(struct membrane_shard *shard, const struct network *network,
                   enum membrane_loss_mask mask, const real divisor[MEMBRANE_LAYERS],
                   int normalizer)
{
    size_t samples = (size_t)shard->batch;
    const real scale = -1 / (real)normalizer;
    run_layer(shard, network, ENCODER, shard->input);
    run_layer(shard, network, DECODER, shard->spiked[ENCODER]);
    follow_trace(shard->trace[ENCODER], shard->input, network->layers[ENCODER].neuron.beta,
                 samples * layer_inputs(network, ENCODER));
    follow_trace(shard->trace[DECODER], shard->spiked[ENCODER],
                 network->layers[DECODER].neuron.beta, samples * layer_inputs(network, DECODER));
    output_error(shard, network, mask);
    layer_gradient(shard, network, DECODER, shard->error, scale);
    hidden_delta(shard, network);
    layer_gradient(shard, network, ENCODER, shard->delta, scale);
    for (int i = 0; i < MEMBRANE_LAYERS; i++)
        scale_trace(shard, network, i, divisor[i]);
}

double membrane_loss(const struct membrane_shard *shard, const struct network *network)
{
    double loss = 0;
    for (size_t i = 0; i < (size_t)shard->batch * layer_units(network, DECODER); i++)
        loss += (double)(shard->error[i] * shard->error[i]);
    return loss;
}
