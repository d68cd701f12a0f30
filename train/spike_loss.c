#include "train/spike_loss.h"

#include <math.h>

static double sample_distance(const struct spike_loss *loss, size_t first, const real *target)
{
    real share = 1 / (real)loss->num_steps;
    double sum = 0;
    for (size_t i = first; i < first + loss->num_units; i++) {
        real difference = loss->spike_count[i] * share - target[i];
        sum += (double)(difference * difference);
    }
    return sum;
}

double spike_loss_count(const struct spike_loss *loss, const real *target, double weight,
                        double power)
{
    real share = 1 / (real)loss->num_steps;
    double scale = 2 * weight / ((double)loss->num_steps * loss->normalizer);
    double sum = 0;
    for (int sample = 0; sample < loss->num_samples; sample++) {
        size_t first = (size_t)sample * loss->num_units;
        double distance = sample_distance(loss, first, target);
        real pull = (real)(power == 1 ? scale : scale * power * pow(1 + distance, power - 1));
        sum += distance;
        for (size_t i = first; i < first + loss->num_units; i++)
            loss->gradient[i] += pull * (loss->spike_count[i] * share - target[i]);
    }
    return sum;
}

double spike_loss_contrast(const struct spike_loss *loss, const struct contrast *contrast,
                           const real *target, double weight, real *scratch)
{
    size_t units = loss->num_units;
    real *shares = scratch, *gradient = scratch + units;
    real scale = (real)(weight / ((double)loss->num_steps * loss->normalizer));
    double sum = 0;
    for (int sample = 0; sample < loss->num_samples; sample++) {
        size_t first = (size_t)sample * units;
        for (size_t unit = 0; unit < units; unit++)
            shares[unit] = loss->spike_count[first + unit] / (real)loss->num_steps;
        sum += contrast_loss(contrast, shares, target + first, units, gradient);
        for (size_t unit = 0; unit < units; unit++)
            loss->gradient[first + unit] += scale * gradient[unit];
    }
    return sum;
}

double spike_loss_synops(const struct spike_loss *loss, const real *fan_out, double weight)
{
    real scale = (real)(weight / loss->normalizer);
    double synops = 0;
    for (int sample = 0; sample < loss->num_samples; sample++) {
        size_t first = (size_t)sample * loss->num_units;
        for (size_t unit = 0; unit < loss->num_units; unit++) {
            synops += (double)(fan_out[unit] * loss->spike_count[first + unit]);
            loss->gradient[first + unit] += scale * fan_out[unit];
        }
    }
    return synops;
}
