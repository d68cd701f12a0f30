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

/* What a layer is given in some steps. */
struct layer_spikes {
    const uint32_t *units; /* the list that the steps are spans of */
    /* [num_steps]; each from none, but where all weights of the layer are in fixed point */
    const struct kernel_step *steps;
    size_t num_steps; /* at most KERNEL_MOST_STEPS */
};

/* Scratch of layer_run. */
struct layer_scratch {
    struct kernel_step *windows; /* [num_steps] */
    uint64_t *words;             /* [num_steps][words of a row of out_channels] */
};

/*
 * All units of a spiking layer over some steps, one group of units after the other. A step's
 * current begins with the bias or, unless `analog` is NULL, with analog [layer_num_outputs]. The
 * potentials v [layer_num_outputs] are updated; bits of units that spike are set in words
 * [num_steps][pitch], which begin as 0. Returns the synaptic operations.
 */
uint64_t layer_run(const struct layer *layer, const struct layer_spikes *spikes, const real *analog,
                   const struct layer_scratch *scratch, real *v, uint64_t *words, size_t pitch);

/* current += weight times value [layer_num_inputs], zeros skipped; returns the operations. */
uint64_t layer_add_analog(const struct layer *layer, const real *value, real *current);

/* The reference for sums of either kind, which computes every term. */
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
