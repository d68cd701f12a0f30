/*
 * Reading an analog value from an output layer: from its spike counts, which stays within spikes,
 * or from its membrane potential.
 */
#ifndef SPIKELOOM_CORE_SPIKE_READOUT_H
#define SPIKELOOM_CORE_SPIKE_READOUT_H

#include "core/math/real.h"
#include "core/spike/raster.h"

#include <stddef.h>

/*
 * value [num_units] = spikes in the first num_steps steps / all steps of the raster, so that a
 * picture builds up to its final brightness. counts [num_units] is scratch.
 */
void readout_spike_count(const struct raster *raster, uint32_t num_steps, uint32_t *counts,
                         real *value);

/*
 * value [num_units] = the mean over steps of v [num_steps][num_units] over the threshold, cut to
 * 0..1. v is the potential before the reset.
 */
void readout_membrane(const real *v, uint32_t num_steps, size_t num_units, real threshold,
                      real *value);

#endif
