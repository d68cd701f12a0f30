#include "models/layer.h"

#include "core/math/activation.h"
#include "core/spike/step_lists.h"
#include "core/spike/synapse.h"

#include <string.h>

struct layer_window layer_window(const struct layer_shape *shape, int position)
{
    int64_t num_inputs = layer_num_inputs(shape);
    if (shape->kind == LAYER_DENSE)
        return (struct layer_window){0, 0, (uint32_t)num_inputs};
    int64_t origin = ((int64_t)position * shape->stride - shape->pad) * (int64_t)shape->in_channels;
    int64_t end = origin + layer_fan_in(shape);
    return (struct layer_window){origin, (uint32_t)(origin > 0 ? origin : 0),
                                 (uint32_t)(end < num_inputs ? end : num_inputs)};
}

void layer_start_current(const struct layer *layer, real *current)
{
    size_t channels = (size_t)layer->shape.out_channels;
    for (int position = 0; position < layer->shape.out_length; position++)
        memcpy(current + (size_t)position * channels, layer->bias, channels * sizeof *current);
}

/* The units that share the inputs of one position. */
static struct kernel_layer position_kernel(const struct layer *layer,
                                           const struct layer_spikes *spikes)
{
    return (struct kernel_layer){.weight = layer->weight,
                                 .stride = (size_t)layer->shape.out_channels,
                                 .pre = spikes->units,
                                 .steps = spikes->steps,
                                 .num_steps = spikes->num_steps,
                                 .start = layer->bias,
                                 .count = (size_t)layer->shape.out_channels,
                                 .neuron = neuron_kernel(&layer->neuron),
                                 .fixed = {layer->fixed.weight, layer_fan_in(&layer->shape),
                                           layer->fixed.bias, layer->fixed.scale}};
}

/* Runs it in fixed point where the layer has that and begins with its bias. */
static void run_position(const struct layer *layer, const struct kernel_layer *kernel, real *v,
                         uint64_t *words, size_t pitch)
{
    if (layer->fixed.weight && kernel->start == layer->bias)
        kernels_get()->run_fixed(kernel, v, words, pitch);
    else
        kernels_get()->run_layer(kernel, 0, v, words, pitch);
}

/* The first index at or after `from` whose unit is `bound` or higher. */
static uint32_t skip_below(const uint32_t *units, uint32_t num_spikes, uint32_t from,
                           uint32_t bound)
{
    while (from < num_spikes && units[from] < bound)
        from++;
    return from;
}

/* Moves `window` on within `span` of the list to units first .. last - 1. */
static void move_window(const uint32_t *units, struct kernel_span span, uint32_t first,
                        uint32_t last, struct kernel_span *window)
{
    window->begin = skip_below(units, span.end, window->begin, first);
    window->end = skip_below(units, span.end, window->begin, last);
}

/* The same of all steps; how many spikes are in their windows. */
static uint64_t move_windows(const struct layer_spikes *spikes, uint32_t first, uint32_t last,
                             struct kernel_step *windows)
{
    for (size_t step = 0; step < spikes->num_steps; step++) {
        const struct kernel_step *whole = &spikes->steps[step];
        move_window(spikes->units, whole->more, first, last, &windows[step].more);
        move_window(spikes->units, whole->less, first, last, &windows[step].less);
    }
    return step_lists_count(windows, spikes->num_steps);
}

/* Sets the bits of `row` [row_words] in `words`, `offset` bits on. */
static void merge_bits(const uint64_t *row, size_t row_words, size_t offset, uint64_t *words)
{
    for (size_t w = 0; w < row_words; w++) {
        uint64_t *to = words + w + offset / 64;
        to[0] |= row[w] << offset % 64;
        if (offset % 64 && row[w] >> (64 - offset % 64))
            to[1] |= row[w] >> (64 - offset % 64);
    }
}

