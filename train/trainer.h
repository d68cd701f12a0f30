/*
 * The training loop: batches in a shuffled order, gradients on all cores, Adam with a cosine
 * schedule, progress, and a state file from which an interrupted run goes on.
 *
 * Biases of the decoder are kept below layer_rest_bias, so that an empty latent decodes to a blank
 * picture.
 *
 * A batch is always divided into the same parts (batch_order.h), whose gradients are added in
 * order, so that the weights do not depend on the number of threads.
 */
#ifndef SPIKELOOM_TRAIN_TRAINER_H
#define SPIKELOOM_TRAIN_TRAINER_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/adam.h"
#include "train/bptt.h"
#include "train/json_log.h"

#include <stdbool.h>
#include <stdint.h>

enum { TRAINER_DESCRIPTION_SIZE = 128 };

/* Where samples come from. `fill` is called from several threads at once. */
struct trainer_source {
    void *context;
    uint32_t num_samples;
    bool has_latent;
    /*
     * Writes the input, the target image and (has_latent) the target latent of a sample. `draw`
     * differs for each sample of each epoch: the index of the random numbers of augmentation.
     */
    void (*fill)(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                 real *latent);
    /*
     * NULL, or makes ready what takes longer of a sample: while a batch is learnt from, it is
     * called from several threads at once for the samples of the next one. No more than
     * 2 * batch_size samples, whose draws follow one another, are ready and not yet filled.
     */
    enum status (*prepare)(void *context, uint32_t sample, uint64_t draw, struct error *error);
    /* how samples are made, for a state to fit; below TRAINER_DESCRIPTION_SIZE; NULL: nothing */
    const char *description;
};

struct trainer_settings {
    int epochs;
    int batch_size;
    double learning_rate; /* at the start; falls to 0 along a half cosine */
    double warmup;        /* share of the updates during which it rises from 0 */
    struct adam_params adam;
    struct bptt_settings bptt;
    uint64_t seed;
    int threads;
    const char *label;      /* what is trained: for the progress bar, and for a state to fit */
    const char *state_path; /* borrowed; NULL: no state is kept */
    double state_minutes;   /* how often the state is saved */
    bool resume;            /* go on from state_path, which must be there */
    bool quiet;
};

struct trainer_result {
    bool finished;         /* false: stopped by a signal; the state is saved */
    uint64_t updates;      /* done in all */
    double seconds;        /* spent on it, in the runs that this one went on from as well */
    struct bptt_loss loss; /* mean over the samples of the last epoch */
};

/*
 * Trains network->layers[0 .. settings->bptt.first_frozen - 1] in place. SIGINT and SIGTERM stop
 * it after the update at hand. IO and BAD_CHECKPOINT for the state file, NO_MEMORY,
 * INVALID_ARGUMENT for settings that cannot be (fewer samples than one, ...).
 */
enum status trainer_run(struct network *network, const struct trainer_source *source,
                        const struct trainer_settings *settings, struct json_log *log,
                        struct trainer_result *result, struct error *error);

/* Weights and biases of layers 0 .. last - 1 uniform in +- gain / sqrt(fan_in). */
void trainer_initialize(struct network *network, int last, double gain, uint64_t seed);

/* Weights of layers 0 .. last - 1 uniform in +- range, no biases. */
void trainer_initialize_uniform(struct network *network, int last, double range, uint64_t seed);

#endif
