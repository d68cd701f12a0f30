#include "core/base/mem.h"
#include "core/spike/readout.h"
#include "models/inference.h"
#include "train/evaluate.h"
#include "train/measures.h"

#include <math.h>

static enum status score(const struct evaluate_run *run, uint64_t style, json_t *list,
                         struct error *error)
{
    struct evaluation_settings settings = run->settings;
    struct scores scores;
    settings.style = style;
    settings.training_images = NULL; /* a search through all of them for every style */
    enum status status = evaluation_run(run->network, &run->split, &settings, &scores, error);
    return status == STATUS_OK
               ? evaluate_add_row(list, "style", json_integer((json_int_t)style), &scores, error)
               : status;
}

/* The mean of what all rows have under `key`; NAN where there is none. */
static double mean_of_rows(const json_t *list, const char *key)
{
    double sum = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_object_get(json_array_get(list, i), key);
        sum += json_is_number(value) ? json_number_value(value) : NAN;
    }
    return sum / (double)json_array_size(list);
}

/* The mean pixel_mse between two of `count` pictures. */
static double mean_distance(const real *pictures, int count, size_t pixels)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < i; k++)
            sum +=
                measures_mse(pictures + (size_t)i * pixels, pictures + (size_t)k * pixels, pixels);
    return count > 1 ? sum / (count * (count - 1) / 2.0) : NAN;
}

/* What one style of an anchor looks like. counts [pixels] is scratch. */
static enum status draw_hand(const struct network *network, struct inference *inference,
                             const struct handwriting_place *place, uint64_t style,
                             uint32_t *counts, real *picture, struct error *error)
{
    struct raster latent = {0}, output = {0};
    struct inference_stats stats = {0};
    enum status status =
        raster_init(&latent, (uint32_t)network->num_steps, network->handwriting.num_units, error);
    if (status == STATUS_OK)
        status = handwriting_steer(&network->handwriting, place, style, &latent, error);
    if (status == STATUS_OK)
        status = inference_decode(inference, network, &latent, &output, &stats, error);
    if (status == STATUS_OK)
        readout_spike_count(&output, output.num_steps, counts, picture);
    raster_free(&latent);
    raster_free(&output);
    return status;
}

/* *distance = the mean over anchors of that between two of the first `count` styles. */
static enum status styles_distance(const struct network *network, int count, double *distance,
                                   struct error *error)
{
    size_t pixels = network_num_pixels(network);
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    real *pictures = mem_alloc((size_t)count * pixels, sizeof *pictures);
    uint32_t *counts = mem_alloc(pixels, sizeof *counts);
    enum status status = pictures && counts ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    *distance = 0;
    for (uint32_t anchor = 0; anchor < network->handwriting.num_anchors; anchor++) {
        struct handwriting_place place = {.nearest = anchor};
        for (int i = 0; i < count && status == STATUS_OK; i++)
            status = draw_hand(network, &inference, &place, (uint64_t)i + 1, counts,
                               pictures + (size_t)i * pixels, error);
        if (status == STATUS_OK)
            *distance += mean_distance(pictures, count, pixels) / network->handwriting.num_anchors;
    }
    inference_free(&inference);
    mem_free(pictures);
    mem_free(counts);
    return status;
}

/* The first `count` images of a class; returns how many there are. */
static int collect(const struct image_set *images, int label, int count, real *pictures)
{
    size_t pixels = (size_t)images->width * (size_t)images->height;
    int found = 0;
    for (uint32_t i = 0; i < images->num_images && found < count; i++) {
        if (images->labels[i] != label)
            continue;
        for (size_t k = 0; k < pixels; k++)
            pictures[(size_t)found * pixels + k] = (real)images->pixels[i * pixels + k] / 255;
        found++;
    }
    return found;
}

/* The same of the first `count` images of each class that the network knows. */
static enum status images_distance(const struct evaluate_run *run, int count, double *distance,
                                   struct error *error)
{
    const struct network *network = run->network;
    const struct image_set *images = &run->training_images;
    size_t pixels = network_num_pixels(network);
    *distance = NAN;
    if (!run->options->images)
        return STATUS_OK;
    real *pictures = mem_alloc((size_t)count * pixels, sizeof *pictures);
    if (!pictures)
        return error_plain(error, STATUS_NO_MEMORY);
    *distance = 0;
    for (int i = 0; i < network->num_classes; i++) {
        int label = class_list_find(&images->classes, network->class_names[i]);
        int found = collect(images, label, count, pictures);
        *distance += mean_distance(pictures, found, pixels) / network->num_classes;
    }
    mem_free(pictures);
    return STATUS_OK;
}

static int put(json_t *object, const char *key, double value)
{
    return json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

enum status evaluate_styles(const struct evaluate_run *run, json_t *object, struct error *error)
{
    int count = run->options->styles;
    double of_styles, of_images;
    if (!run->network->handwriting.num_hands)
        return error_set(error, STATUS_INVALID_ARGUMENT, "%s knows no handwriting but style 0.",
                         run->options->model);
    json_t *list = json_array();
    enum status status = list && json_object_set_new(object, "styles", list) == 0
                             ? STATUS_OK
                             : error_plain(error, STATUS_NO_MEMORY);
    for (int style = 1; style <= count && status == STATUS_OK; style++)
        status = score(run, (uint64_t)style, list, error);
    if (status == STATUS_OK)
        status = styles_distance(run->network, count, &of_styles, error);
    if (status == STATUS_OK)
        status = images_distance(run, count, &of_images, error);
    if (status == STATUS_OK && (put(object, "styles_digit_accuracy_judge",
                                    mean_of_rows(list, "digit_accuracy_judge")) != 0 ||
                                put(object, "styles_distance", of_styles) != 0 ||
                                put(object, "images_distance", of_images) != 0))
        status = error_plain(error, STATUS_NO_MEMORY);
    return status;
}
