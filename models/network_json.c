#include "models/network_json.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static json_t *write_layer(const struct layer *layer)
{
    const struct layer_shape *shape = &layer->shape;
    const struct neuron_params *params = &layer->params;
    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:{s:s, s:s, s:f, s:f}}", "kind",
                     layer_kind_name(shape->kind), "in_channels", shape->in_channels, "in_length",
                     shape->in_length, "out_channels", shape->out_channels, "out_length",
                     shape->out_length, "width", shape->width, "stride", shape->stride, "pad",
                     shape->pad, "neuron", "model", neuron_model_name(params->model), "reset",
                     neuron_reset_name(params->reset), "threshold", params->threshold, "tau_mem",
                     params->tau_mem);
}

static json_t *write_layers(const struct network *network)
{
    json_t *layers = json_array();
    for (int i = 0; i < network->num_layers; i++)
        json_array_append_new(layers, write_layer(&network->layers[i]));
    return layers;
}

static json_t *write_front_end(const struct network *network)
{
    const struct front_end_settings *front = &network->front_end;
    return json_pack(
        "{s:{s:f, s:f, s:f, s:i, s:i}, s:{s:f, s:f, s:f}, s:f, s:i, s:f, s:f, s:i, s:i, s:f, s:f, "
        "s:s, s:s, s:s}",
        "cochlea", "sample_rate_hz", front->cochlea.sample_rate_hz, "ear_q", front->cochlea.ear_q,
        "step_factor", front->cochlea.step_factor, "decimation", front->cochlea.decimation,
        "num_channels", network->cochlea.num_channels, "endpoints", "level", front->endpoints.level,
        "above_floor", front->endpoints.above_floor, "margin", front->endpoints.margin,
        "peak_level", front->peak_level, "frame_samples", front->frame_samples, "floor_removal",
        front->floor_removal, "trim_level", front->trim_level, "trim_margin_frames",
        front->trim_margin_frames, "num_frames", front->num_frames, "mean_removal",
        front->mean_removal, "doubt_margin", front->doubt_margin, "fit",
        front_end_fit_name(front->fit), "amplitude", front_end_amplitude_name(front->amplitude),
        "scale", front_end_scale_name(front->scale));
}

static json_t *write_classes(const struct network *network)
{
    json_t *names = json_array();
    for (int i = 0; i < network->num_classes; i++)
        json_array_append_new(names, json_string(network->class_names[i]));
    return names;
}

char *network_json_write(const struct network *network)
{
    json_t *root =
        json_pack("{s:i, s:s, s:i, s:f, s:{s:s, s:f}, s:{s:i, s:i}, s:i, s:o, s:o, s:o, s:o}",
                  "format", CHECKPOINT_FORMAT, "task", network_task_name(network->task),
                  "num_steps", network->num_steps, "dt", network->dt, "encoding", "kind",
                  input_encoding_name(network->encoding), "max_rate_hz", network->max_rate_hz,
                  "image", "width", network->image_width, "height", network->image_height,
                  "latent_layer", network->latent_layer, "layers", write_layers(network), "classes",
                  write_classes(network), "training", json_loads(network->training_json, 0, NULL),
                  "scores", json_loads(network->scores_json, 0, NULL));
    if (root && network->task == NETWORK_SYNTHESIZE)
        json_object_set_new(root, "front_end", write_front_end(network));
    char *text = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    char *copy = text ? mem_copy_string(text) : NULL;
    free(text);
    json_decref(root);
    return copy;
}

static enum status read_error(struct error *error, const json_error_t *reason)
{
    return error_set(error, STATUS_BAD_CHECKPOINT, "The description is unsound: %s.", reason->text);
}

/* Index of `name` among `count` names that `name_of` gives; -1 if none. */
static int find_name(const char *name, int count, const char *(*name_of)(int))
{
    for (int i = 0; i < count; i++)
        if (strcmp(name, name_of(i)) == 0)
            return i;
    return -1;
}

static const char *task_name_at(int i)
{
    return network_task_name((enum network_task)i);
}

static const char *encoding_name_at(int i)
{
    return input_encoding_name((enum input_encoding)i);
}

static const char *kind_name_at(int i)
{
    return layer_kind_name((enum layer_kind)i);
}

static const char *model_name_at(int i)
{
    return neuron_model_name((enum neuron_model)i);
}

static const char *reset_name_at(int i)
{
    return neuron_reset_name((enum neuron_reset)i);
}

