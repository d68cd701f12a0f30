/*
 * Training of the judge: back-propagation of the cross-entropy of its softmax, with dropout of
 * hidden units, on distorted pictures.
 *
 * With a the value of a layer, m its dropout mask (0, or 1 / (1 - dropout)), p the softmax of the
 * last layer and L the mean over the batch of -log p[label]:
 *     delta_last  = (p - onehot(label)) / batch
 *     delta_below = (weight^T delta) m [a_below > 0]
 *     d_weight    = a_below^T delta,  d_bias = the sum of delta over the batch
 */
#ifndef SPIKELOOM_TRAIN_JUDGE_TRAINING_H
#define SPIKELOOM_TRAIN_JUDGE_TRAINING_H

#include "core/base/status.h"
#include "train/dataset.h"
#include "train/json_log.h"
#include "train/judge.h"
#include "train/trainer.h"

/* A part of a batch and what the last step made of it. Rows are samples. */
struct judge_shard {
    int capacity;
    real *value[JUDGE_LAYERS + 1]; /* [capacity][units]; value[0] is the input, the last is p */
    real *mask[JUDGE_LAYERS - 1];  /* [capacity][units] of a hidden layer's dropout, set before */
    real *delta[JUDGE_LAYERS];     /* [capacity][units] */
    real *weight[JUDGE_LAYERS];    /* [inputs][units], gradients */
    real *bias[JUDGE_LAYERS];      /* [units], gradients */
    real *scratch;                 /* [inputs of the network] */
    int *label;                    /* [capacity] */
    double loss;                   /* sum over samples of -log p[label] */
};

/* Buffers for up to `capacity` samples; released by judge_shard_free, also after a failure. */
enum status judge_shard_init(struct judge_shard *shard, const struct judge *judge, int capacity,
                             struct error *error);
void judge_shard_free(struct judge_shard *shard);

/*
 * Forward and backward pass over the first `batch` rows of value[0], mask and label; fills
 * gradients, divided by `normalizer` (the samples of the whole batch), and loss.
 */
void judge_gradient(struct judge_shard *shard, const struct judge *judge, int batch,
                    int normalizer);

/*
 * Trains the judge on a set of digits, whose labels are 0 .. 9. settings->learning_rate falls to 0
 * along a half cosine; `dropout` is the probability that a hidden unit is silent.
 * result->loss.image is the mean cross-entropy. A run that goes on from its state ends with the
 * weights of an undisturbed one. Errors as trainer_run.
 */
enum status judge_train(struct judge *judge, const struct image_set *set,
                        const struct trainer_settings *settings, double dropout,
                        struct json_log *log, struct trainer_result *result, struct error *error);

#endif
