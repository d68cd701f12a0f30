/*
 * How the membrane rule's gradients change the weights: gradient and update in one pass over small
 * tiles of a weight matrix, so that no gradient of a whole matrix is ever stored, and rows without
 * a trace are not touched.
 *
 * The published program is Adam whose moments begin at zero with every batch and whose update
 * count is the time step, from 1. Then a row that is idle has no gradient and no moments, and
 * leaving it alone is exact. With moments kept, a row stays live once it has them; with weight
 * decay all rows are live.
 */
#ifndef SPIKELOOM_TRAIN_MEMBRANE_OPTIMIZER_H
#define SPIKELOOM_TRAIN_MEMBRANE_OPTIMIZER_H

#include "core/base/parallel.h"
#include "core/base/status.h"
#include "models/network.h"
#include "train/adam.h"
#include "train/membrane.h"

#include <stdbool.h>
#include <stdint.h>

struct membrane_optimizer_settings {
    bool plain_sgd;          /* w -= learning_rate (g + weight_decay w), no moments */
    bool keep_moments;       /* of Adam, from batch to batch; its updates are counted on */
    double clip_norm;        /* largest Frobenius norm of a matrix's gradient; 0: none */
    struct adam_params adam; /* its weight decay counts for plain_sgd too */
    double learning_rate;
};

struct membrane_optimizer {
    struct membrane_optimizer_settings settings;
    struct network *network;
    struct membrane *membrane;
    real *moment1[MEMBRANE_LAYERS], *moment2[MEMBRANE_LAYERS]; /* like the weights; borrowed */
    struct adam_pace pace;
    bool clips;                  /* the pass at hand only measures */
    double *squares;             /* [blocks] of the gradients, while clipping */
    real scale[MEMBRANE_LAYERS]; /* of the gradients, by clipping */
};

/*
 * Updates `network` from `membrane`, whose rules on rows it sets. moment1 and moment2 are shaped
 * like the weights and begin as zeros; unused by plain_sgd. NO_MEMORY.
 */
enum status membrane_optimizer_init(struct membrane_optimizer *optimizer,
                                    const struct membrane_optimizer_settings *settings,
                                    struct network *network, struct membrane *membrane,
                                    real *const moment1[MEMBRANE_LAYERS],
                                    real *const moment2[MEMBRANE_LAYERS], struct error *error);
void membrane_optimizer_free(struct membrane_optimizer *optimizer);

/* After weights and moments were restored: looks at them anew. */
void membrane_optimizer_wake(struct membrane_optimizer *optimizer);

/*
 * One update of both matrices after membrane_forward of all samples; then the traces are those
 * from which the next step starts. `step` counts from 0 in a batch, `updates` over all batches.
 */
void membrane_optimizer_update(struct membrane_optimizer *optimizer, struct parallel *parallel,
                               uint32_t step, uint64_t updates);

#endif
