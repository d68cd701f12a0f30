#include "models/network.h"

#include "core/base/mem.h"
#include "models/fixed_point.h"
#include "models/front_end.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

struct network *network_new(void)
{
    struct network *network = mem_alloc(1, sizeof *network);
    if (!network)
        return NULL;
    atomic_init(&network->references, 1);
    network->training_json = mem_copy_string("{}");
    network->scores_json = mem_copy_string("{}");
    if (!network->training_json || !network->scores_json) {
        network_release(network);
        return NULL;
    }
    return network;
}

struct network *network_retain(struct network *network)
{
    atomic_fetch_add_explicit(&network->references, 1, memory_order_relaxed);
    return network;
}

void network_release(struct network *network)
{
    if (!network || atomic_fetch_sub_explicit(&network->references, 1, memory_order_acq_rel) > 1)
        return;
    for (int i = 0; i < network->num_layers; i++) {
        fixed_point_free(&network->layers[i]);
        mem_free(network->layers[i].weight);
        mem_free(network->layers[i].bias);
    }
    mem_free(network->class_names);
    mem_free(network->class_images);
    handwriting_free(&network->handwriting);
    mem_free(network->training_json);
    mem_free(network->scores_json);
    mem_free(network);
}

uint32_t layer_num_inputs(const struct layer_shape *shape)
{
    return (uint32_t)shape->in_channels * (uint32_t)shape->in_length;
}

uint32_t layer_num_outputs(const struct layer_shape *shape)
{
    return (uint32_t)shape->out_channels * (uint32_t)shape->out_length;
}

uint32_t layer_fan_in(const struct layer_shape *shape)
{
    if (shape->kind == LAYER_DENSE)
        return layer_num_inputs(shape);
    return (uint32_t)shape->width * (uint32_t)shape->in_channels;
}

real layer_rest_bias(const struct layer *layer)
{
    const real margin = (real)0.999999; /* rounded sums may settle a little higher */
    return margin * (1 - layer->neuron.beta) * layer->neuron.threshold;
}

uint32_t network_num_inputs(const struct network *network)
{
    return layer_num_inputs(&network->layers[0].shape);
}

uint32_t network_num_latents(const struct network *network)
{
    return layer_num_outputs(&network->layers[network->latent_layer].shape);
}

uint32_t network_num_pixels(const struct network *network)
{
    return (uint32_t)network->image_width * (uint32_t)network->image_height;
}

static bool layer_count_valid(int64_t count)
{
    return count >= 1 && count <= NETWORK_MAX_UNITS;
}

static bool layer_geometry_valid(const struct layer_shape *shape)
{
    if (shape->kind == LAYER_DENSE)
        return shape->out_length == 1 && !shape->width && !shape->stride && !shape->pad;
    if (!layer_count_valid(shape->width) || !layer_count_valid(shape->stride) || shape->pad < 0 ||
        shape->pad >= shape->width)
        return false;
    int64_t padded = (int64_t)shape->in_length + 2 * (int64_t)shape->pad;
    return padded >= shape->width &&
           shape->out_length == (padded - shape->width) / shape->stride + 1;
}

static enum status layer_shape_validate(const struct layer_shape *shape, struct error *error)
{
    bool sizes_valid =
        layer_count_valid(shape->in_channels) && layer_count_valid(shape->in_length) &&
        layer_count_valid(shape->out_channels) && layer_count_valid(shape->out_length) &&
        layer_count_valid((int64_t)shape->in_channels * shape->in_length) &&
        layer_count_valid((int64_t)shape->out_channels * shape->out_length);
    if (!sizes_valid || !layer_geometry_valid(shape))
        return error_set(error, STATUS_INVALID_ARGUMENT, "A layer's shape is inconsistent.");
    if ((uint64_t)layer_fan_in(shape) * (uint64_t)shape->out_channels > NETWORK_MAX_WEIGHTS)
        return error_set(error, STATUS_INVALID_ARGUMENT, "A layer has too many weights.");
    return STATUS_OK;
}

