/*
 * A network as data: its layers, neurons, coding of the input and everything else that inference
 * needs. Autoencoders and audiocoders are both chains of layers of which one, the latent, is where
 * the network is cut in two: layers up to it encode, layers after it decode. A network spikes, or
 * it is analog (an ANN, to compare with): then it has one step and no spikes.
 *
 * A network is const once loaded, and shared by all threads without a lock.
 */
#ifndef SPIKELOOM_MODELS_NETWORK_H
#define SPIKELOOM_MODELS_NETWORK_H

#include "core/base/digest.h"
#include "core/base/status.h"
#include "core/math/real.h"
#include "core/media/cochlea.h"
#include "core/media/endpoints.h"
#include "core/spike/neuron.h"
#include "models/handwriting.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    NETWORK_MAX_LAYERS = 8,
    NETWORK_MAX_STEPS = 1024,
    NETWORK_MAX_UNITS = 1 << 17,   /* of one layer */
    NETWORK_MAX_WEIGHTS = 1 << 28, /* of one layer */
    NETWORK_NAME_SIZE = 64,
    NETWORK_MAX_CLASSES = 256,
    NETWORK_CLASS_NAME_SIZE = 64
};

enum network_task {
    NETWORK_RECONSTRUCT, /* image in, image out */
    NETWORK_SYNTHESIZE   /* audio in, image out */
};

enum input_encoding {
    ENCODING_CURRENT, /* the analog value times the weight is injected at every step */
    ENCODING_RATE     /* each step spikes with probability value * max_rate_hz * dt */
};

enum layer_kind { LAYER_DENSE, LAYER_CONV };

/*
 * Units are numbered position-major: unit = position * channels + channel, so that the window of
 * a convolution over time is a run of consecutive units. A dense layer has one position and
 * takes in_length * in_channels inputs.
 */
struct layer_shape {
    enum layer_kind kind;
    int in_channels, in_length;
    int out_channels, out_length;
    int width, stride, pad; /* in positions; 0 for a dense layer */
};

/* A layer's weights as kernel_fixed takes them, made by models/fixed_point.h; or all NULL. */
struct fixed_point {
    int16_t *weight, *bias;
    real *scale;
};

struct layer {
    struct layer_shape shape;
    struct neuron_params params;
    struct neuron neuron;
    real *weight; /* [layer_fan_in][out_channels]: a spike adds one row */
    real *bias;   /* [out_channels], the current of every step */
    struct fixed_point fixed;
};

/* Zero is what a description without the setting means. */
enum front_end_fit {
    FRONT_END_STRETCH, /* every utterance is stretched to num_frames */
    FRONT_END_PAD      /* silence behind it, or its end is cut */
};
enum front_end_amplitude { FRONT_END_ROOT, FRONT_END_LINEAR }; /* of the share of the maximum */
enum front_end_scale {
    FRONT_END_DEVIATION, /* the input is divided by its standard deviation */
    FRONT_END_MAXIMUM    /* it stays a share of the maximum, 0..1, as rate coding needs it */
};

/* How speech becomes the input of the first layer; the steps are those of front_end.h. */
struct front_end_settings {
    struct cochlea_settings cochlea;
    /* Silence at both ends is cut before the ear hears it; a level of 0 cuts nothing. */
    struct endpoints_settings endpoints;
    double peak_level;      /* the recording's largest magnitude is scaled to this */
    int frame_samples;      /* samples a feature frame averages, a multiple of the decimation */
    double floor_removal;   /* so many times a channel's quietest energy are taken off; 0: none */
    double trim_level;      /* share of the loudest frame's energy below which the ends are cut */
    int trim_margin_frames; /* kept on either side */
    int num_frames;         /* of every utterance in the end */
    double mean_removal;    /* share of each channel's mean over time that is taken off */
    double doubt_margin;    /* of a latent, below which listen.h hears again; 0: never */
    enum front_end_fit fit;
    enum front_end_amplitude amplitude;
    enum front_end_scale scale;
};

