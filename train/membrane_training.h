/*
 * The loop around the membrane rule: batches in a shuffled order, time steps, one update a step,
 * progress, and a state file from which an interrupted run goes on.
 *
 * The samples of a batch are always divided into the same parts (batch_order.h), and every sum is
 * made in an order of its own, so that the weights do not depend on the number of threads.
 */
#ifndef SPIKELOOM_TRAIN_MEMBRANE_TRAINING_H
#define SPIKELOOM_TRAIN_MEMBRANE_TRAINING_H

#include "core/base/status.h"
#include "train/membrane.h"
#include "train/membrane_optimizer.h"
#include "train/options.h"
#include "train/trainer.h"

struct membrane_settings {
    enum membrane_loss_mask mask;
    real divisor[MEMBRANE_LAYERS];
    struct membrane_optimizer_settings optimizer; /* Adam and rate are trainer_settings' */
    /*
     * Writes the target spikes [units of the second layer] of a sample at a step, from several
     * threads at once. NULL: the target is the input spike train.
     */
    void (*target)(void *context, uint32_t sample, uint32_t step, real *target);
};

/* What the command line says of mask and optimizer; divisors and target are left to the caller. */
struct membrane_settings membrane_settings_of(const struct options *options);

/*
 * Trains the first two layers of a rate-coded network in place. source->fill writes values 0..1;
 * its image and latent are NULL, its draw is 0. INVALID_ARGUMENT unless both layers are dense, the
 * input is rate-coded and, without `target`, as wide as the second layer. A state is saved after
 * whole batches only; the learning rate is constant and Adam's epsilon 1e-7, as published.
 */
enum status membrane_train(struct network *network, const struct trainer_source *source,
                           const struct trainer_settings *settings,
                           const struct membrane_settings *membrane, struct json_log *log,
                           struct trainer_result *result, struct error *error);

#endif
