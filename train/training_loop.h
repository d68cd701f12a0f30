/*
 * What every rule's training has in common: batches until all epochs are done or a signal comes,
 * progress, a line of the log an epoch, and the state from which an interrupted run goes on.
 */
#ifndef SPIKELOOM_TRAIN_TRAINING_LOOP_H
#define SPIKELOOM_TRAIN_TRAINING_LOOP_H

#include "core/base/status.h"
#include "train/json_log.h"
#include "train/parameters.h"
#include "train/trainer.h"

#include <stdint.h>

enum { TRAINING_LOOP_DESCRIPTION_SIZE = 768 };

struct training_loop {
    const struct trainer_settings *settings;
    struct parameters *parameters;
    struct json_log *log;
    /* What must be the same for a state to fit: all that shapes the weights. */
    char description[TRAINING_LOOP_DESCRIPTION_SIZE];
    uint64_t batches_per_epoch;
    uint64_t *batches; /* done so far; run_batch adds one */
    void *context;     /* of the functions below */
    enum status (*run_batch)(void *context, struct error *error);
    /* Means over the samples of this epoch so far. */
    struct bptt_loss (*loss)(const void *context);
    double (*learning_rate)(const void *context); /* of the last batch */
};

/*
 * Restores the state of settings->state_path where settings->resume asks for it. BAD_CHECKPOINT,
 * IO, NOT_FOUND as parameters_restore.
 */
enum status training_loop_resume(struct training_loop *loop, struct error *error);

/*
 * Runs until the end or the first SIGINT or SIGTERM; then the state is saved, unless
 * settings->state_path is NULL. What run_batch returns ends it, too. `result` gets the number of
 * batches as updates. IO where the state cannot be written, INVALID_ARGUMENT without an epoch.
 */
enum status training_loop_run(struct training_loop *loop, struct trainer_result *result,
                              struct error *error);

#endif
