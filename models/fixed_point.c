#include "models/fixed_point.h"

#include "core/base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Multiples of the scale that a unit's magnitudes may sum to. */
static const double fixed_most = INT16_MAX;

/* Scales are 2^this and higher; what is smaller than all multiples is rounded to zero. */
enum { FIXED_LEAST_EXPONENT = -100, FIXED_MOST_EXPONENT = 100 };

/*
 * The finest scale of which a unit's magnitudes, summing to `sum`, are few enough multiples. A
 * unit whose values are multiples of any scale that holds them has multiples of this one too, as
 * it is no coarser.
 */
static double finest_scale(double sum)
{
    int exponent;
    if (!(sum > 0))
        return 1;
    if (frexp(sum / fixed_most, &exponent) == 0.5)
        exponent--; /* a power of two itself */
    return ldexp(1, exponent < FIXED_LEAST_EXPONENT ? FIXED_LEAST_EXPONENT : exponent);
}

/* The first layer that spikes reach; num_layers where there is none. */
static int first_spiked_layer(const struct network *network)
{
    if (!network_is_spiking(network))
        return network->num_layers;
    return network->encoding == ENCODING_CURRENT ? 1 : 0;
}

/* --- rounding --------------------------------------------------------------------------------- */

static double rounded(double value, double scale)
{
    return rint(value / scale) * scale;
}

static double rounded_down(double value, double scale)
{
    return floor(value / scale) * scale;
}

/* The sum of magnitudes of unit `channel`, its bias among them, rounded where scale is not 0. */
static double sum_magnitudes(const struct layer *layer, size_t channel, double scale)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    double bias = (double)layer->bias[channel];
    double sum = fabs(scale > 0 ? rounded_down(bias, scale) : bias);
    for (size_t row = 0; row < rows; row++) {
        double weight = (double)layer->weight[row * channels + channel];
        sum += fabs(scale > 0 ? rounded(weight, scale) : weight);
    }
    return sum;
}

static void round_unit(struct layer *layer, size_t channel)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    double scale = finest_scale(sum_magnitudes(layer, channel, 0));
    while (sum_magnitudes(layer, channel, scale) > fixed_most * scale)
        scale *= 2;
    for (size_t row = 0; row < rows; row++) {
        real *weight = &layer->weight[row * channels + channel];
        *weight = (real)rounded((double)*weight, scale);
    }
    layer->bias[channel] = (real)rounded_down((double)layer->bias[channel], scale);
}

void fixed_point_round(struct network *network)
{
    for (int i = first_spiked_layer(network); i < network->num_layers; i++)
        for (int channel = 0; channel < network->layers[i].shape.out_channels; channel++)
            round_unit(&network->layers[i], (size_t)channel);
}

/* --- packing ---------------------------------------------------------------------------------- */

/* scale [channels] of each unit; false when one is out of range. sum [channels] is scratch. */
static bool find_scales(const struct layer *layer, double *sum, real *scale)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    bool in_range = true;
    for (size_t channel = 0; channel < channels; channel++)
        sum[channel] = fabs((double)layer->bias[channel]);
    for (size_t row = 0; row < rows; row++)
        for (size_t channel = 0; channel < channels; channel++)
            sum[channel] += fabs((double)layer->weight[row * channels + channel]);
    for (size_t channel = 0; channel < channels; channel++) {
        double finest = finest_scale(sum[channel]);
        in_range &= finest <= ldexp(1, FIXED_MOST_EXPONENT);
        scale[channel] = (real)finest;
    }
    return in_range;
}

/* to [count] = how often each value is its scale; whether all are whole numbers. */
static bool pack_values(const real *restrict value, const real *restrict scale, size_t count,
                        int16_t *restrict to)
{
    uint32_t whole = 0;
    for (size_t i = 0; i < count; i++) {
        real multiple = value[i] / scale[i]; /* exact, and not above 32767 */
        to[i] = (int16_t)multiple;
        whole += (real)to[i] == multiple;
    }
    return whole == count;
}

/* Whether all units of the layer fit; then they are packed. */
static bool pack_units(struct layer *layer, double *sum)
{
    size_t rows = layer_fan_in(&layer->shape), channels = (size_t)layer->shape.out_channels;
    const struct fixed_point *fixed = &layer->fixed;
    bool fits = find_scales(layer, sum, fixed->scale) &&
                pack_values(layer->bias, fixed->scale, channels, fixed->bias);
    for (size_t at = 0; at < channels; at += KERNEL_FIXED_RUN) {
        size_t width = kernel_fixed_run(at, channels);
        size_t count = channels - at < width ? channels - at : width;
        for (size_t row = 0; row < rows && fits; row++)
            fits = pack_values(layer->weight + row * channels + at, fixed->scale + at, count,
                               fixed->weight + at * rows + row * width);
    }
    return fits;
}

void fixed_point_free(struct layer *layer)
{
    mem_free(layer->fixed.weight);
    mem_free(layer->fixed.bias);
    mem_free(layer->fixed.scale);
    layer->fixed = (struct fixed_point){0};
}

static enum status pack_layer(struct layer *layer, struct error *error)
{
    size_t rows = layer_fan_in(&layer->shape);
    size_t width = kernel_fixed_width((size_t)layer->shape.out_channels);
    double *sum = mem_alloc(width, sizeof *sum);
    fixed_point_free(layer);
    layer->fixed.weight = mem_alloc(rows * width, sizeof *layer->fixed.weight);
    layer->fixed.bias = mem_alloc(width, sizeof *layer->fixed.bias);
    layer->fixed.scale = mem_alloc(width, sizeof *layer->fixed.scale);
    bool complete = sum && layer->fixed.weight && layer->fixed.bias && layer->fixed.scale;
    if (!complete || !pack_units(layer, sum))
        fixed_point_free(layer);
    mem_free(sum);
    return complete ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

enum status fixed_point_pack(struct network *network, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = first_spiked_layer(network); i < network->num_layers && status == STATUS_OK; i++)
        status = pack_layer(&network->layers[i], error);
    return status;
}
