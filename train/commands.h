/*
 * The commands of spikeloom-train, one function each. They print results to standard output and
 * progress to standard error.
 */
#ifndef SPIKELOOM_TRAIN_COMMANDS_H
#define SPIKELOOM_TRAIN_COMMANDS_H

#include "core/base/status.h"
#include "train/options.h"

/* Runs the command that the options name. */
enum status command_run(const struct options *options, struct error *error);

/* Trains an image autoencoder and writes its checkpoint with the scores of the test split. */
enum status command_autoencoder(const struct options *options, struct error *error);

/* Trains speech to the latent of an autoencoder and writes both as one checkpoint. */
enum status command_audiocoder(const struct options *options, struct error *error);

/* Trains an analog autoencoder and writes its checkpoint with the scores of the test split. */
enum status command_ann(const struct options *options, struct error *error);

/* Trains the judge, a classifier of digits for scores, and writes its file. */
enum status command_judge(const struct options *options, struct error *error);

/* Runs the autoencoder command over a grid of settings and collects the scores. */
enum status command_sweep(const struct options *options, struct error *error);

/* Runs the published experiments and writes a report of them. */
enum status command_reproduce(const struct options *options, struct error *error);

/* Adds handwritings and a confidence to an audiocoder, and measures what it turns away. */
enum status command_calibrate(const struct options *options, struct error *error);

/* Puts the weights of a finished checkpoint into fixed point and scores it again. */
enum status command_quantize(const struct options *options, struct error *error);

/* Scores a checkpoint on a test split. */
enum status command_evaluate(const struct options *options, struct error *error);

/* Audio files to PNG files, without a daemon. */
enum status command_synthesize(const struct options *options, struct error *error);

/* Prints what is in a checkpoint. */
enum status command_inspect(const struct options *options, struct error *error);

#endif