static uint64_t run_conv(const struct layer *layer, const struct layer_spikes *spikes,
                         const real *analog, const struct layer_scratch *scratch, real *v,
                         uint64_t *words, size_t pitch)
{
    size_t channels = (size_t)layer->shape.out_channels, row_words = (channels + 63) / 64;
    struct kernel_layer kernel = position_kernel(layer, spikes);
    uint64_t found = 0;
    kernel.steps = scratch->windows;
    memcpy(scratch->windows, spikes->steps, spikes->num_steps * sizeof *spikes->steps);
    for (int position = 0; position < layer->shape.out_length; position++) {
        struct layer_window window = layer_window(&layer->shape, position);
        size_t unit = (size_t)position * channels;
        kernel.first = window.origin;
        kernel.start = analog ? analog + unit : layer->bias;
        found += move_windows(spikes, window.first, window.last, scratch->windows);
        memset(scratch->words, 0, spikes->num_steps * row_words * sizeof *words);
        run_position(layer, &kernel, v + unit, scratch->words, row_words);
        for (size_t step = 0; step < spikes->num_steps; step++)
            merge_bits(scratch->words + step * row_words, row_words, unit, words + step * pitch);
    }
    return found * channels;
}

uint64_t layer_run(const struct layer *layer, const struct layer_spikes *spikes, const real *analog,
                   const struct layer_scratch *scratch, real *v, uint64_t *words, size_t pitch)
{
    if (layer->shape.kind == LAYER_CONV)
        return run_conv(layer, spikes, analog, scratch, v, words, pitch);
    struct kernel_layer kernel = position_kernel(layer, spikes);
    kernel.start = analog ? analog : layer->bias;
    run_position(layer, &kernel, v, words, pitch);
    return step_lists_count(spikes->steps, spikes->num_steps) * kernel.count;
}

/* Weight rows of a window's inputs, beginning at its first one inside the input. */
static const real *window_weight(const struct layer *layer, struct layer_window window)
{
    return layer->weight +
           (size_t)(window.first - window.origin) * (size_t)layer->shape.out_channels;
}

uint64_t layer_add_analog(const struct layer *layer, const real *value, real *current)
{
    size_t channels = (size_t)layer->shape.out_channels;
    uint64_t synops = 0;
    for (int position = 0; position < layer->shape.out_length; position++) {
        struct layer_window window = layer_window(&layer->shape, position);
        synops += channels * synapse_add_analog(current + (size_t)position * channels,
                                                window_weight(layer, window), channels,
                                                value + window.first, window.last - window.first);
    }
    return synops;
}

void layer_add_dense(const struct layer *layer, const real *value, real *current)
{
    size_t channels = (size_t)layer->shape.out_channels;
    for (int position = 0; position < layer->shape.out_length; position++) {
        struct layer_window window = layer_window(&layer->shape, position);
        synapse_add_dense(current + (size_t)position * channels, window_weight(layer, window),
                          channels, value + window.first, window.last - window.first);
    }
}

uint64_t layer_num_connections(const struct layer_shape *shape)
{
    uint64_t inputs = 0;
    for (int position = 0; position < shape->out_length; position++) {
        struct layer_window window = layer_window(shape, position);
        inputs += window.last - window.first;
    }
    return inputs * (uint64_t)shape->out_channels;
}

void layer_count_fan_out(const struct layer_shape *shape, uint32_t *fan_out)
{
    memset(fan_out, 0, layer_num_inputs(shape) * sizeof *fan_out);
    for (int position = 0; position < shape->out_length; position++) {
        struct layer_window window = layer_window(shape, position);
        for (uint32_t unit = window.first; unit < window.last; unit++)
            fan_out[unit] += (uint32_t)shape->out_channels;
    }
}

void layer_activate(const struct layer *layer, const real *current, real *value)
{
    uint32_t count = layer_num_outputs(&layer->shape);
    if (layer->params.model == NEURON_SIGMOID) {
        memmove(value, current, count * sizeof *value); /* which may be the same */
        activation_sigmoid_each(value, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        value[i] = activation_relu(current[i]);
}
