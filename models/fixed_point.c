#include "models/fixed_point.h"

#include "core/base/mem.h"

#include <math.h>
#include <stdint.h>

/* Multiples of the scale that a unit's magnitudes may sum to. */
static const double fixed_most = INT16_MAX;

/* Scales are 2^this and higher; what is smaller than all multiples is rounded to zero. */
enum { FIXED_LEAST_EXPONENT = -100, FIXED_MOST_EXPONENT = 100 };

/* The sum of magnitudes of unit `channel`, its bias among them. */
static double sum_magnitudes(const struct layer *layer, size_t channel)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    double sum = fabs((double)layer->bias[channel]);
    for (size_t row = 0; row < rows; row++)
        sum += fabs((double)layer->weight[row * channels + channel]);
    return sum;
}

static double rounded(double value, double scale)
{
    return rint(value / scale) * scale;
}

static double rounded_down(double value, double scale)
{
    return floor(value / scale) * scale;
}

/* What sum_magnitudes would be after rounding. */
static double sum_rounded(const struct layer *layer, size_t channel, double scale)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    double sum = fabs(rounded_down((double)layer->bias[channel], scale));
    for (size_t row = 0; row < rows; row++)
        sum += fabs(rounded((double)layer->weight[row * channels + channel], scale));
    return sum;
}

/* The exponent of the finest scale that holds a unit whose magnitudes sum to `sum`, or finer. */
static int first_exponent(double sum)
{
    int exponent;
    frexp(sum / fixed_most, &exponent);
    exponent--; /* sum / fixed_most >= 2^exponent */
    return exponent < FIXED_LEAST_EXPONENT ? FIXED_LEAST_EXPONENT : exponent;
}

static void round_unit(struct layer *layer, size_t channel)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    int exponent = first_exponent(sum_magnitudes(layer, channel));
    double scale = ldexp(1, exponent);
    while (sum_rounded(layer, channel, scale) > fixed_most * scale)
        scale *= 2;
    for (size_t row = 0; row < rows; row++) {
        real *weight = &layer->weight[row * channels + channel];
        *weight = (real)rounded((double)*weight, scale);
    }
    layer->bias[channel] = (real)rounded_down((double)layer->bias[channel], scale);
}

/* The first layer that spikes reach; num_layers where there is none. */
static int first_spiked_layer(const struct network *network)
{
    if (!network_is_spiking(network))
        return network->num_layers;
    return network->encoding == ENCODING_CURRENT ? 1 : 0;
}

void fixed_point_round(struct network *network)
{
    for (int i = first_spiked_layer(network); i < network->num_layers; i++)
        for (int channel = 0; channel < network->layers[i].shape.out_channels; channel++)
            round_unit(&network->layers[i], (size_t)channel);
}

/* The largest power of two that `value` is a multiple of, as an exponent; `most` for zero. */
static int lowest_bit(double value, int most)
{
    int exponent;
    if (value == 0)
        return most;
    int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53);
    return exponent - 53 + __builtin_ctzll((uint64_t)mantissa);
}

/* The largest scale that a unit's values are multiples of; false when they are too many of it. */
static bool find_scale(const struct layer *layer, size_t channel, double *scale)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    int exponent = lowest_bit((double)layer->bias[channel], FIXED_MOST_EXPONENT);
    for (size_t row = 0; row < rows; row++) {
        int other = lowest_bit((double)layer->weight[row * channels + channel], exponent);
        exponent = other < exponent ? other : exponent;
    }
    *scale = ldexp(1, exponent);
    return exponent >= FIXED_LEAST_EXPONENT && exponent <= FIXED_MOST_EXPONENT &&
           sum_magnitudes(layer, channel) <= fixed_most * *scale;
}

bool fixed_point_fits(const struct layer *layer)
{
    double scale;
    for (int channel = 0; channel < layer->shape.out_channels; channel++)
        if (!find_scale(layer, (size_t)channel, &scale))
            return false;
    return true;
}

void fixed_point_free(struct layer *layer)
{
    mem_free(layer->fixed.weight);
    mem_free(layer->fixed.bias);
    mem_free(layer->fixed.scale);
    layer->fixed = (struct fixed_point){0};
}

/* Where the weight of unit `channel` in row `row` goes. */
static int16_t *packed_weight(const struct layer *layer, size_t row, size_t channel)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    size_t at = channel / KERNEL_FIXED_RUN * KERNEL_FIXED_RUN;
    size_t width = kernel_fixed_run(at, channels);
    return layer->fixed.weight + at * rows + row * width + (channel - at);
}

static void pack_unit(struct layer *layer, size_t channel)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    double scale;
    if (!find_scale(layer, channel, &scale))
        return;
    layer->fixed.scale[channel] = (real)scale;
    layer->fixed.bias[channel] = (int16_t)((double)layer->bias[channel] / scale);
    for (size_t row = 0; row < rows; row++)
        *packed_weight(layer, row, channel) =
            (int16_t)((double)layer->weight[row * channels + channel] / scale);
}

static enum status pack_layer(struct layer *layer, struct error *error)
{
    size_t width = kernel_fixed_width((size_t)layer->shape.out_channels);
    fixed_point_free(layer);
    layer->fixed.weight =
        mem_alloc(layer_fan_in(&layer->shape) * width, sizeof *layer->fixed.weight);
    layer->fixed.bias = mem_alloc(width, sizeof *layer->fixed.bias);
    layer->fixed.scale = mem_alloc(width, sizeof *layer->fixed.scale);
    if (!layer->fixed.weight || !layer->fixed.bias || !layer->fixed.scale) {
        fixed_point_free(layer);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    for (int channel = 0; channel < layer->shape.out_channels; channel++)
        pack_unit(layer, (size_t)channel);
    return STATUS_OK;
}

enum status fixed_point_pack(struct network *network, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = first_spiked_layer(network); i < network->num_layers && status == STATUS_OK; i++)
        if (fixed_point_fits(&network->layers[i]))
            status = pack_layer(&network->layers[i], error);
    return status;
}
