/*
 * The record of a training: what goes into a checkpoint's description and onto its card, so that
 * anyone can make it again.
 */
#ifndef SPIKELOOM_TRAIN_RECORD_H
#define SPIKELOOM_TRAIN_RECORD_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/options.h"

/*
 * Puts command, data, seed, rule, epochs and seconds into network->training_json. `seconds` is
 * the time of the training, all its parts together.
 */
enum status record_training(const struct options *options, double seconds, struct network *network,
                            struct error *error);

/*
 * Writes the card of a checkpoint at `path` (NAME.safetensors) to NAME.md beside it: what the
 * model is, how it was made, its scores.
 */
enum status record_card(const struct network *network, const char *path, struct error *error);

/* Writes `path` and its card, and says so on standard output. */
enum status record_save(struct network *network, const char *path, struct error *error);

#endif
