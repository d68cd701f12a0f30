/*
 * Losses on the spikes of a layer: how many they should be, how near to another target they may
 * come, and what they cost. They look at counts alone, so that dL/ds is the same at every step;
 * each adds its own to that of the whole loss.
 */
#ifndef SPIKELOOM_TRAIN_SPIKE_LOSS_H
#define SPIKELOOM_TRAIN_SPIKE_LOSS_H

#include "core/math/real.h"
#include "train/contrast.h"

#include <stddef.h>

/* The spikes of a layer in (a part of) a batch; arrays are [num_samples][num_units]. */
struct spike_loss {
    const real *spike_count; /* of all steps */
    real *gradient;          /* dL/ds of a step, added to */
    int num_steps, num_samples;
    size_t num_units;
    int normalizer; /* samples of the whole batch, by which derivatives are divided */
};

/*
 * weight times the sum d over units of (count / num_steps - target)^2, target
 * [num_samples][num_units]; with a power p other than 1, of each sample (1 + d)^p - 1 instead.
 * Returns the sum of d over samples before weight and division, as the others do.
 */
double spike_loss_count(const struct spike_loss *loss, const real *target, double weight,
                        double power);

/* weight times the contrast_loss of the shares of steps with a spike; scratch is [2 num_units]. */
double spike_loss_contrast(const struct spike_loss *loss, const struct contrast *contrast,
                           const real *target, double weight, real *scratch);

/* weight times the connections that the spikes travel over: fan_out [num_units] of each. */
double spike_loss_synops(const struct spike_loss *loss, const real *fan_out, double weight);

#endif
