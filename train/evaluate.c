#include "train/evaluate.h"

#include "models/checkpoint.h"
#include "train/commands.h"
#include "train/energy.h"
#include "train/evaluation.h"

#include <stdio.h>
#include <stdlib.h>

/* The training images that scores compare with, where --images names them. */
static enum status load_images(const struct options *options, const struct network *network,
                               struct image_set *images, struct error *error)
{
    if (!options->images)
        return STATUS_OK;
    if (network->task != NETWORK_SYNTHESIZE)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--images is for models of speech, which %s is not.", options->model);
    enum status status = image_set_load(options->images, DATASET_TRAIN, images, error);
    if (status == STATUS_OK &&
        (images->width != network->image_width || images->height != network->image_height))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "The images are not of the size that %s makes.", options->model);
    return status;
}

static enum status score(const struct options *options, const struct network *network,
                         struct scores *scores, struct error *error)
{
    struct evaluation_settings settings = {.num_steps = options->steps,
                                           .seed = options->seed,
                                           .threads = options->threads,
                                           .quiet = options->quiet,
                                           .limit = (uint32_t)options->limit,
                                           .division = options->division};
    if (settings.num_steps > network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s has %d steps, not %d.", options->model,
                         network->num_steps, settings.num_steps);
    struct image_set images = {0};
    struct judge judge;
    enum status status = judge_load_optional(options->judge, &judge, &settings.judge, error);
    if (status == STATUS_OK)
        status = load_images(options, network, &images, error);
    settings.training_images = options->images ? &images : NULL;
    if (status == STATUS_OK)
        status = evaluation_test_split(network, options->data, &settings, scores, error);
    image_set_free(&images);
    judge_free(&judge);
    return status;
}

static void print_list(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        printf(" %.6g", json_number_value(json_array_get(list, i)));
}

static void print_table(const json_t *scores)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)scores, key, value)
    {
        printf("%-24s", key);
        if (json_is_array(value))
            print_list(value);
        else if (json_is_null(value))
            printf(" -");
        else
            printf(" %.6g", json_number_value(value));
        putchar('\n');
    }
}

/* The scores with the work and the energy behind them; NULL when memory is out. */
static json_t *describe(const struct options *options, const struct network *network,
                        const struct scores *scores)
{
    const struct energy_costs costs = {options->joules_per_mac, options->joules_per_ac};
    int num_steps = options->steps ? options->steps : network->num_steps;
    json_t *object = evaluation_json(scores);
    if (object && energy_add(object, network, scores, num_steps, &costs))
        return object;
    json_decref(object);
    return NULL;
}

enum status evaluate_model(const struct options *options, json_t **object, struct error *error)
{
    struct network *network = NULL;
    struct scores scores;
    *object = NULL;
    enum status status = checkpoint_load(options->model, &network, error);
    if (status == STATUS_OK)
        status = score(options, network, &scores, error);
    if (status == STATUS_OK && !(*object = describe(options, network, &scores)))
        status = error_plain(error, STATUS_NO_MEMORY);
    network_release(network);
    return status;
}

enum status command_evaluate(const struct options *options, struct error *error)
{
    json_t *object;
    enum status status = evaluate_model(options, &object, error);
    if (status != STATUS_OK)
        return status;
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(7));
    if (!text)
        status = error_plain(error, STATUS_NO_MEMORY);
    else if (options->json)
        puts(text);
    else
        print_table(object);
    free(text);
    json_decref(object);
    return status;
}