struct network {
    _Atomic int references;
    char name[NETWORK_NAME_SIZE];
    char checksum[DIGEST_HEX_SIZE]; /* SHA-256 of the checkpoint file, "" if not from a file */
    enum network_task task;
    int num_steps;
    double dt; /* seconds */
    enum input_encoding encoding;
    double max_rate_hz; /* of rate encoding */

    int num_layers;
    int latent_layer; /* index of the last layer of the encoder */
    struct layer layers[NETWORK_MAX_LAYERS];
    int image_width, image_height; /* of the output */

    struct front_end_settings front_end; /* NETWORK_SYNTHESIZE only */
    struct cochlea_design cochlea;       /* likewise */

    /* What the classes look like, for evaluation alone; synthesis never reads them. */
    int num_classes;
    char (*class_names)[NETWORK_CLASS_NAME_SIZE]; /* [num_classes] */
    uint8_t *class_images;                        /* [num_classes][height][width] */

    struct handwriting handwriting; /* NETWORK_SYNTHESIZE only; empty where there is none */

    char *training_json; /* how it was trained: a JSON object as text; "{}" if unknown */
    char *scores_json;   /* measured on the test split: a JSON object as text; "{}" if none */
};

/* A network with one reference and no layers; NULL when memory is out. */
struct network *network_new(void);

/* Shares or gives up ownership; the last release frees it. release allows NULL. */
struct network *network_retain(struct network *network);
void network_release(struct network *network);

/*
 * Allocates zero weights for layers[index] from its shape and derives its neuron.
 * INVALID_ARGUMENT when the shape is inconsistent or too large.
 */
enum status network_add_layer(struct network *network, const struct layer_shape *shape,
                              const struct neuron_params *params, struct error *error);

/* The same for a dense layer from `inputs` values to `outputs` units. */
enum status network_add_dense(struct network *network, int inputs, int outputs,
                              const struct neuron_params *params, struct error *error);

/* Whether the network's units spike; all of them do, or none. */
bool network_is_spiking(const struct network *network);

/*
 * Checks that the whole hangs together: shapes chain, the output is the image, the latent is
 * inside, all units spike or none do (then with current coding and one step), the decoder is silent
 * without input (an empty latent is a blank picture), rate coding has max_rate_hz * dt <= 1, the
 * front end can work, classes have names and images, handwriting fits the latent, every number is
 * finite.
 */
enum status network_validate(const struct network *network, struct error *error);

uint32_t layer_num_inputs(const struct layer_shape *shape);
uint32_t layer_num_outputs(const struct layer_shape *shape);
/* Rows of the weight matrix: inputs that one output unit sees. */
uint32_t layer_fan_in(const struct layer_shape *shape);

/*
 * The bias below which a unit never spikes without input: the potential that it settles at,
 * bias / (1 - beta), stays below the threshold.
 */
real layer_rest_bias(const struct layer *layer);

uint32_t network_num_inputs(const struct network *network);
uint32_t network_num_latents(const struct network *network);
uint32_t network_num_pixels(const struct network *network);

const char *network_task_name(enum network_task task);        /* "reconstruct", "synthesize" */
const char *network_kind_name(const struct network *network); /* "spiking", "ann" */
const char *network_modality(enum network_task task);         /* of the input: "image", "audio" */
const char *input_encoding_name(enum input_encoding kind);    /* "current", "rate" */
const char *layer_kind_name(enum layer_kind kind);            /* "dense", "conv" */
const char *front_end_fit_name(enum front_end_fit fit);       /* "stretch", "pad" */
const char *front_end_amplitude_name(enum front_end_amplitude amplitude); /* "root", "linear" */
const char *front_end_scale_name(enum front_end_scale scale); /* "deviation", "maximum" */
const char *neuron_model_name(enum neuron_model model);       /* "lif", "if", "relu", "sigmoid" */
const char *neuron_reset_name(enum neuron_reset reset);       /* "zero", "subtract" */

#endif
