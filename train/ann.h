/*
 * Training of analog networks (ANNs), the baselines that spiking networks are compared with: plain
 * back-propagation through a chain of dense layers, mean squared error, Adam whose moments and
 * count of updates begin anew with every epoch. There are no biases.
 *
 * With a the value of a layer, f its activation and L the mean over batch and units of
 * (a_output - target)^2:
 *     delta_output = 2 (a_output - target) f' / (batch units)
 *     delta_below  = (weight^T delta) f'
 *     d_weight     = a_below^T delta
 * f' is taken from the value: 1 where a ReLU is above 0, a (1 - a) for the logistic sigmoid.
 */
#ifndef SPIKELOOM_TRAIN_ANN_H
#define SPIKELOOM_TRAIN_ANN_H

#include "core/base/status.h"
#include "train/trainer.h"

/* A part of a batch and what the last step made of it. Rows are samples. */
struct ann_shard {
    int capacity;
    real *value[NETWORK_MAX_LAYERS + 1]; /* [capacity][units]; value[0] is the input */
    real *delta[NETWORK_MAX_LAYERS];     /* [capacity][units] */
    real *gradient[NETWORK_MAX_LAYERS];  /* [inputs][units] */
    real *target;                        /* [capacity][outputs] */
    double loss;                         /* sum over samples and outputs of the squared error */
};

/* Buffers for up to `capacity` samples; released by ann_shard_free, also after a failure. */
enum status ann_shard_init(struct ann_shard *shard, const struct network *network, int capacity,
                           struct error *error);
void ann_shard_free(struct ann_shard *shard);

/*
 * Forward and backward pass over the first `batch` rows of value[0] and target at the network's
 * weights; fills gradients, divided by `normalizer` (the samples of the whole batch), and loss.
 */
void ann_gradient(struct ann_shard *shard, const struct network *network, int batch,
                  int normalizer);

/*
 * Trains all layers of an analog network of dense layers. The learning rate is constant;
 * result->loss.image is the mean squared error a pixel. A state is saved after whole updates, and
 * a run that goes on from it ends with the weights of an undisturbed one. Errors as trainer_run.
 */
enum status ann_train(struct network *network, const struct trainer_source *source,
                      const struct trainer_settings *settings, struct json_log *log,
                      struct trainer_result *result, struct error *error);

#endif