/* json_unpack cuts integers to an int without a word. */
static bool integers_fit(json_t *value)
{
    const char *key;
    size_t i;
    json_t *element;
    if (json_is_integer(value))
        return json_integer_value(value) >= INT_MIN && json_integer_value(value) <= INT_MAX;
    json_object_foreach(value, key, element)
    {
        if (!integers_fit(element))
            return false;
    }
    json_array_foreach(value, i, element)
    {
        if (!integers_fit(element))
            return false;
    }
    return true;
}

static const char *fit_name_at(int i)
{
    return front_end_fit_name((enum front_end_fit)i);
}

static const char *amplitude_name_at(int i)
{
    return front_end_amplitude_name((enum front_end_amplitude)i);
}

static const char *scale_name_at(int i)
{
    return front_end_scale_name((enum front_end_scale)i);
}

static enum status read_layer(struct network *network, json_t *value, size_t max_weights,
                              struct error *error)
{
    struct layer_shape shape;
    struct neuron_params params = {.dt = network->dt};
    const char *kind, *model, *reset;
    json_error_t reason;
    if (json_unpack_ex(value, &reason, JSON_STRICT,
                       "{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:{s:s, s:s, s:F, s:F !}}", "kind",
                       &kind, "in_channels", &shape.in_channels, "in_length", &shape.in_length,
                       "out_channels", &shape.out_channels, "out_length", &shape.out_length,
                       "width", &shape.width, "stride", &shape.stride, "pad", &shape.pad, "neuron",
                       "model", &model, "reset", &reset, "threshold", &params.threshold, "tau_mem",
                       &params.tau_mem))
        return read_error(error, &reason);
    int kind_index = find_name(kind, 2, kind_name_at);
    int model_index = find_name(model, NEURON_MODEL_COUNT, model_name_at);
    int reset_index = find_name(reset, 2, reset_name_at);
    if (kind_index < 0 || model_index < 0 || reset_index < 0)
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "A layer's kind, neuron model or reset is unknown.");
    shape.kind = (enum layer_kind)kind_index;
    params.model = (enum neuron_model)model_index;
    params.reset = (enum neuron_reset)reset_index;
    if ((uint64_t)layer_fan_in(&shape) * (uint64_t)shape.out_channels > max_weights)
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "Layer %d has more weights than the file holds.", network->num_layers);
    enum status status = network_add_layer(network, &shape, &params, error);
    return status == STATUS_INVALID_ARGUMENT ? error_prefix(error, STATUS_BAD_CHECKPOINT, "%s", "")
                                             : status;
}

