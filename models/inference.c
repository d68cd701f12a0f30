#include "models/inference.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/spike/encode.h"
#include "core/spike/step_lists.h"
#include "models/layer.h"

#include <math.h>
#include <string.h>

void inference_free(struct inference *inference)
{
    mem_free(inference->input);
    mem_free(inference->v);
    mem_free(inference->current);
    mem_free(inference->analog_current);
    mem_free(inference->value);
    mem_free(inference->spiked);
    mem_free(inference->units);
    mem_free(inference->random);
    mem_free(inference->words);
    mem_free(inference->position);
    raster_free(&inference->latent);
    raster_free(&inference->output);
    *inference = (struct inference){.path = inference->path};
}

static void free_buffers(struct inference *inference)
{
    struct raster latent = inference->latent, output = inference->output;
    inference->latent = inference->output = (struct raster){0};
    inference_free(inference);
    inference->latent = latent;
    inference->output = output;
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
    free_buffers(inference);
    size_t row_words = ((size_t)width + 63) / 64;
    inference->input = mem_alloc(width, sizeof(real));
    inference->v = mem_alloc(num_units, sizeof(real));
    inference->current = mem_alloc(width, sizeof(real));
    inference->analog_current = mem_alloc(width, sizeof(real));
    inference->value = mem_alloc(width, sizeof(real));
    inference->spiked = mem_alloc(width, sizeof(real));
    inference->units = mem_alloc((size_t)(INFERENCE_STEPS + 1) * width, sizeof(uint32_t));
    inference->random = mem_alloc(width, sizeof(uint32_t));
    inference->words = mem_alloc(INFERENCE_STEPS * row_words, sizeof(uint64_t));
    inference->position = mem_alloc(INFERENCE_STEPS * row_words, sizeof(uint64_t));
    if (!inference->input || !inference->v || !inference->current || !inference->analog_current ||
        !inference->value || !inference->spiked || !inference->units || !inference->random ||
        !inference->words || !inference->position) {
        free_buffers(inference);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    inference->width = width;
    inference->num_units = num_units;
    return STATUS_OK;
}

real *inference_input(struct inference *inference, const struct network *network)
{
    return inference_fit(inference, network, NULL) == STATUS_OK ? inference->input : NULL;
}

static uint64_t *raster_words_from(const struct raster *raster, uint32_t step)
{
    return raster->words + (size_t)step * raster->row_words;
}

/* One step of one layer, densely. The input spikes are inference->units[num_spikes]. */
static uint32_t run_layer_densely(struct inference *inference, const struct layer *layer, real *v,
                                  const real *analog, uint32_t num_spikes)
{
    uint32_t num_outputs = layer_num_outputs(&layer->shape);
    if (!analog) {
        layer_start_current(layer, inference->current);
        memset(inference->value, 0, layer_num_inputs(&layer->shape) * sizeof(real));
        for (uint32_t i = 0; i < num_spikes; i++)
            inference->value[inference->units[i]] = 1;
        layer_add_dense(layer, inference->value, inference->current);
    }
    neuron_step(&layer->neuron, v, analog ? analog : inference->current, inference->spiked, NULL,
                num_outputs);
    return neuron_spiking_units(inference->spiked, num_outputs, inference->units);
}

/*
 * One step of layers first .. last - 1 by the dense path; input and output are as in run_layers,
 * where they are the only list.
 */
static void run_step_densely(struct inference *inference, const struct network *network, int first,
                             int last, const real *analog, struct raster *output, uint32_t step,
                             struct inference_stats *stats)
{
    uint32_t num_spikes = inference->steps[0].more.end;
    real *v = inference->v;
    for (int i = first; i < last; i++) {
        const struct layer *layer = &network->layers[i];
        num_spikes = run_layer_densely(inference, layer, v, i == first ? analog : NULL, num_spikes);
        stats->spikes += num_spikes;
        stats->layer_spikes[i] += num_spikes;
        v += layer_num_outputs(&layer->shape);
    }
    raster_set_row(output, step, inference->units, num_spikes);
}

/* Lists spikes for a layer in the way that it can take; how many there are. */
static uint32_t list_spikes(struct inference *inference, const struct step_bits *bits,
                            const struct layer *layer)
{
    if (layer->fixed.weight)
        return step_lists_changes(bits, inference->position, inference->units, inference->steps);
    return step_lists_whole(bits, inference->units, inference->steps);
}

/*
 * num_steps steps, at most INFERENCE_STEPS, of layers first .. last - 1. The input spikes are
 * listed in inference->units and steps; spikes of the last layer become rows of `output` from
 * `step` on, which begin empty. `analog`, if not NULL, is the current that is injected in place of
 * spikes.
 */
static void run_layers(struct inference *inference, const struct network *network, int first,
                       int last, const real *analog, struct raster *output, uint32_t step,
                       uint32_t num_steps, struct inference_stats *stats)
{
    const struct layer_scratch scratch = {inference->windows, inference->position};
    const struct layer_spikes spikes = {inference->units, inference->steps, num_steps};
    real *v = inference->v;
    for (int i = first; i < last; i++) {
        const struct layer *layer = &network->layers[i];
        uint32_t num_outputs = layer_num_outputs(&layer->shape);
        size_t row_words = ((size_t)num_outputs + 63) / 64;
        uint64_t *words = inference->words, fired;
        if (i == last - 1)
            words = raster_words_from(output, step);
        else
            memset(words, 0, num_steps * row_words * sizeof *words);
        stats->synops +=
            layer_run(layer, &spikes, i == first ? analog : NULL, &scratch, v, words, row_words);
        if (i == last - 1)
            fired = kernels_get()->count_ones(words, num_steps * row_words);
        else
            fired = list_spikes(inference, &(struct step_bits){words, num_outputs, num_steps},
                                &network->layers[i + 1]);
        stats->spikes += fired;
        stats->layer_spikes[i] += fired;
        v += num_outputs;
    }
}

/* Steps that go together, of those from `step` on. */
static uint32_t steps_at_once(const struct inference *inference, uint32_t num_steps, uint32_t step)
{
    uint32_t most = inference->path == INFERENCE_DENSE ? 1 : INFERENCE_STEPS;
    return num_steps - step < most ? num_steps - step : most;
}

/* Some steps by the path chosen; arguments as of run_layers. */
static void run_steps(struct inference *inference, const struct network *network, int first,
                      int last, const real *analog, struct raster *output, uint32_t step,
                      uint32_t num_steps, struct inference_stats *stats)
{
    if (inference->path == INFERENCE_DENSE)
        run_step_densely(inference, network, first, last, analog, output, step, stats);
    else
        run_layers(inference, network, first, last, analog, output, step, num_steps, stats);
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
    uint32_t finite = 0, first = 0;
    for (uint32_t i = 0; i < num_inputs; i++)
        finite += isfinite(input[i]) != 0;
    if (finite == num_inputs)
        return STATUS_OK;
    while (isfinite(input[first]))
        first++;
    return error_set(error, STATUS_INVALID_ARGUMENT, "Input %u is not a finite number.", first);
}

/* Draws the spikes of some steps from an analog input and lists them. */
static void draw_input(struct inference *inference, const struct network *network,
                       const real *input, uint64_t seed, uint32_t step, uint32_t num_steps,
                       struct inference_stats *stats)
{
    const struct rng rng = {.seed = seed, .index = 0, .stream = RNG_STREAM_ENCODE};
    uint32_t found = 0;
    for (uint32_t i = 0; i < num_steps; i++) {
        uint32_t begin = found;
        found +=
            encode_rate(&rng, step + i, input, network_num_inputs(network), network->max_rate_hz,
                        network->dt, inference->random, inference->units + found);
        inference->steps[i] = (struct kernel_step){.more = {begin, found}};
    }
    stats->spikes += found;
    stats->input_spikes += found;
}

enum status inference_encode_into(struct inference *inference, const struct network *network,
                                  const real *input, uint64_t seed, int num_steps,
                                  struct raster *latent, struct inference_stats *stats,
                                  struct error *error)
{
    enum status status = check_kind(network, true, error);
    if (status == STATUS_OK)
        status = check_input(network, input, num_steps, error);
    if (status == STATUS_OK)
        status = inference_fit(inference, network, error);
    if (status == STATUS_OK)
        status = raster_fit(latent, (uint32_t)num_steps, network_num_latents(network), error);
    if (status != STATUS_OK)
        return status;

    const real *analog = NULL;
    if (network->encoding == ENCODING_CURRENT)
        analog = analog_current(inference, network, input, stats);
    memset(inference->v, 0, inference->num_units * sizeof(real));
    for (uint32_t step = 0, size; step < latent->num_steps; step += size) {
        size = steps_at_once(inference, latent->num_steps, step);
        memset(inference->steps, 0, sizeof inference->steps);
        if (!analog)
            draw_input(inference, network, input, seed, step, size, stats);
        run_steps(inference, network, 0, network->latent_layer + 1, analog, latent, step, size,
                  stats);
    }
    return STATUS_OK;
}

enum status inference_encode(struct inference *inference, const struct network *network,
                             const real *input, uint64_t seed, int num_steps, struct raster *latent,
                             struct inference_stats *stats, struct error *error)
{
    *latent = (struct raster){0};
    return inference_encode_into(inference, network, input, seed, num_steps, latent, stats, error);
}

static enum status check_latent(const struct network *network, const struct raster *latent,
                                struct error *error)
{
    if (latent->num_units == network_num_latents(network) && latent->num_steps >= 1 &&
        latent->num_steps <= (uint32_t)network->num_steps)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "The latent has %u steps of %u units; the model takes 1 to %d of %u.",
                     latent->num_steps, latent->num_units, network->num_steps,
                     network_num_latents(network));
}