enum status network_add_layer(struct network *network, const struct layer_shape *shape,
                              const struct neuron_params *params, struct error *error)
{
    struct layer layer = {.shape = *shape, .params = *params};
    if (network->num_layers == NETWORK_MAX_LAYERS)
        return error_set(error, STATUS_INVALID_ARGUMENT, "A network has at most %d layers.",
                         NETWORK_MAX_LAYERS);
    enum status status = layer_shape_validate(shape, error);
    if (status == STATUS_OK)
        status = neuron_derive(params, &layer.neuron, error);
    if (status != STATUS_OK)
        return status;
    layer.weight =
        mem_alloc((size_t)layer_fan_in(shape) * (size_t)shape->out_channels, sizeof(real));
    layer.bias = mem_alloc((size_t)shape->out_channels, sizeof(real));
    if (!layer.weight || !layer.bias) {
        mem_free(layer.weight);
        mem_free(layer.bias);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    network->layers[network->num_layers++] = layer;
    return STATUS_OK;
}

enum status network_add_dense(struct network *network, int inputs, int outputs,
                              const struct neuron_params *params, struct error *error)
{
    const struct layer_shape shape = {.kind = LAYER_DENSE,
                                      .in_channels = inputs,
                                      .in_length = 1,
                                      .out_channels = outputs,
                                      .out_length = 1};
    return network_add_layer(network, &shape, params, error);
}

static bool all_finite(const real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

bool network_is_spiking(const struct network *network)
{
    return neuron_model_spikes(network->layers[0].params.model);
}

static enum status network_validate_units(const struct network *network, struct error *error)
{
    bool spiking = network_is_spiking(network);
    for (int i = 0; i < network->num_layers; i++)
        if (neuron_model_spikes(network->layers[i].params.model) != spiking)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Layer %d spikes and another does not, or the other way round.", i);
    if (!spiking && (network->num_steps != 1 || network->encoding != ENCODING_CURRENT))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A network without spikes has one step and takes its input as it is.");
    return STATUS_OK;
}

static enum status network_validate_decoder(const struct network *network, struct error *error)
{
    if (!network_is_spiking(network))
        return STATUS_OK;
    for (int i = network->latent_layer + 1; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        real limit = layer_rest_bias(layer);
        for (int channel = 0; channel < layer->shape.out_channels; channel++)
            if (layer->bias[channel] > 0 && layer->bias[channel] >= limit)
                return error_set(error, STATUS_INVALID_ARGUMENT,
                                 "Channel %d of layer %d would spike without input, so that an "
                                 "empty latent were no blank picture.",
                                 channel, i);
    }
    return STATUS_OK;
}

static enum status network_validate_layers(const struct network *network, struct error *error)
{
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        const struct layer_shape *shape = &layer->shape;
        if (i > 0 && layer_num_inputs(shape) != layer_num_outputs(&layer[-1].shape))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Layer %d takes %u inputs, but the layer before has %u units.", i,
                             layer_num_inputs(shape), layer_num_outputs(&layer[-1].shape));
        if (layer->params.dt != network->dt)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Layer %d has steps of %g s, the network of %g s.", i,
                             layer->params.dt, network->dt);
        size_t num_weights = (size_t)layer_fan_in(shape) * (size_t)shape->out_channels;
        if (!all_finite(layer->weight, num_weights) ||
            !all_finite(layer->bias, (size_t)shape->out_channels))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "A weight of layer %d is not a finite number.", i);
    }
    return STATUS_OK;
}

static enum status network_validate_input(const struct network *network, struct error *error)
{
    double probability = network->max_rate_hz * network->dt;
    if (network->encoding == ENCODING_RATE && !(probability > 0 && probability <= 1))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A rate of %g Hz at steps of %g s is no probability.",
                         network->max_rate_hz, network->dt);
    uint32_t expected =
        network->task == NETWORK_RECONSTRUCT
            ? network_num_pixels(network)
            : (uint32_t)network->front_end.num_frames * (uint32_t)network->cochlea.num_channels;
    if (network_num_inputs(network) != expected)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The first layer takes %u inputs, but the input has %u values.",
                         network_num_inputs(network), expected);
    return STATUS_OK;
}

