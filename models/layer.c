#include "models/layer.h"

#include "core/math/activation.h"
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

/* The first index at or after `from` whose unit is `bound` or higher. */
static uint32_t skip_below(const uint32_t *units, uint32_t num_spikes, uint32_t from,
                           uint32_t bound)
{
    while (from < num_spikes && units[from] < bound)
        from++;
    return from;
}

uint64_t layer_add_spikes(const struct layer *layer, const uint32_t *units, uint32_t num_spikes,
                          real *current)
{
    size_t channels = (size_t)layer->shape.out_channels;
    uint64_t synops = 0;
    uint32_t begin = 0;
    for (int position = 0; position < layer->shape.out_length; position++) {
        struct layer_window window = layer_window(&layer->shape, position);
        begin = skip_below(units, num_spikes, begin, window.first);
        uint32_t end = layer->shape.kind == LAYER_DENSE
                           ? num_spikes
                           : skip_below(units, num_spikes, begin, window.last);
        synapse_add_spikes(current + (size_t)position * channels, layer->weight, channels,
                           units + begin, end - begin, window.origin);
        synops += (uint64_t)(end - begin) * channels;
    }
    return synops;
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
        synapse_add_analog(current + (size_t)position * channels, window_weight(layer, window),
                           channels, value + window.first, window.last - window.first);
        for (uint32_t unit = window.first; unit < window.last; unit++)
            synops += value[unit] != 0 ? channels : 0;
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
    bool sigmoid = layer->params.model == NEURON_SIGMOID;
    for (uint32_t i = 0; i < count; i++)
        value[i] = sigmoid ? activation_sigmoid(current[i]) : activation_relu(current[i]);
}
