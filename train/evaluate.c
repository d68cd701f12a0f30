#include "train/evaluate.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "train/commands.h"
#include "train/condition.h"
#include "train/energy.h"

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

/* What is refused before anything is scored. */
static enum status check_options(const struct evaluate_run *run, struct error *error)
{
    const struct options *options = run->options;
    if (options->steps > run->network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s has %d steps, not %d.", options->model,
                         run->network->num_steps, options->steps);
    if (!run->split.is_speech && (options->condition.count || options->failures))
        return error_set(error, STATUS_INVALID_ARGUMENT, "--%s is for speech; '%.60s' holds none.",
                         options->failures ? "failures" : "condition", options->data);
    enum status status = STATUS_OK;
    for (int i = 0; i < options->condition.count && status == STATUS_OK; i++) {
        struct condition ignored;
        status = condition_parse(options->condition.values[i], &ignored, error);
    }
    return status;
}

static void close_run(struct evaluate_run *run)
{
    test_split_free(&run->split);
    image_set_free(&run->training_images);
    judge_free(&run->judge);
    network_release(run->network);
}

/* Loads what is named; released by close_run in any case. */
static enum status open_run(const struct options *options, struct evaluate_run *run,
                            struct error *error)
{
    *run = (struct evaluate_run){.options = options};
    struct evaluation_settings *settings = &run->settings;
    *settings = (struct evaluation_settings){.num_steps = options->steps,
                                             .seed = options->seed,
                                             .threads = options->threads,
                                             .quiet = options->quiet};
    enum status status = checkpoint_load(options->model, &run->network, error);
    if (status == STATUS_OK)
        status = judge_load_optional(options->judge, &run->judge, &settings->judge, error);
    if (status == STATUS_OK)
        status = load_images(options, run->network, &run->training_images, error);
    settings->training_images = options->images ? &run->training_images : NULL;
    if (status == STATUS_OK)
        status = test_split_load(options->data, &options->division, (uint32_t)options->limit,
                                 &run->split, error);
    return status == STATUS_OK ? check_options(run, error) : status;
}

static void print_list(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        printf(" %.6g", json_number_value(json_array_get(list, i)));
}

/* "0.977 (0.953 .. 0.989)" */
static void print_score(const json_t *scores, const char *key, const json_t *value)
{
    const json_t *interval = json_object_get(json_object_get(scores, "interval_95"), key);
    printf(" %.6g", json_number_value(value));
    if (interval)
        printf(" (%.6g .. %.6g)", json_number_value(json_array_get(interval, 0)),
               json_number_value(json_array_get(interval, 1)));
}

static void print_table(const json_t *scores);

/* Rows of scores: their name, then a table each. */
static void print_rows(const json_t *rows, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        const json_t *value = json_object_get(row, name);
        if (json_is_string(value))
            printf("\n%s %s\n", name, json_string_value(value));
        else
            printf("\n%s %.6g\n", name, json_number_value(value));
        print_table(row);
    }
}

static void print_table(const json_t *scores)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)scores, key, value)
    {
        if (json_is_object(value) || json_is_string(value) ||
            json_is_object(json_array_get(value, 0)))
            continue;
        printf("%-24s", key);
        if (json_is_array(value))
            print_list(value);
        else if (json_is_null(value))
            printf(" -");
        else
            print_score(scores, key, value);
        putchar('\n');
    }
    print_rows(json_object_get(scores, "by_steps"), "steps");
    print_rows(json_object_get(scores, "styles"), "style");
    print_rows(json_object_get(scores, "conditions"), "condition");
}

/* The scores with the work and the energy behind them; NULL when memory is out. */
static json_t *describe(const struct evaluate_run *run, const struct scores *scores)
{
    const struct options *options = run->options;
    const struct energy_costs costs = {options->joules_per_mac, options->joules_per_ac};
    int num_steps = options->steps ? options->steps : run->network->num_steps;
    json_t *object = evaluation_json(scores);
    if (object && energy_add(object, run->network, scores, num_steps, &costs))
        return object;
    json_decref(object);
    return NULL;
}

/* Scores, and draws what was misread. */
static enum status score(struct evaluate_run *run, json_t **object, struct error *error)
{
    struct scores scores;
    struct evaluation_settings *settings = &run->settings;
    settings->readings = mem_alloc(run->split.speech.num_utterances, sizeof *settings->readings);
    enum status status = settings->readings
                             ? evaluation_run(run->network, &run->split, settings, &scores, error)
                             : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK && run->options->failures)
        status = evaluate_failures(run, settings->readings, error);
    if (status == STATUS_OK && !(*object = describe(run, &scores)))
        status = error_plain(error, STATUS_NO_MEMORY);
    mem_free(settings->readings);
    settings->readings = NULL;
    return status;
}

enum status evaluate_add_row(json_t *list, const char *key, json_t *value,
                             const struct scores *scores, struct error *error)
{
    json_t *row = evaluation_json(scores);
    bool added = json_object_set_new(row, key, value) == 0 && json_array_append(list, row) == 0;
    json_decref(row);
    return added ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

enum status evaluate_model(const struct options *options, json_t **object, struct error *error)
{
    struct evaluate_run run;
    *object = NULL;
    enum status status = open_run(options, &run, error);
    if (status == STATUS_OK)
        status = score(&run, object, error);
    if (status == STATUS_OK && options->by_steps)
        status = evaluate_steps(&run, *object, error);
    if (status == STATUS_OK && options->styles)
        status = evaluate_styles(&run, *object, error);
    if (status == STATUS_OK && options->condition.count)
        status = evaluate_conditions(&run, *object, error);
    if (status == STATUS_OK && options->grid)
        status = evaluate_grid(&run, error);
    if (status == STATUS_OK && options->card)
        status = evaluate_card(&run, *object, error);
    if (status != STATUS_OK) {
        json_decref(*object);
        *object = NULL;
    }
    close_run(&run);
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
