#include "train/evaluate.h"

enum status evaluate_steps(const struct evaluate_run *run, json_t *object, struct error *error)
{
    struct evaluation_settings settings = run->settings;
    int last = settings.num_steps ? settings.num_steps : run->network->num_steps;
    settings.training_images = NULL; /* a search through all of them for every step */
    if (!network_is_spiking(run->network))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s is an analog network: it has no steps.", run->options->model);
    json_t *list = json_array();
    enum status status = list && json_object_set_new(object, "by_steps", list) == 0
                             ? STATUS_OK
                             : error_plain(error, STATUS_NO_MEMORY);
    for (int steps = 1; steps <= last && status == STATUS_OK; steps++) {
        struct scores scores;
        settings.num_steps = steps;
        status = evaluation_run(run->network, &run->split, &settings, &scores, error);
        if (status == STATUS_OK)
            status = evaluate_add_row(list, "steps", json_integer(steps), &scores, error);
    }
    return status;
}
