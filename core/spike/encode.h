/*
 * Rate (Poisson) coding: analog values 0..1 to spikes. At each step a unit spikes with probability
 * value * max_rate_hz * dt, drawn from a counter-based generator, so that a spike depends on the
 * generator's key, the step and the unit alone.
 */
#ifndef SPIKELOOM_CORE_SPIKE_ENCODE_H
#define SPIKELOOM_CORE_SPIKE_ENCODE_H

#include "core/base/rng.h"
#include "core/base/status.h"
#include "core/math/real.h"

#include <stddef.h>
#include <stdint.h>

/* INVALID_ARGUMENT unless 0 < max_rate_hz * dt <= 1, and every value [count] is within 0..1. */
enum status encode_rate_check(double max_rate_hz, double dt, const real *value, size_t count,
                              struct error *error);

/*
 * The spikes of one step: units in ascending order to units [count]; their number.
 * random [count] is scratch. The arguments have passed encode_rate_check.
 */
uint32_t encode_rate(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                     double max_rate_hz, double dt, uint32_t *random, uint32_t *units);

/* The same spikes as 1 and 0 in spiked [count]. */
void encode_rate_dense(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                       double max_rate_hz, double dt, uint32_t *random, real *spiked);

#endif
