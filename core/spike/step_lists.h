/*
 * The spikes of some steps, from bits to the lists that the kernels of a layer take (struct
 * kernel_step). Where a layer's sums are exact (struct kernel_fixed), a step need not add up all
 * of its spikes: it takes the sum of an earlier step and adds and takes off where they differ. A
 * unit that spikes at every step, or at every other one, repeats itself: six rows of weights of
 * ten are left to add or to take off in the latents of mnist-ae.
 */
#ifndef SPIKELOOM_CORE_SPIKE_STEP_LISTS_H
#define SPIKELOOM_CORE_SPIKE_STEP_LISTS_H

#include "core/math/kernels.h"

#include <stddef.h>
#include <stdint.h>

/* num_steps (at most KERNEL_MOST_STEPS) of num_units, unit i of a step being bit i of its row. */
struct step_bits {
    const uint64_t *words; /* [num_steps][(num_units + 63) / 64] */
    uint32_t num_units, num_steps;
};

/*
 * Lists all spikes in units [num_steps * num_units], every step of steps [num_steps] from none.
 * Returns how many spikes there are.
 */
uint32_t step_lists_whole(const struct step_bits *bits, uint32_t *units, struct kernel_step *steps);

/*
 * Lists how each step differs from that earlier one, or from none, which it is most like, in units
 * [(num_steps + 1) * num_units]; there are never more of these than spikes. row [words of a row] is
 * scratch. Returns how many spikes there are.
 */
uint32_t step_lists_changes(const struct step_bits *bits, uint64_t *row, uint32_t *units,
                            struct kernel_step *steps);

/* How many spikes such steps have, listed or not. */
uint64_t step_lists_count(const struct kernel_step *steps, size_t num_steps);

#endif
