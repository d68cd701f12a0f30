/*
 * The evaluate command as a function: scores, work and energy of a checkpoint.
 */
#ifndef SPIKELOOM_TRAIN_EVALUATE_H
#define SPIKELOOM_TRAIN_EVALUATE_H

#include "train/json_log.h"
#include "train/options.h"

/*
 * Scores options->model as the command line of `evaluate` says; *object, the caller's, is what
 * --json prints, and NULL after a failure.
 */
enum status evaluate_model(const struct options *options, json_t **object, struct error *error);

#endif
