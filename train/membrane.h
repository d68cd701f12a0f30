/*
 * The membrane-potential learning rule of Roy, Panda and Roy, "Synthesizing Images from
 * Spatio-Temporal Representations using Spike-based Backpropagation", Frontiers in Neuroscience
 * 13:621 (2019), for two fully connected layers without biases: input - hidden - output.
 *
 * It learns online: each time step is one update of the weights. Per step and sample, with v the
 * potentials before the reset and the trace of each layer's inputs
 *     trace = beta trace + input spike
 *     error = (target spike * threshold - v_output) * mask
 *     d_decoder = -error (x) trace_hidden / batch
 *     d_encoder = ((decoder^T (-error)) * s'(v_hidden - threshold)) (x) trace_input / batch
 * with s' the logistic sigmoid's derivative; then each layer's trace is scaled by
 * 1 - (spikes of the layer) / divisor. Adam's moments begin at zero with every batch, its update
 * count is the step, from 1.
 */
#ifndef SPIKELOOM_TRAIN_MEMBRANE_H
#define SPIKELOOM_TRAIN_MEMBRANE_H

#include "core/base/status.h"
#include "train/trainer.h"

enum membrane_loss_mask {
    MEMBRANE_MASK_XOR, /* learn where target spike and output spike differ */
    MEMBRANE_MASK_NONE /* learn everywhere */
};

enum { MEMBRANE_LAYERS = 2 };

/* Part of a batch: its state, and what the last step computed. Rows are samples. */
struct membrane_shard {
    int batch, capacity;
    real *v[MEMBRANE_LAYERS], *v_before_reset[MEMBRANE_LAYERS], *spiked[MEMBRANE_LAYERS];
    real *trace[MEMBRANE_LAYERS];    /* of the layer's inputs; after a step: scaled */
    real *current;                   /* [batch][widest layer], scratch */
    real *error;                     /* [batch][outputs] */
    real *surrogate;                 /* [batch][hidden]: s'(v - threshold) */
    real *delta;                     /* [batch][hidden]: the error that reaches the hidden v */
    real *gradient[MEMBRANE_LAYERS]; /* [inputs][units], divided by the whole batch */
    real *input, *target, *values;   /* [batch][inputs], [batch][outputs], [batch][inputs] */
    uint32_t *random;                /* [inputs] */
};

/* Buffers for up to `capacity` samples of a network with two dense layers. */
enum status membrane_shard_init(struct membrane_shard *shard, const struct network *network,
                                int capacity, struct error *error);
void membrane_shard_free(struct membrane_shard *shard);

/* Potentials and traces of the first `batch` samples at rest. */
void membrane_shard_start(struct membrane_shard *shard, const struct network *network, int batch);

/*
 * One time step from shard->input and shard->target (spikes, 1 or 0) at the network's current
 * weights; fills the gradients, divided by `normalizer`, the samples of the whole batch.
 * divisor[layer] is the N of the traces' scaling.
 */
void membrane_step(struct membrane_shard *shard, const struct network *network,
                   enum membrane_loss_mask mask, const real divisor[MEMBRANE_LAYERS],
                   int normalizer);

/* The sum over the shard of the squared membrane error at outputs, of the last step. */
double membrane_loss(const struct membrane_shard *shard, const struct network *network);

/*
 * Trains a rate-coded autoencoder whose target is its input spike train. INVALID_ARGUMENT unless
 * the network has two dense layers and rate coding. A state is saved after whole batches only;
 * the learning rate is constant, as published.
 */
enum status membrane_train(struct network *network, const struct trainer_source *source,
                           const struct trainer_settings *settings, enum membrane_loss_mask mask,
                           struct json_log *log, struct trainer_result *result,
                           struct error *error);

#endif
