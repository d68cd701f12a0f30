#include "models/inference.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/spike/encode.h"
#include "models/layer.h"

#include <math.h>
#include <string.h>

void inference_free(struct inference *inference)
{
    mem_free(inference->v);
    mem_free(inference->current);
    mem_free(inference->analog_current);
    mem_free(inference->value);
    mem_free(inference->spiked);
    mem_free(inference->units);
    mem_free(inference->random);
    *inference = (struct inference){.path = inference->path};
}

/* Makes room for a network; keeps what is large enough already. */
static enum status inference_fit(struct inference *inference, const struct network *network,
                                 struct error *error)
{
    uint32_t width = network_num_inputs(network), num_units = 0;
    for (int i = 0; i < network->num_layers; i++) {
        uint32_t outputs = layer_num_outputs(&network->layers[i].shape);
        num_units += outputs;
        width = outputs > width ? outputs : width;
    }
    if (width <= inference->width && num_units <= inference->num_units)
        return STATUS_OK;
    inference_free(inference);
    inference->v = mem_alloc(num_units, sizeof(real));
    inference->current = mem_alloc(width, sizeof(real));
    inference->analog_current = mem_alloc(width, sizeof(real));
    inference->value = mem_alloc(width, sizeof(real));
    inference->spiked = mem_alloc(width, sizeof(real));
    inference->units = mem_alloc(width, sizeof(uint32_t));
    inference->random = mem_alloc(width, sizeof(uint32_t));
    if (!inference->v || !inference->current || !inference->analog_current || !inference->value ||
        !inference->spiked || !inference->units || !inference->random) {
        inference_free(inference);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    inference->width = width;
    inference->num_units = num_units;
    return STATUS_OK;
}

/*
 * One step of one layer. The input spikes are inference->units[num_spikes]; the layer's own
 * replace them, and their number is returned. `analog`, if not NULL, is the current that is
 * injected in place of spikes.
 */
static uint32_t run_layer(struct inference *inference, const struct layer *layer, real *v,
                          const real *analog, uint32_t num_spikes, struct inference_stats *stats)
{
    uint32_t num_outputs = layer_num_outputs(&layer->shape);
    const real *current = analog;
    if (!analog) {
        layer_start_current(layer, inference->current);
        if (inference->path == INFERENCE_EVENT_DRIVEN) {
            stats->synops +=
                layer_add_spikes(layer, inference->units, num_spikes, inference->current);
        } else {
            memset(inference->value, 0, layer_num_inputs(&layer->shape) * sizeof(real));
            for (uint32_t i = 0; i < num_spikes; i++)
                inference->value[inference->units[i]] = 1;
            layer_add_dense(layer, inference->value, inference->current);
        }
        current = inference->current;
    }
    neuron_step(&layer->neuron, v, current, inference->spiked, NULL, num_outputs);
    uint32_t fired = neuron_spiking_units(inference->spiked, num_outputs, inference->units);
    stats->spikes += fired;
    return fired;
}

/* One step of layers first .. last - 1; the spikes of the last one remain in inference->units. */
static uint32_t run_step(struct inference *inference, const struct network *network, int first,
                         int last, const real *analog, uint32_t num_spikes,
                         struct inference_stats *stats)
{
    real *v = inference->v;
    for (int i = first; i < last; i++) {
        const struct layer *layer = &network->layers[i];
        num_spikes = run_layer(inference, layer, v, i == first ? analog : NULL, num_spikes, stats);
        stats->layer_spikes[i] += num_spikes;
        v += layer_num_outputs(&layer->shape);
    }
    return num_spikes;
}

/* Adds an analog input to the current of a layer by the path chosen. */
static void add_analog(const struct inference *inference, const struct layer *layer,
                       const real *input, real *current, struct inference_stats *stats)
{
    if (inference->path == INFERENCE_EVENT_DRIVEN) {
        uint64_t macs = layer_add_analog(layer, input, current);
        stats->synops += macs;
        stats->macs += macs;
    } else {
        layer_add_dense(layer, input, current);
    }
}

/* The current that an analog input injects at every step, computed once. */
static const real *analog_current(struct inference *inference, const struct network *network,
                                  const real *input, struct inference_stats *stats)
{
    const struct layer *layer = &network->layers[0];
    layer_start_current(layer, inference->analog_current);
    add_analog(inference, layer, input, inference->analog_current, stats);
    return inference->analog_current;
}

static enum status check_kind(const struct network *network, bool spiking, struct error *error)
{
    if (network_is_spiking(network) == spiking)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     spiking ? "The model '%s' has no spikes: it is an analog network."
                             : "The model '%s' is no analog network: it spikes.",
                     network->name);
}

