/*
 * The weighted input of a layer, dense or convolving over time: bias, spikes and analog values to
 * the currents of its units. Every unit sums in the order of its inputs' indices.
 */
#ifndef SPIKELOOM_MODELS_LAYER_H
#define SPIKELOOM_MODELS_LAYER_H

#include "models/network.h"

#include <stddef.h>
#include <stdint.h>

/* current [layer_num_outputs] = the bias of each unit. */
void layer_start_current(const struct layer *layer, real *current);

/*
 * current [layer_num_outputs] += the weights of the inputs that spiked: units[num_spikes],
 * ascending. Returns the synaptic operations: one for each connection that a spike travels over.
 */
uint64_t layer_add_spikes(const struct layer *layer, const uint32_t *units, uint32_t num_spikes,
                          real *current);

/* current += weight times value [layer_num_inputs], zeros skipped; returns the operations. */
uint64_t layer_add_analog(const struct layer *layer, const real *value, real *current);

/* The reference for both, which computes every term. */
void layer_add_dense(const struct layer *layer, const real *value, real *current);

/* The connections of the layer, padding left out: what one step of dense work would compute. */
uint64_t layer_num_connections(const struct layer_shape *shape);

/* fan_out [layer_num_inputs] = the connections of each input: synops that a spike of it causes. */
void layer_count_fan_out(const struct layer_shape *shape, uint32_t *fan_out);

/* value [layer_num_outputs] = the activation of each analog unit at its current. */
void layer_activate(const struct layer *layer, const real *current, real *value);

/* The window of inputs that an output position sees: units first .. last - 1, cut to the input. */
struct layer_window {
    int64_t origin; /* the unit that weight row 0 belongs to; negative within the padding */
    uint32_t first, last;
};
struct layer_window layer_window(const struct layer_shape *shape, int position);

#endif
