/*
 * Work and energy of an inference as neuromorphic benchmarks count them: synaptic operations if
 * every connection were computed at every step (dense), those that spikes really cause
 * (accumulates: an addition each) and those of analog values (multiply-accumulates), and an
 * estimate in joules from a cost for each. Updates of neurons and memory traffic are not counted.
 *
 * The default costs are those of 32-bit floating point in 45 nm CMOS: an addition 0.9 pJ, a
 * multiplication 3.7 pJ (Horowitz, "Computing's energy problem (and what we can do about it)",
 * ISSCC 2014).
 */
#ifndef SPIKELOOM_TRAIN_ENERGY_H
#define SPIKELOOM_TRAIN_ENERGY_H

#include "models/network.h"
#include "train/evaluation.h"
#include "train/json_log.h"

struct energy_costs {
    double joules_per_mac; /* a multiply-accumulate */
    double joules_per_ac;  /* an accumulate */
};

/* Connections of all layers times steps. */
double energy_synops_dense(const struct network *network, int num_steps);

/*
 * Adds to `object`, of the mean inference over num_steps: synops_dense, synops_effective
 * (accumulates), macs, input_spikes, spikes_per_layer, firing_rate_hz (per layer, the mean of its
 * units; null for an analog network), energy_joules and the two costs. False when memory is out.
 */
bool energy_add(json_t *object, const struct network *network, const struct scores *scores,
                int num_steps, const struct energy_costs *costs);

#endif
