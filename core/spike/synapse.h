/*
 * Synapses: weighted input currents from spikes. Weights are [pre][post], so that a spike of unit
 * `pre` adds one row to the currents of all units `post`. Every unit adds its inputs in the order
 * of their indices; the event-driven functions skip terms that are zero, which changes no bit of
 * the sum, and so agree exactly with the dense ones.
 */
#ifndef SPIKELOOM_CORE_SPIKE_SYNAPSE_H
#define SPIKELOOM_CORE_SPIKE_SYNAPSE_H

#include "core/math/real.h"

#include <stddef.h>
#include <stdint.h>

/*
 * current [num_post] += the weight row of each spiking unit pre[0 .. num_spikes - 1], ascending.
 * Row 0 of weight [..][num_post] belongs to unit `first`.
 */
void synapse_add_spikes(real *current, const real *weight, size_t num_post, const uint32_t *pre,
                        size_t num_spikes, int64_t first);

/*
 * current [num_post] += sum over pre of value[pre] * weight[pre], zero values skipped; how many
 * were not zero.
 */
size_t synapse_add_analog(real *current, const real *weight, size_t num_post, const real *value,
                          size_t num_pre);

/* The reference for both: every term is computed, in plain loops. */
void synapse_add_dense(real *current, const real *weight, size_t num_post, const real *value,
                       size_t num_pre);

#endif
