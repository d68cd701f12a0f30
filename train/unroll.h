/*
 * What the units of a layer do over all steps of a run, forward and back, for train/bptt.c: the
 * work between its matrix products. Units do not depend on one another, so the loops run in
 * vectors where the processor has them (core/base/cpu.h), with the same bits.
 */
#ifndef SPIKELOOM_TRAIN_UNROLL_H
#define SPIKELOOM_TRAIN_UNROLL_H

#include "core/math/real.h"
#include "core/spike/neuron.h"

#include <stdbool.h>
#include <stddef.h>

/* Units [count] of all samples of a part of a batch; arrays are [num_steps][count]. */
struct unroll {
    struct neuron neuron;
    real slope;  /* of the surrogate derivative */
    bool smooth; /* spikes replaced by the smooth twin */
    int num_steps;
    size_t count;
    real *v;                    /* currents, then potentials before the reset, then dL/dI */
    real *spiked;               /* spikes after dropout; NULL: not wanted */
    real *spike_count;          /* [count] of all steps, after dropout */
    const real *keep;           /* [count] dropout's factors; NULL: all are kept */
    const real *gradient;       /* dL/ds from the next layer; NULL: there is none */
    const real *count_gradient; /* [count] dL/ds from losses on spike_count: alike at every step */
};

/* v from currents to potentials, spiked and spike_count; the two gradients are not looked at. */
void unroll_forward(const struct unroll *unroll);

/* v from potentials to dL/dI, from the sum of both gradients; spikes are not looked at. */
void unroll_backward(const struct unroll *unroll);

#endif
