/*
 * The card of a model on the wire: GET /v1/models and /v1/models/{name}. Filled by the server from
 * a network, so that this folder knows no networks.
 */
#ifndef SPIKELOOM_API_MODEL_CARD_H
#define SPIKELOOM_API_MODEL_CARD_H

#include "api/writer.h"

enum { MODEL_CARD_MAX_LAYERS = 8 };

struct model_card_layer {
    const char *kind; /* "dense", "conv" */
    uint32_t num_inputs, num_outputs;
    int width, stride; /* of a convolution, in positions; 0 for a dense layer */
    bool latent;       /* this layer's spikes are the latent */
    const char *neuron, *reset;
    double threshold, tau_mem_ms;
};

/* All strings are borrowed. */
struct model_card {
    const char *name, *kind, *task, *modality, *sha256, *encoding;
    int num_steps;
    double dt_ms, max_rate_hz; /* max_rate_hz of rate encoding; otherwise 0 */
    uint32_t num_inputs, num_latents;
    int image_width, image_height;
    int num_layers;
    struct model_card_layer layers[MODEL_CARD_MAX_LAYERS];
    double sample_rate_hz; /* of the ear; 0 for models of images */
    int num_channels, num_frames;
    const char *training_json, *scores_json; /* JSON objects as text */
};

/* Writes the card as a value. */
void model_card_write(const struct model_card *card, struct writer *writer);

#endif
