/*
 * What the commands that train on images share, whatever network and rule: load, build, train,
 * finish.
 */
#ifndef SPIKELOOM_TRAIN_IMAGE_COMMAND_H
#define SPIKELOOM_TRAIN_IMAGE_COMMAND_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"
#include "train/options.h"
#include "train/trainer.h"

struct image_command {
    /* Gives an empty network its layers, for images of width x height. */
    enum status (*build)(const struct options *options, int width, int height,
                         struct network *network, struct error *error);
    enum status (*train)(const struct options *options, struct image_set *set,
                         struct network *network, struct trainer_result *result,
                         struct error *error);
};

/* Runs a command to its checkpoint, or to its state where it was interrupted. */
enum status image_command_run(const struct image_command *command, const struct options *options,
                              struct error *error);

#endif
