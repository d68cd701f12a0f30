/*
 * The trained numbers of a network as a list: weights, biases and their optimizer's moments; and
 * the file from which an interrupted run goes on.
 */
#ifndef SPIKELOOM_TRAIN_PARAMETERS_H
#define SPIKELOOM_TRAIN_PARAMETERS_H

#include "core/base/status.h"
#include "models/network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parameter {
    int layer;
    bool is_bias;
    size_t count;
    real *value; /* borrowed from the network */
    real *moment1, *moment2;
};

struct parameters {
    int count;
    bool without_moments;         /* a state holds the values alone */
    uint64_t spent_us;            /* on them so far, for the caller; kept in a state as well */
    uint8_t network[DIGEST_SIZE]; /* of the network's description and its untrained numbers */
    struct parameter list[2 * NETWORK_MAX_LAYERS];
};

/* The parameters of layers 0 .. num_layers - 1 with zero moments; released by parameters_free. */
enum status parameters_init(struct parameters *parameters, struct network *network, int num_layers,
                            struct error *error);
/* The same for layers that are no network's; what identifies them is up to `settings` below. */
enum status parameters_init_layers(struct parameters *parameters, struct layer *layers,
                                   int num_layers, struct error *error);
void parameters_free(struct parameters *parameters);

/*
 * Saves values and (unless without_moments) moments with the number of updates done and `settings`,
 * a text that must be the same when they are restored, as must the network's description, the
 * numbers that are not trained, and the class images. The old file survives any failure.
 */
enum status parameters_save(const struct parameters *parameters, uint64_t updates,
                            const char *settings, const char *path, struct error *error);

/*
 * Restores what parameters_save wrote. BAD_CHECKPOINT when it belongs to another training or its
 * numbers are damaged; then nothing is overwritten.
 */
enum status parameters_restore(struct parameters *parameters, uint64_t *updates,
                               const char *settings, const char *path, struct error *error);

#endif
