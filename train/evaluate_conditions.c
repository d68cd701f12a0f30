#include "train/condition.h"
#include "train/evaluate.h"

/* Scores the test split, loaded anew, under one condition. */
static enum status score(const struct evaluate_run *run, const char *text, struct scores *scores,
                         struct error *error)
{
    const struct options *options = run->options;
    struct evaluation_settings settings = run->settings;
    struct condition condition;
    struct test_split split = {0};
    settings.training_images = NULL;
    enum status status = condition_parse(text, &condition, error);
    if (status == STATUS_OK)
        status = test_split_load(options->data, &options->division, (uint32_t)options->limit,
                                 &split, error);
    if (status == STATUS_OK)
        status = condition_apply_all(&condition, options->seed, &split.speech, error);
    if (status == STATUS_OK)
        status = evaluation_run(run->network, &split, &settings, scores, error);
    test_split_free(&split);
    return status;
}

enum status evaluate_conditions(const struct evaluate_run *run, json_t *object, struct error *error)
{
    const struct option_list *conditions = &run->options->condition;
    json_t *list = json_array();
    enum status status = list && json_object_set_new(object, "conditions", list) == 0
                             ? STATUS_OK
                             : error_plain(error, STATUS_NO_MEMORY);
    for (int i = 0; i < conditions->count && status == STATUS_OK; i++) {
        struct scores scores;
        status = score(run, conditions->values[i], &scores, error);
        if (status == STATUS_OK)
            status = evaluate_add_row(list, "condition", json_string(conditions->values[i]),
                                      &scores, error);
    }
    return status;
}
