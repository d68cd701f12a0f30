#include "train/spike_loss.h"

double spike_loss_count(const struct spike_loss *loss, const real *target, double weight)
{
    size_t count = (size_t)loss->num_samples * loss->num_units;
    real share = 1 / (real)loss->num_steps;
    real scale = (real)(2 * weight / ((double)loss->num_steps * loss->normalizer));
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        real spikes = 0;
        for (int step = 0; step < loss->num_steps; step++)
            spikes += loss->spiked[(size_t)step * count + i];
        real difference = spikes * share - target[i];
        sum += (double)(difference * difference);
        for (int step = 0; step < loss->num_steps; step++)
            loss->gradient[(size_t)step * count + i] += scale * difference;
    }
    return sum;
}

/* Each unit's share of steps with a spike, of one sample. */
static void count_shares(const struct spike_loss *loss, int sample, real *shares)
{
    size_t count = (size_t)loss->num_samples * loss->num_units;
    for (size_t unit = 0; unit < loss->num_units; unit++) {
        real spikes = 0;
        for (int step = 0; step < loss->num_steps; step++)
            spikes += loss->spiked[(size_t)step * count + (size_t)sample * loss->num_units + unit];
        shares[unit] = spikes / (real)loss->num_steps;
    }
}

double spike_loss_contrast(const struct spike_loss *loss, const struct contrast *contrast,
                           const real *target, double weight, real *scratch)
{
    size_t units = loss->num_units, count = (size_t)loss->num_samples * units;
    real *shares = scratch, *gradient = scratch + units;
    real scale = (real)(weight / ((double)loss->num_steps * loss->normalizer));
    double sum = 0;
    for (int sample = 0; sample < loss->num_samples; sample++) {
        size_t first = (size_t)sample * units;
        count_shares(loss, sample, shares);
        sum += contrast_loss(contrast, shares, target + first, units, gradient);
        for (int step = 0; step < loss->num_steps; step++)
            for (size_t unit = 0; unit < units; unit++)
                loss->gradient[(size_t)step * count + first + unit] += scale * gradient[unit];
    }
    return sum;
}

double spike_loss_synops(const struct spike_loss *loss, const real *fan_out, double weight)
{
    size_t units = loss->num_units, rows = (size_t)loss->num_samples * (size_t)loss->num_steps;
    real scale = (real)(weight / loss->normalizer);
    double synops = 0;
    for (size_t row = 0; row < rows; row++) {
        const real *spiked = loss->spiked + row * units;
        real *gradient = loss->gradient + row * units;
        for (size_t i = 0; i < units; i++) {
            synops += (double)(fan_out[i] * spiked[i]);
            gradient[i] += scale * fan_out[i];
        }
    }
    return synops;
}
