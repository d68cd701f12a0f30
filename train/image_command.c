#include "train/image_command.h"

#include "train/record.h"

#include <stdio.h>

enum status image_command_run(const struct image_command *command, const struct options *options,
                              struct error *error)
{
    struct image_set set = {0}, held_out = {0};
    struct trainer_result result = {0};
    struct network *network = network_new();
    enum status status =
        network ? record_check(options, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = image_set_load(options->data, DATASET_TRAIN, &set, error);
    image_set_limit(&set, (uint32_t)options->limit);
    if (status == STATUS_OK && options->validate)
        status = image_set_split(&set, (uint32_t)options->validate, &held_out, error);
    if (status == STATUS_OK)
        status = command->build(options, set.width, set.height, network, error);
    if (status == STATUS_OK)
        status = command->train(options, &set, network, &result, error);
    if (status == STATUS_OK && !result.finished)
        printf("Stopped. The same command with --resume goes on.\n");
    if (status == STATUS_OK && result.finished)
        status =
            record_finish(options, &result, options->validate ? &held_out : NULL, network, error);
    image_set_free(&held_out);
    image_set_free(&set);
    network_release(network);
    return status;
}