static enum status read_layers(struct network *network, json_t *layers, size_t max_weights,
                               struct error *error)
{
    size_t i;
    json_t *value;
    json_array_foreach(layers, i, value)
    {
        enum status status = read_layer(network, value, max_weights, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_front_end(struct network *network, json_t *value, struct error *error)
{
    struct front_end_settings *front = &network->front_end;
    const char *fit = fit_name_at(0), *amplitude = amplitude_name_at(0), *scale = scale_name_at(0);
    json_error_t reason;
    if (json_unpack_ex(
            value, &reason, JSON_STRICT,
            "{s:{s:F, s:F, s:F, s:i, s:i !}, s?{s:F, s:F, s:F !}, s:F, s:i, s?F, s:F, s:i, s:i, "
            "s:F, s?F, s?s, s?s, s?s}",
            "cochlea", "sample_rate_hz", &front->cochlea.sample_rate_hz, "ear_q",
            &front->cochlea.ear_q, "step_factor", &front->cochlea.step_factor, "decimation",
            &front->cochlea.decimation, "num_channels", &network->cochlea.num_channels, "endpoints",
            "level", &front->endpoints.level, "above_floor", &front->endpoints.above_floor,
            "margin", &front->endpoints.margin, "peak_level", &front->peak_level, "frame_samples",
            &front->frame_samples, "floor_removal", &front->floor_removal, "trim_level",
            &front->trim_level, "trim_margin_frames", &front->trim_margin_frames, "num_frames",
            &front->num_frames, "mean_removal", &front->mean_removal, "doubt_margin",
            &front->doubt_margin, "fit", &fit, "amplitude", &amplitude, "scale", &scale))
        return read_error(error, &reason);
    int fit_index = find_name(fit, 2, fit_name_at);
    int amplitude_index = find_name(amplitude, 2, amplitude_name_at);
    int scale_index = find_name(scale, 2, scale_name_at);
    if (fit_index < 0 || amplitude_index < 0 || scale_index < 0)
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "The front end's fit, amplitude or scale is unknown.");
    front->fit = (enum front_end_fit)fit_index;
    front->amplitude = (enum front_end_amplitude)amplitude_index;
    front->scale = (enum front_end_scale)scale_index;
    return STATUS_OK;
}

static enum status read_classes(struct network *network, json_t *names, struct error *error)
{
    size_t count = json_array_size(names), i;
    json_t *value;
    if (!json_is_array(names) || count > NETWORK_MAX_CLASSES)
        return error_set(error, STATUS_BAD_CHECKPOINT, "The classes are not a list of at most %d.",
                         NETWORK_MAX_CLASSES);
    network->class_names = mem_alloc(count, sizeof *network->class_names);
    if (!network->class_names)
        return error_plain(error, STATUS_NO_MEMORY);
    json_array_foreach(names, i, value)
    {
        const char *name = json_string_value(value);
        if (!name || strlen(name) >= NETWORK_CLASS_NAME_SIZE)
            return error_set(error, STATUS_BAD_CHECKPOINT, "Class %zu has no usable name.", i);
        memcpy(network->class_names[i], name, strlen(name) + 1);
    }
    network->num_classes = (int)count;
    return STATUS_OK;
}

/* Replaces *text by the JSON text of `value`. */
static enum status read_text(char **text, const json_t *value, struct error *error)
{
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    char *copy = dumped ? mem_copy_string(dumped) : NULL;
    free(dumped);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(*text);
    *text = copy;
    return STATUS_OK;
}

static enum status read_root(struct network *network, json_t *root, size_t max_weights,
                             struct error *error)
{
    int format;
    const char *task, *encoding;
    json_t *layers, *classes, *training, *scores, *front_end = NULL;
    json_error_t reason;
    if (json_unpack_ex(root, &reason, JSON_STRICT,
                       "{s:i, s:s, s:i, s:F, s:{s:s, s:F !}, s:{s:i, s:i !}, s:i, s:o, s:o, s:o, "
                       "s:o, s?o}",
                       "format", &format, "task", &task, "num_steps", &network->num_steps, "dt",
                       &network->dt, "encoding", "kind", &encoding, "max_rate_hz",
                       &network->max_rate_hz, "image", "width", &network->image_width, "height",
                       &network->image_height, "latent_layer", &network->latent_layer, "layers",
                       &layers, "classes", &classes, "training", &training, "scores", &scores,
                       "front_end", &front_end))
        return read_error(error, &reason);
    int task_index = find_name(task, 2, task_name_at);
    int encoding_index = find_name(encoding, 2, encoding_name_at);
    if (format != CHECKPOINT_FORMAT || task_index < 0 || encoding_index < 0 ||
        !json_is_array(layers) || !json_is_object(training) || !json_is_object(scores) ||
        (task_index == NETWORK_SYNTHESIZE) != (front_end != NULL))
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "The description's format, task or encoding is unknown.");
    json_t *const numbers[] = {json_object_get(root, "format"),
                               json_object_get(root, "num_steps"),
                               json_object_get(root, "image"),
                               json_object_get(root, "latent_layer"),
                               layers,
                               front_end};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!integers_fit(numbers[i]))
            return error_set(error, STATUS_BAD_CHECKPOINT, "A number is far out of its range.");
    network->task = (enum network_task)task_index;
    network->encoding = (enum input_encoding)encoding_index;
    enum status status = read_layers(network, layers, max_weights, error);
    if (status == STATUS_OK && front_end)
        status = read_front_end(network, front_end, error);
    if (status == STATUS_OK)
        status = read_classes(network, classes, error);
    if (status == STATUS_OK)
        status = read_text(&network->training_json, training, error);
    return status == STATUS_OK ? read_text(&network->scores_json, scores, error) : status;
}

enum status network_json_read(const char *text, size_t max_weights, struct network *network,
                              struct error *error)
{
    json_error_t reason;
    errno = 0;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &reason);
    if (!root && errno == ENOMEM) /* of which jansson does not tell */
        return error_plain(error, STATUS_NO_MEMORY);
    if (!root)
        return read_error(error, &reason);
    enum status status = read_root(network, root, max_weights, error);
    json_decref(root);
    return status;
}
