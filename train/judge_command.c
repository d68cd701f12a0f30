#include "train/commands.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "train/card.h"
#include "train/interval.h"
#include "train/json_log.h"
#include "train/judge_training.h"
#include "train/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Numbers the labels by the digits that their classes are. */
static enum status number_digits(struct image_set *set, struct error *error)
{
    for (uint32_t i = 0; i < set->classes.count; i++)
        if (judge_digit_of_name(set->classes.names[i]) < 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "A judge reads digits, and \"%s\" is none.", set->classes.names[i]);
    for (uint32_t i = 0; i < set->num_images; i++)
        set->labels[i] = (uint16_t)judge_digit_of_name(set->classes.names[set->labels[i]]);
    return STATUS_OK;
}

static enum status load_split(const struct options *options, enum dataset_split split,
                              struct image_set *set, struct error *error)
{
    enum status status = image_set_load(options->data, split, set, error);
    image_set_limit(set, (uint32_t)options->limit);
    return status;
}

static enum status train(const struct options *options, const struct image_set *set,
                         struct judge *judge, struct trainer_result *result, struct error *error)
{
    char state_path[PATH_MAX];
    struct json_log *log = NULL;
    struct trainer_settings settings = {.epochs = options->epochs,
                                        .batch_size = options->batch_size,
                                        .learning_rate = options->learning_rate,
                                        .adam = adam_default_params,
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .label = "judge",
                                        .state_path = state_path,
                                        .state_minutes = options->checkpoint_minutes,
                                        .resume = options->resume,
                                        .quiet = options->quiet};
    enum status status = record_state_path(options->out, state_path, error);
    if (status == STATUS_OK)
        status = json_log_open(options->log, &log, error);
    if (status == STATUS_OK) {
        judge_initialize(judge, options->seed);
        status = judge_train(judge, set, &settings, options->dropout, log, result, error);
    }
    json_log_close(log);
    return status;
}

/* Replaces *text by a JSON object's text; takes the object, NULL when memory was out. */
static enum status take_text(json_t *object, char **text, struct error *error)
{
    char *dumped = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    char *copy = dumped ? mem_copy_string(dumped) : NULL;
    free(dumped);
    json_decref(object);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(*text);
    *text = copy;
    return STATUS_OK;
}

static enum status describe(const struct options *options, const struct image_set *test,
                            struct judge *judge, struct error *error)
{
    uint32_t right = 0;
    enum status status = judge_count_right(judge, test, &right, error);
    if (status == STATUS_OK)
        status = take_text(json_pack("{s:I, s:f}", "num_samples", (json_int_t)test->num_images,
                                     "digit_accuracy", (double)right / test->num_images),
                           &judge->scores_json, error);
    if (status == STATUS_OK)
        status = take_text(record_training(options), &judge->training_json, error);
    return status;
}

/* The scores with their interval, which follows from them. */
static enum status put_scores(const struct judge *judge, struct buf *card, struct error *error)
{
    json_t *scores = json_loads(judge->scores_json, 0, NULL);
    double count = json_number_value(json_object_get(scores, "num_samples"));
    double right = count * json_number_value(json_object_get(scores, "digit_accuracy"));
    struct interval interval = interval_of_share(right, count);
    json_t *pair = json_pack("{s:[f, f]}", "digit_accuracy", interval.low, interval.high);
    enum status status = STATUS_OK;
    if (json_object_set_new(scores, "interval_95", pair) == 0)
        card_scores(scores, card);
    else
        status = error_plain(error, STATUS_NO_MEMORY);
    json_decref(scores);
    return status;
}

static enum status write_card(const struct judge *judge, double seconds, struct buf *card,
                              struct error *error)
{
    buf_printf(
        card,
        "# The judge\n\n"
        "A classifier of handwritten digits that tells which digit a picture shows. It scores "
        "pictures (`evaluate --judge FILE`) and has no part in making them; the daemon does "
        "not serve it.\n\n"
        "SHA-256 of the file: `%s`. Layers of analog units, ReLU and softmax at the end:\n\n"
        "| layer | inputs | units |\n|---|---|---|\n",
        judge->checksum);
    for (int i = 0; i < JUDGE_LAYERS; i++)
        buf_printf(card, "| %d | %u | %u |\n", i, layer_num_inputs(&judge->layers[i].shape),
                   layer_num_outputs(&judge->layers[i].shape));
    buf_printf(card, "\n## How it was made\n\n");
    enum status status = card_table(judge->training_json, card, error);
    buf_printf(card, "| time | `%.0f s` |\n\n## Scores on the test split\n\n", seconds);
    return status == STATUS_OK ? put_scores(judge, card, error) : status;
}

static enum status save(const struct options *options, double seconds, struct judge *judge,
                        struct error *error)
{
    char path[PATH_MAX];
    struct buf card;
    buf_init(&card, CARD_CAP);
    enum status status = judge_save(options->out, judge, error);
    if (status == STATUS_OK)
        status = card_path(options->out, path, error);
    if (status == STATUS_OK)
        status = write_card(judge, seconds, &card, error);
    if (status == STATUS_OK)
        status = file_replace(path, card.bytes, card.size, error);
    if (status == STATUS_OK)
        status = record_state_path(options->out, path, error);
    if (status == STATUS_OK) {
        unlink(path);
        printf("%s\n%s\n", options->out, judge->scores_json);
    }
    buf_free(&card);
    return status;
}

enum status command_judge(const struct options *options, struct error *error)
{
    struct image_set set = {0}, test = {0};
    struct judge judge = {0};
    struct trainer_result result = {0};
    enum status status = record_check(options, error);
    if (status == STATUS_OK)
        status = load_split(options, DATASET_TRAIN, &set, error);
    if (status == STATUS_OK)
        status = load_split(options, DATASET_TEST, &test, error);
    if (status == STATUS_OK)
        status = number_digits(&set, error);
    if (status == STATUS_OK)
        status = judge_init(&judge, judge_default_sizes, error);
    if (status == STATUS_OK)
        status = train(options, &set, &judge, &result, error);
    image_set_free(&set);
    if (status == STATUS_OK && !result.finished)
        printf("Stopped. The same command with --resume goes on.\n");
    if (status == STATUS_OK && result.finished)
        status = describe(options, &test, &judge, error);
    if (status == STATUS_OK && result.finished)
        status = save(options, result.seconds, &judge, error);
    image_set_free(&test);
    judge_free(&judge);
    return status;
}
