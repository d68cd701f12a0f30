/*
 * Measures of a picture's error.
 *
 * mse_pixels and mse_spikes are those of Roy, Panda and Roy 2019: the mean over pixels of
 * (z(reference) - z(output))^2, z = the image minus its own mean over its own standard deviation
 * (n - 1; a deviation of 0 counts as 1). pixel_mse is the plain mean squared error at 0..1.
 */
#ifndef SPIKELOOM_TRAIN_MEASURES_H
#define SPIKELOOM_TRAIN_MEASURES_H

#include "core/math/real.h"

#include <stddef.h>

/* Both of [count] values; any scale for standardized, 0..1 for plain. */
double measures_mse(const real *reference, const real *output, size_t count);
double measures_standardized_mse(const real *reference, const real *output, size_t count);

#endif
