/*
 * The record of a training: what goes into a checkpoint's description and onto its card, so that
 * anyone can make it again.
 */
#ifndef SPIKELOOM_TRAIN_RECORD_H
#define SPIKELOOM_TRAIN_RECORD_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/options.h"

#include <limits.h>

/* Puts command, data, seed, rule, epochs and the like into network->training_json. */
enum status record_training(const struct options *options, struct network *network,
                            struct error *error);

/* The file from which an interrupted training of `out` goes on: OUT.state. IO if too long. */
enum status record_state_path(const char *out, char path[PATH_MAX], struct error *error);

/*
 * Writes the checkpoint at `path` (NAME.safetensors) and its card NAME.md beside it: what the
 * model is, how it was made, its scores. `seconds`, how long training took, stands on the card
 * alone, so that the same command makes the same checkpoint byte for byte. The state file,
 * no longer needed, is removed. Says on standard output what was written.
 */
enum status record_save(struct network *network, const char *path, double seconds,
                        struct error *error);

#endif