enum status inference_decode_into(struct inference *inference, const struct network *network,
                                  const struct raster *latent, struct raster *output,
                                  struct inference_stats *stats, struct error *error)
{
    enum status status = check_kind(network, true, error);
    if (status == STATUS_OK)
        status = check_latent(network, latent, error);
    if (status == STATUS_OK)
        status = inference_fit(inference, network, error);
    if (status == STATUS_OK)
        status = raster_fit(output, latent->num_steps, network_num_pixels(network), error);
    if (status != STATUS_OK)
        return status;
    int first = network->latent_layer + 1;
    memset(inference->v, 0, inference->num_units * sizeof(real));
    for (uint32_t step = 0, size; step < latent->num_steps; step += size) {
        size = steps_at_once(inference, latent->num_steps, step);
        const struct step_bits bits = {raster_words_from(latent, step), latent->num_units, size};
        list_spikes(inference, &bits, &network->layers[first]);
        run_steps(inference, network, first, network->num_layers, NULL, output, step, size, stats);
    }
    return STATUS_OK;
}

enum status inference_decode(struct inference *inference, const struct network *network,
                             const struct raster *latent, struct raster *output,
                             struct inference_stats *stats, struct error *error)
{
    *output = (struct raster){0};
    return inference_decode_into(inference, network, latent, output, stats, error);
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
    uint8_t shades[RASTER_MAX_STEPS + 1];
    uint32_t counts[64], steps = output->num_steps;
    num_steps = num_steps < steps ? num_steps : steps;
    for (uint32_t count = 0; count <= num_steps; count++)
        shades[count] = (uint8_t)((255 * count * 2 + steps) / (2 * steps));
    for (uint32_t unit = 0; unit < output->num_units; unit += 64) {
        uint32_t size = output->num_units - unit < 64 ? output->num_units - unit : 64;
        kernels_get()->count_bits(output->words + unit / 64, output->row_words, num_steps, size,
                                  counts);
        for (uint32_t i = 0; i < size; i++)
            grey[unit + i] = shades[counts[i]];
    }
}

void inference_grey_analog(const real *picture, uint32_t count, uint8_t *grey)
{
    for (uint32_t i = 0; i < count; i++)
        grey[i] = (uint8_t)(255 * picture[i] + (real)0.5);
}