static enum status check_input(const struct network *network, const real *input, int num_steps,
                               struct error *error)
{
    uint32_t num_inputs = network_num_inputs(network);
    if (num_steps < 1 || num_steps > network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The number of steps must be 1 to %d, not %d.", network->num_steps,
                         num_steps);
    if (network->encoding == ENCODING_RATE)
        return encode_rate_check(network->max_rate_hz, network->dt, input, num_inputs, error);
    for (uint32_t i = 0; i < num_inputs; i++)
        if (!isfinite(input[i]))
            return error_set(error, STATUS_INVALID_ARGUMENT, "Input %u is not a finite number.", i);
    return STATUS_OK;
}

enum status inference_encode(struct inference *inference, const struct network *network,
                             const real *input, uint64_t seed, int num_steps, struct raster *latent,
                             struct inference_stats *stats, struct error *error)
{
    *latent = (struct raster){0};
    enum status status = check_kind(network, true, error);
    if (status == STATUS_OK)
        status = check_input(network, input, num_steps, error);
    if (status == STATUS_OK)
        status = inference_fit(inference, network, error);
    if (status == STATUS_OK)
        status = raster_init(latent, (uint32_t)num_steps, network_num_latents(network), error);
    if (status != STATUS_OK)
        return status;

    struct rng rng = {.seed = seed, .index = 0, .stream = RNG_STREAM_ENCODE};
    const real *analog = NULL;
    if (network->encoding == ENCODING_CURRENT)
        analog = analog_current(inference, network, input, stats);
    memset(inference->v, 0, inference->num_units * sizeof(real));
    for (uint32_t step = 0; step < latent->num_steps; step++) {
        uint32_t num_spikes = 0;
        if (!analog)
            num_spikes =
                encode_rate(&rng, step, input, network_num_inputs(network), network->max_rate_hz,
                            network->dt, inference->random, inference->units);
        stats->spikes += num_spikes;
        stats->input_spikes += num_spikes;
        num_spikes =
            run_step(inference, network, 0, network->latent_layer + 1, analog, num_spikes, stats);
        raster_set_row(latent, step, inference->units, num_spikes);
    }
    return STATUS_OK;
}

enum status inference_decode(struct inference *inference, const struct network *network,
                             const struct raster *latent, struct raster *output,
                             struct inference_stats *stats, struct error *error)
{
    *output = (struct raster){0};
    enum status status = check_kind(network, true, error);
    if (status != STATUS_OK)
        return status;
    if (latent->num_units != network_num_latents(network) || latent->num_steps < 1 ||
        latent->num_steps > (uint32_t)network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The latent has %u steps of %u units; the model takes 1 to %d of %u.",
                         latent->num_steps, latent->num_units, network->num_steps,
                         network_num_latents(network));
    status = inference_fit(inference, network, error);
    if (status == STATUS_OK)
        status = raster_init(output, latent->num_steps, network_num_pixels(network), error);
    if (status != STATUS_OK)
        return status;
    memset(inference->v, 0, inference->num_units * sizeof(real));
    for (uint32_t step = 0; step < latent->num_steps; step++) {
        uint32_t num_spikes = raster_row(latent, step, inference->units);
        num_spikes = run_step(inference, network, network->latent_layer + 1, network->num_layers,
                              NULL, num_spikes, stats);
        raster_set_row(output, step, inference->units, num_spikes);
    }
    return STATUS_OK;
}

enum status inference_analog(struct inference *inference, const struct network *network,
                             const real *input, real *picture, struct inference_stats *stats,
                             struct error *error)
{
    const real *value = input;
    enum status status = check_kind(network, false, error);
    if (status == STATUS_OK)
        status = check_input(network, input, 1, error);
    if (status == STATUS_OK)
        status = inference_fit(inference, network, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        layer_start_current(layer, inference->current);
        add_analog(inference, layer, value, inference->current, stats);
        layer_activate(layer, inference->current, inference->value);
        value = inference->value;
    }
    for (uint32_t i = 0; i < network_num_pixels(network); i++)
        picture[i] = value[i] < 1 ? value[i] : 1;
    return STATUS_OK;
}

void inference_grey(const struct raster *output, uint32_t num_steps, uint8_t *grey)
{
    for (uint32_t unit = 0; unit < output->num_units; unit++) {
        uint32_t count = 0;
        for (uint32_t step = 0; step < num_steps && step < output->num_steps; step++)
            count += raster_get(output, step, unit);
        grey[unit] = (uint8_t)((255 * count * 2 + output->num_steps) / (2 * output->num_steps));
    }
}

void inference_grey_analog(const real *picture, uint32_t count, uint8_t *grey)
{
    for (uint32_t i = 0; i < count; i++)
        grey[i] = (uint8_t)(255 * picture[i] + (real)0.5);
}
