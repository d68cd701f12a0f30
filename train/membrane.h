/*
 * The membrane-potential learning rule of Roy, Panda and Roy, "Synthesizing Images from
 * Spatio-Temporal Representations using Spike-based Backpropagation", Frontiers in Neuroscience
 * 13:621 (2019), for the first two layers of a network, fully connected and without biases:
 * input - hidden - output.
 *
 * It learns online: each time step is one update of the weights. Per step and sample, with v the
 * potentials before the reset and the trace of each layer's inputs
 *     trace = beta trace + input spike
 *     error = (target spike * threshold - v_output) * mask
 *     d_decoder = -error (x) trace_hidden / batch
 *     d_encoder = ((decoder^T (-error)) * s'(v_hidden - threshold)) (x) trace_input / batch
 * with s' the logistic sigmoid's derivative; then each layer's trace is scaled by
 * 1 - (spikes of the layer) / divisor.
 *
 * A step has two parts. membrane_forward works on samples, and many calls may run at once on
 * different ones. Then membrane_advance, membrane_gradient and membrane_settle work on rows of a
 * weight matrix (a row is an input's weights), many at once on different ones. Inputs that have
 * not spiked yet have no trace and no gradient: their rows are idle and cost nothing.
 */
#ifndef SPIKELOOM_TRAIN_MEMBRANE_H
#define SPIKELOOM_TRAIN_MEMBRANE_H

#include "core/base/status.h"
#include "models/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum membrane_loss_mask {
    MEMBRANE_MASK_XOR, /* learn where target spike and output spike differ */
    MEMBRANE_MASK_NONE /* learn everywhere */
};

enum { MEMBRANE_LAYERS = 2 };

/* How currents and gradients are summed; the results differ in rounding alone. */
enum membrane_path {
    MEMBRANE_BY_DENSITY, /* whichever suits the number of spikes: what trains */
    MEMBRANE_SPARSE,     /* spike by spike, trace by trace */
    MEMBRANE_DENSE       /* matrix products */
};

enum membrane_row {
    MEMBRANE_ROW_IDLE, /* no spike so far: no trace */
    MEMBRANE_ROW_NEW,  /* the first update of this batch is due */
    MEMBRANE_ROW_LIVE
};

/* A layer and its inputs. Memory is [capacity] where [batch] is said. */
struct membrane_layer {
    size_t inputs, units;
    real *v, *v_before_reset, *spiked; /* [batch][units] */
    uint32_t *spikes;     /* [batch][inputs]: the inputs that spike at this step, ascending */
    uint32_t *num_spikes; /* [batch] */
    uint8_t *arrived;     /* [inputs][batch]: 1 where an input spiked that no trace has yet */
    real *trace;          /* [inputs][batch]; not set in idle rows */
    real *trace_factor;   /* [batch]: 1 - (spikes of the layer) / divisor */
    real *delta;          /* [batch][units]: the error that reaches v */
    uint8_t *rows;        /* [inputs]: enum membrane_row */
};

struct membrane {
    int capacity, batch;
    enum membrane_loss_mask mask;
    enum membrane_path path;
    real divisor[MEMBRANE_LAYERS]; /* the N of the traces' scaling */
    bool keep_rows; /* rows once live stay so from batch to batch: their moments are kept */
    bool all_rows;  /* no row is ever idle: their weights decay */
    struct membrane_layer layers[MEMBRANE_LAYERS];
    real *target;    /* [batch][outputs]: spikes, 1 or 0 */
    real *surrogate; /* [batch][hidden]: s'(v - threshold) */
    real *turned;    /* [outputs][hidden]: the decoder, transposed, by membrane_turn */
    double *loss;    /* [batch]: squared membrane error at outputs, of the last step */
    size_t width;    /* the most inputs or units of a layer */
    real *current;   /* [batch][width]: scratch of a sample, whatever the layer */
    real *dense;     /* [batch][width] */
};

/*
 * Buffers for up to `capacity` samples of a network whose first two layers are dense. Mask, path,
 * divisors and the two rules on rows begin as zeros; the caller sets them.
 */
enum status membrane_init(struct membrane *membrane, const struct network *network, int capacity,
                          struct error *error);
void membrane_free(struct membrane *membrane);

/* Potentials of `batch` samples at rest, no traces. */
void membrane_start(struct membrane *membrane, int batch);

/*
 * One time step of samples first .. first + count - 1 at the network's current weights, from
 * layers[0].spikes and num_spikes and from target: everything but traces and gradients.
 */
void membrane_forward(struct membrane *membrane, const struct network *network, int first,
                      int count);

/*
 * Brings the traces of rows first .. first + count - 1 to this step; true if one of them is not
 * idle.
 */
bool membrane_advance(struct membrane *membrane, const struct network *network, int layer,
                      size_t first, size_t count);

/*
 * The gradient of those rows, and of the units column .. column + columns - 1, divided by the
 * batch: gradient [count][columns]. What it holds of idle rows is not defined.
 */
void membrane_gradient(const struct membrane *membrane, int layer, size_t first, size_t count,
                       size_t column, size_t columns, real *gradient);

/*
 * Takes rows first .. first + count - 1 of the decoder into its transposed copy, from which errors
 * are carried back where they are few. To be called for all rows before the first step, and for
 * each row that has changed.
 */
void membrane_turn(struct membrane *membrane, const struct network *network, size_t first,
                   size_t count);

/* Scales the traces of those rows, from which the next step starts. New rows become live. */
void membrane_settle(struct membrane *membrane, int layer, size_t first, size_t count);

/* The sum over the batch of the squared membrane error at outputs, of the last step. */
double membrane_loss(const struct membrane *membrane);

#endif
