#include "train/image_command.h"

#include "train/record.h"

#include <stdio.h>

/* The images to learn and those to score, so that a fault of either is found before the training.
 */
static enum status load(const struct options *options, struct image_set *set,
                        struct image_set *scored, struct error *error)
{
    enum status status = image_set_load(options->data, DATASET_TRAIN, set, error);
    image_set_limit(set, (uint32_t)options->limit);
    if (status == STATUS_OK && options->validate)
        return image_set_split(set, (uint32_t)options->validate, scored, error);
    if (status == STATUS_OK)
        status = image_set_load(options->data, DATASET_TEST, scored, error);
    image_set_limit(scored, (uint32_t)options->limit);
    if (status == STATUS_OK && (scored->width != set->width || scored->height != set->height))
        status = error_set(error, STATUS_MALFORMED,
                           "%s: its test split has pictures of %d x %d pixels, its training split "
                           "of %d x %d",
                           options->data, scored->width, scored->height, set->width, set->height);
    return status;
}

enum status image_command_run(const struct image_command *command, const struct options *options,
                              struct error *error)
{
    struct image_set set = {0}, scored = {0};
    struct trainer_result result = {0};
    struct network *network = network_new();
    enum status status =
        network ? record_check(options, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = load(options, &set, &scored, error);
    if (status == STATUS_OK)
        status = command->build(options, set.width, set.height, network, error);
    if (status == STATUS_OK)
        status = command->train(options, &set, network, &result, error);
    if (status == STATUS_OK && !result.finished)
        printf("Stopped. The same command with --resume goes on.\n");
    if (status == STATUS_OK && result.finished)
        status = record_finish(options, &result, &scored, network, error);
    image_set_free(&scored);
    image_set_free(&set);
    network_release(network);
    return status;
}