static enum status network_validate_front_end(const struct network *network, struct error *error)
{
    const struct front_end_settings *settings = &network->front_end;
    if (network->task != NETWORK_SYNTHESIZE)
        return STATUS_OK;
    if (network->cochlea.num_channels < 2 ||
        network->cochlea.num_channels > COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS ||
        network->cochlea.decimation != settings->cochlea.decimation)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The cochlea is not the one that the front end describes.");
    if (network->encoding == ENCODING_RATE &&
        (settings->scale != FRONT_END_MAXIMUM || settings->mean_removal > 0))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Rate coding needs a front end whose values are within 0..1.");
    return front_end_validate(settings, error);
}

static enum status network_validate_classes(const struct network *network, struct error *error)
{
    if (network->num_classes < 0 || network->num_classes > NETWORK_MAX_CLASSES ||
        (network->num_classes && (!network->class_names || !network->class_images)))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A network has at most %d classes, each with a name and an image.",
                         NETWORK_MAX_CLASSES);
    return STATUS_OK;
}

static enum status network_validate_handwriting(const struct network *network, struct error *error)
{
    const struct handwriting *handwriting = &network->handwriting;
    if (handwriting->num_anchors &&
        (network->task != NETWORK_SYNTHESIZE || !network_is_spiking(network) ||
         handwriting->num_units != network_num_latents(network) ||
         handwriting->num_steps != (uint32_t)network->num_steps))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The handwriting is not one of this network's latent.");
    return handwriting_validate(handwriting, error);
}

enum status network_validate(const struct network *network, struct error *error)
{
    if (network->num_layers < 2 || network->latent_layer < 0 ||
        network->latent_layer >= network->num_layers - 1)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The latent must be a layer with at least one layer after it.");
    if (network->num_steps < 1 || network->num_steps > NETWORK_MAX_STEPS)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The number of steps must be 1 to %d.",
                         NETWORK_MAX_STEPS);
    if (!layer_count_valid(network->image_width) || !layer_count_valid(network->image_height) ||
        (int64_t)network->image_width * network->image_height !=
            layer_num_outputs(&network->layers[network->num_layers - 1].shape))
        return error_set(error, STATUS_INVALID_ARGUMENT, "The output is not the image's size.");
    enum status status = network_validate_layers(network, error);
    if (status == STATUS_OK)
        status = network_validate_units(network, error);
    if (status == STATUS_OK)
        status = network_validate_decoder(network, error);
    if (status == STATUS_OK)
        status = network_validate_classes(network, error);
    if (status == STATUS_OK)
        status = network_validate_front_end(network, error);
    if (status == STATUS_OK)
        status = network_validate_handwriting(network, error);
    return status == STATUS_OK ? network_validate_input(network, error) : status;
}

const char *network_task_name(enum network_task task)
{
    return task == NETWORK_RECONSTRUCT ? "reconstruct" : "synthesize";
}

const char *network_kind_name(const struct network *network)
{
    return network_is_spiking(network) ? "spiking" : "ann";
}

const char *network_modality(enum network_task task)
{
    return task == NETWORK_RECONSTRUCT ? "image" : "audio";
}

const char *input_encoding_name(enum input_encoding kind)
{
    return kind == ENCODING_CURRENT ? "current" : "rate";
}

const char *layer_kind_name(enum layer_kind kind)
{
    return kind == LAYER_DENSE ? "dense" : "conv";
}

const char *front_end_fit_name(enum front_end_fit fit)
{
    return fit == FRONT_END_STRETCH ? "stretch" : "pad";
}

const char *front_end_amplitude_name(enum front_end_amplitude amplitude)
{
    return amplitude == FRONT_END_ROOT ? "root" : "linear";
}

const char *front_end_scale_name(enum front_end_scale scale)
{
    return scale == FRONT_END_DEVIATION ? "deviation" : "maximum";
}

const char *neuron_model_name(enum neuron_model model)
{
    static const char *const names[NEURON_MODEL_COUNT] = {
        [NEURON_LIF] = "lif",
        [NEURON_IF] = "if",
        [NEURON_RELU] = "relu",
        [NEURON_SIGMOID] = "sigmoid",
    };
    return names[model];
}

const char *neuron_reset_name(enum neuron_reset reset)
{
    return reset == RESET_ZERO ? "zero" : "subtract";
}
