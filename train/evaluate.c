#include "train/commands.h"

#include "models/checkpoint.h"
#include "train/evaluation.h"
#include "train/json_log.h"

#include <stdio.h>
#include <stdlib.h>

static enum status score(const struct options *options, const struct network *network,
                         struct scores *scores, struct error *error)
{
    struct evaluation_settings settings = {.num_steps = options->steps,
                                           .seed = options->seed,
                                           .threads = options->threads,
                                           .quiet = options->quiet,
                                           .division = options->division};
    if (settings.num_steps > network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s has %d steps, not %d.", options->model,
                         network->num_steps, settings.num_steps);
    return evaluation_test_split(network, options->data, &settings, scores, error);
}

static void print_table(const json_t *scores)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)scores, key, value)
    {
        if (json_is_null(value))
            printf("%-24s -\n", key);
        else
            printf("%-24s %.6g\n", key, json_number_value(value));
    }
}

enum status command_evaluate(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    struct scores scores;
    enum status status = checkpoint_load(options->model, &network, error);
    if (status == STATUS_OK)
        status = score(options, network, &scores, error);
    if (status == STATUS_OK) {
        json_t *object = evaluation_json(&scores);
        char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
        if (!text)
            status = error_plain(error, STATUS_NO_MEMORY);
        else if (options->json)
            puts(text);
        else
            print_table(object);
        free(text);
        json_decref(object);
    }
    network_release(network);
    return status;
}
