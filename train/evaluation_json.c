/* Scores as JSON. */
#include "core/base/mem.h"
#include "train/evaluation.h"

#include <math.h>
#include <stdlib.h>

static const char *const measure_keys[MEASURE_COUNT] = {
    [MEASURE_PIXEL_MSE] = "pixel_mse",
    [MEASURE_MSE_PIXELS] = "mse_pixels",
    [MEASURE_MSE_SPIKES] = "mse_spikes",
    [MEASURE_CLASS_MIN] = "mse_pixels_class_min",
    [MEASURE_NEAREST] = "digit_accuracy_nearest",
    [MEASURE_JUDGE] = "digit_accuracy_judge",
};

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *intervals(const struct scores *scores)
{
    json_t *object = json_object();
    for (int i = 0; i < MEASURE_COUNT; i++) {
        const struct interval *interval = &scores->interval[i];
        if (isfinite(interval->low))
            json_object_set_new(object, measure_keys[i],
                                json_pack("[f, f]", interval->low, interval->high));
    }
    return object;
}

json_t *evaluation_json(const struct scores *scores)
{
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "num_samples",
        (json_int_t)scores->num_samples, "pixel_mse", number_or_null(scores->pixel_mse),
        "mse_pixels", number_or_null(scores->mse_pixels), "mse_spikes",
        number_or_null(scores->mse_spikes), "mse_pixels_class_min",
        number_or_null(scores->mse_pixels_class_min), "digit_accuracy_nearest",
        number_or_null(scores->digit_accuracy_nearest), "digit_accuracy_judge",
        number_or_null(scores->digit_accuracy_judge), "synops", number_or_null(scores->synops),
        "spikes", number_or_null(scores->spikes), "interval_95", intervals(scores));
}

enum status evaluation_store(const struct scores *scores, struct network *network,
                             struct error *error)
{
    json_t *object = evaluation_json(scores);
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    char *copy = text ? mem_copy_string(text) : NULL;
    free(text);
    json_decref(object);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(network->scores_json);
    network->scores_json = copy;
    return STATUS_OK;
}
