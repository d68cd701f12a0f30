/*
 * Spiking neurons: leaky integrate-and-fire (LIF) and integrate-and-fire (IF), with either reset;
 * and the names of the analog units of the networks that they are compared with, which have no
 * time, no threshold and no reset (core/math/activation.h computes them).
 *
 * RESET_ZERO, the neuron of Roy, Panda and Roy 2019, in this order:
 *     v = min(beta v + current, threshold); spike if v >= threshold; v = 0 where it spiked.
 * RESET_SUBTRACT (soft reset, no clamp):
 *     v = beta v + current; spike if v >= threshold; v = v - threshold where it spiked.
 * beta = 1 - dt / tau_mem (the Euler leak) for LIF, 1 for IF. There is no lower bound on v.
 */
#ifndef SPIKELOOM_CORE_SPIKE_NEURON_H
#define SPIKELOOM_CORE_SPIKE_NEURON_H

#include "core/base/status.h"
#include "core/math/kernels.h"
#include "core/math/real.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum neuron_model { NEURON_LIF, NEURON_IF, NEURON_RELU, NEURON_SIGMOID, NEURON_MODEL_COUNT };
enum neuron_reset { RESET_ZERO, RESET_SUBTRACT };

/* As chosen by a person; times in seconds. */
struct neuron_params {
    enum neuron_model model;
    enum neuron_reset reset;
    double threshold;
    double tau_mem; /* unused by IF */
    double dt;
};

/* Derived from the parameters once, used in every step. */
struct neuron {
    enum neuron_reset reset;
    real beta;
    real threshold;
};

/* Whether units of the model spike; the others are analog. */
static inline bool neuron_model_spikes(enum neuron_model model)
{
    return model == NEURON_LIF || model == NEURON_IF;
}

/* INVALID_ARGUMENT unless threshold > 0, dt > 0 and (LIF) tau_mem >= dt, all finite. */
enum status neuron_derive(const struct neuron_params *params, struct neuron *neuron,
                          struct error *error);

/* The same as the kernels take it. */
struct kernel_neuron neuron_kernel(const struct neuron *neuron);

/*
 * One step of `count` neurons. v [count] is updated; current [count] is this step's weighted
 * input; spiked [count] receives 1 or 0.
 * v_before_reset [count], if not NULL, receives the potential that was compared with the
 * threshold, which learning rules need.
 */
void neuron_step(const struct neuron *neuron, real *v, const real *current, real *spiked,
                 real *v_before_reset, size_t count);

/* Lists the units with spiked[unit] != 0 in ascending order in units [count]; their number. */
uint32_t neuron_spiking_units(const real *spiked, size_t count, uint32_t *units);

#endif
