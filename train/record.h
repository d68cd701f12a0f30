/*
 * The record of a training: what goes into a checkpoint's description and onto its card, so that
 * anyone can make it again.
 */
#ifndef SPIKELOOM_TRAIN_RECORD_H
#define SPIKELOOM_TRAIN_RECORD_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/json_log.h"
#include "train/options.h"
#include "train/trainer.h"

#include <limits.h>

/*
 * Whether a long training can be recorded at its end, to be asked before it begins. IO when the
 * folder of --out is not there or not to be written to, or --out is no regular file;
 * INVALID_ARGUMENT for a name that no model can have, or that of a card; errors of judge_load where
 * --judge names none.
 */
enum status record_check(const struct options *options, struct error *error);

/* The file from which an interrupted training of `out` goes on: OUT.state. IO if too long. */
enum status record_state_path(const char *out, char path[PATH_MAX], struct error *error);

/*
 * What a checkpoint says of its training: a JSON object, NULL when memory is out. Nothing of it
 * differs from run to run of the same command.
 */
json_t *record_training(const struct options *options);

/*
 * Puts the weights into fixed point (models/fixed_point.h) and scores the network on `images` or,
 * where they are NULL, on the test split of options->data, in place of the scores that it has.
 */
enum status record_score(const struct options *options, const struct image_set *images,
                         struct network *network, struct error *error);

/*
 * Ends a training: record_score on `images` (the test split or, with --validate, those held out)
 * or, where they are NULL, on the test split of speech; puts command, data, seed, rule and the like
 * into the network's description, and writes the checkpoint options->out (NAME.safetensors) with
 * its card NAME.md beside it. How long the training took stands on the card alone, so that the same
 * command makes the same checkpoint byte for byte. The state file, no longer needed, is removed.
 * Says on standard output what was written.
 */
enum status record_finish(const struct options *options, const struct trainer_result *result,
                          const struct image_set *images, struct network *network,
                          struct error *error);

/*
 * Writes a finished checkpoint that something was added to as options->out, with its card: the
 * command joins its description as "amended_by", the members of `scores` (borrowed; NULL
 * for none) join its scores. The same command makes the same bytes, also when it is given again.
 * Says what was written.
 */
enum status record_amend(const struct options *options, json_t *scores, struct network *network,
                         struct error *error);

#endif
