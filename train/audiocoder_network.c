#include "train/audiocoder_network.h"

#include <string.h>

/* The ear of the publication. */
#define PUBLISHED_EAR                                                                              \
    {                                                                                              \
        .sample_rate_hz = 12500, .ear_q = 8, .step_factor = 0.5, .decimation = 10                  \
    }

static const struct front_end_settings published_front_end = {.cochlea = PUBLISHED_EAR,
                                                              .peak_level = 0.5,
                                                              .frame_samples = 10,
                                                              .num_frames = 1500,
                                                              .fit = FRONT_END_PAD,
                                                              .amplitude = FRONT_END_LINEAR,
                                                              .scale = FRONT_END_MAXIMUM};

/* The same ear with a front end that makes words of different speed and colour alike. */
static const struct front_end_settings convolving_front_end = {.cochlea = PUBLISHED_EAR,
                                                               .endpoints = {3e-3, 2, 0.03},
                                                               .peak_level = 0.5,
                                                               .frame_samples = 100,
                                                               .floor_removal = 2,
                                                               .trim_level = 0.05,
                                                               .trim_margin_frames = 2,
                                                               .num_frames = 52,
                                                               .mean_removal = 0.7};

static const double audiocoder_tau_mem = 10e-3, audiocoder_threshold = 1;

enum { AUDIOCODER_WIDTH = 5, AUDIOCODER_STRIDE = 2 };

static enum status add_conv(struct network *network, int channels,
                            const struct neuron_params *neuron, struct error *error)
{
    const struct layer_shape *before =
        network->num_layers ? &network->layers[network->num_layers - 1].shape : NULL;
    struct layer_shape shape = {
        .kind = LAYER_CONV,
        .in_channels = before ? before->out_channels : network->cochlea.num_channels,
        .in_length = before ? before->out_length : network->front_end.num_frames,
        .out_channels = channels,
        .width = AUDIOCODER_WIDTH,
        .stride = AUDIOCODER_STRIDE,
        .pad = AUDIOCODER_WIDTH / 2};
    shape.out_length = (shape.in_length + 2 * shape.pad - shape.width) / shape.stride + 1;
    return network_add_layer(network, &shape, neuron, error);
}

/* A dense layer on top of a layer's positions and channels. */
static enum status add_dense(struct network *network, int units, const struct neuron_params *neuron,
                             struct error *error)
{
    const struct layer_shape *before = &network->layers[network->num_layers - 1].shape;
    struct layer_shape shape = {.kind = LAYER_DENSE,
                                .in_channels = before->out_channels,
                                .in_length = before->out_length,
                                .out_channels = units,
                                .out_length = 1};
    return network_add_layer(network, &shape, neuron, error);
}

static enum status add_latent(struct network *network, const struct network *autoencoder,
                              const struct neuron_params *neuron, struct error *error)
{
    network->latent_layer = network->num_layers;
    return add_dense(network, (int)network_num_latents(autoencoder), neuron, error);
}

/* The layers behind the autoencoder's latent, with their weights. */
static enum status add_decoder(struct network *network, const struct network *autoencoder,
                               struct error *error)
{
    for (int i = autoencoder->latent_layer + 1; i < autoencoder->num_layers; i++) {
        const struct layer *from = &autoencoder->layers[i];
        enum status status = network_add_layer(network, &from->shape, &from->params, error);
        if (status != STATUS_OK)
            return status;
        struct layer *to = &network->layers[network->num_layers - 1];
        size_t channels = (size_t)from->shape.out_channels;
        memcpy(to->weight, from->weight, layer_fan_in(&from->shape) * channels * sizeof(real));
        memcpy(to->bias, from->bias, channels * sizeof(real));
    }
    return STATUS_OK;
}

static struct neuron_params neuron_of(const struct network *network, enum neuron_reset reset)
{
    return (struct neuron_params){.model = NEURON_LIF,
                                  .reset = reset,
                                  .threshold = audiocoder_threshold,
                                  .tau_mem = audiocoder_tau_mem,
                                  .dt = network->dt};
}

/* What does not depend on the kind of network. */
static enum status begin(const struct network *autoencoder,
                         const struct front_end_settings *front_end, struct network *network,
                         struct error *error)
{
    network->task = NETWORK_SYNTHESIZE;
    network->dt = autoencoder->dt;
    network->image_width = autoencoder->image_width;
    network->image_height = autoencoder->image_height;
    network->front_end = *front_end;
    return cochlea_design(&network->front_end.cochlea, &network->cochlea, error);
}

enum status audiocoder_network_convolving(const struct options *options,
                                          const struct network *autoencoder,
                                          struct network *network, struct error *error)
{
    enum status status = begin(autoencoder, &convolving_front_end, network, error);
    struct neuron_params neuron = neuron_of(network, RESET_SUBTRACT);
    network->num_steps = autoencoder->num_steps;
    network->encoding = ENCODING_CURRENT;
    for (int i = 0; i < 2 && status == STATUS_OK; i++)
        status = add_conv(network, options->hidden, &neuron, error);
    if (status == STATUS_OK && options->dense)
        status = add_dense(network, options->dense, &neuron, error);
    if (status == STATUS_OK)
        status = add_latent(network, autoencoder, &neuron, error);
    return status == STATUS_OK ? add_decoder(network, autoencoder, error) : status;
}

enum status audiocoder_network_published(const struct options *options,
                                         const struct network *autoencoder, struct network *network,
                                         struct error *error)
{
    if (autoencoder->encoding != ENCODING_RATE || autoencoder->num_layers != 2 ||
        autoencoder->layers[0].params.reset != RESET_ZERO)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The membrane rule needs an autoencoder that was trained with --rule "
                         "membrane, which %s was not.",
                         options->autoencoder);
    enum status status = begin(autoencoder, &published_front_end, network, error);
    struct neuron_params neuron = neuron_of(network, RESET_ZERO);
    network->num_steps = options->steps ? options->steps : autoencoder->num_steps;
    network->encoding = ENCODING_RATE;
    network->max_rate_hz = options->max_rate_hz;
    if (status == STATUS_OK)
        status = network_add_dense(network,
                                   network->front_end.num_frames * network->cochlea.num_channels,
                                   options->hidden, &neuron, error);
    if (status == STATUS_OK)
        status = add_latent(network, autoencoder, &neuron, error);
    return status == STATUS_OK ? add_decoder(network, autoencoder, error) : status;
}
