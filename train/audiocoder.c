#include "train/commands.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/spike/readout.h"
#include "models/checkpoint.h"
#include "models/front_end.h"
#include "models/inference.h"
#include "train/augment.h"
#include "train/class_images.h"
#include "train/dataset.h"
#include "train/json_log.h"
#include "train/record.h"
#include "train/trainer.h"

#include <stdio.h>
#include <string.h>

/* The ear of the publication, and the front end behind it. */
static const struct front_end_settings audiocoder_front_end = {
    .cochlea = {.sample_rate_hz = 12500, .ear_q = 8, .step_factor = 0.5, .decimation = 10},
    .peak_level = 0.5,
    .frame_samples = 100,
    .trim_level = 0.05,
    .trim_margin_frames = 2,
    .num_frames = 52,
    .mean_removal = 0.7};

static const double audiocoder_tau_mem = 10e-3, audiocoder_threshold = 1;
static const double audiocoder_warmup = 0.05;

enum { AUDIOCODER_WIDTH = 5, AUDIOCODER_STRIDE = 2 };

/* What training reads; const while it runs. */
struct utterances {
    const struct network *network;
    struct features *features; /* [num_utterances] */
    const uint16_t *labels;    /* unused entries of speech_set are released early */
    uint32_t num_utterances;
    uint64_t seed;
    real *images;  /* [num_classes][num_pixels] */
    real *latents; /* [num_classes][num_latents]: share of steps with a spike */
};

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

static enum status add_latent(struct network *network, int latents,
                              const struct neuron_params *neuron, struct error *error)
{
    const struct layer_shape *before = &network->layers[network->num_layers - 1].shape;
    struct layer_shape shape = {.kind = LAYER_DENSE,
                                .in_channels = before->out_channels,
                                .in_length = before->out_length,
                                .out_channels = latents,
                                .out_length = 1};
    network->latent_layer = network->num_layers;
    return network_add_layer(network, &shape, neuron, error);
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

static enum status build_network(const struct options *options, const struct network *autoencoder,
                                 struct network *network, struct error *error)
{
    struct neuron_params neuron = {.model = NEURON_LIF,
                                   .reset = RESET_SUBTRACT,
                                   .threshold = audiocoder_threshold,
                                   .tau_mem = audiocoder_tau_mem,
                                   .dt = autoencoder->dt};
    network->task = NETWORK_SYNTHESIZE;
    network->num_steps = autoencoder->num_steps;
    network->dt = autoencoder->dt;
    network->encoding = ENCODING_CURRENT;
    network->image_width = autoencoder->image_width;
    network->image_height = autoencoder->image_height;
    network->front_end = audiocoder_front_end;
    enum status status = cochlea_design(&network->front_end.cochlea, &network->cochlea, error);
    for (int i = 0; i < 2 && status == STATUS_OK; i++)
        status = add_conv(network, options->hidden, &neuron, error);
    if (status == STATUS_OK)
        status = add_latent(network, (int)network_num_latents(autoencoder), &neuron, error);
    return status == STATUS_OK ? add_decoder(network, autoencoder, error) : status;
}

/* What the class images are for the trainer: pixels, and the latent that the autoencoder gives. */
static enum status make_targets(const struct network *autoencoder, struct utterances *utterances,
                                struct error *error)
{
    const struct network *network = utterances->network;
    size_t pixels = network_num_pixels(network), latents = network_num_latents(network);
    size_t classes = (size_t)network->num_classes;
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    uint32_t *counts = mem_alloc(latents, sizeof *counts);
    utterances->images = mem_alloc(classes * pixels, sizeof(real));
    utterances->latents = mem_alloc(classes * latents, sizeof(real));
    enum status status = counts && utterances->images && utterances->latents
                             ? STATUS_OK
                             : error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; i < classes && status == STATUS_OK; i++) {
        struct raster latent;
        struct inference_stats stats = {0};
        real *image = utterances->images + i * pixels;
        for (size_t k = 0; k < pixels; k++)
            image[k] = (real)network->class_images[i * pixels + k] / 255;
        status = inference_encode(&inference, autoencoder, image, utterances->seed,
                                  autoencoder->num_steps, &latent, &stats, error);
        if (status == STATUS_OK)
            readout_spike_count(&latent, latent.num_steps, counts,
                                utterances->latents + i * latents);
        raster_free(&latent);
    }
    inference_free(&inference);
    mem_free(counts);
    return status;
}

static void fill_utterance(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                           real *latent)
{
    const struct utterances *utterances = context;
    const struct network *network = utterances->network;
    size_t pixels = network_num_pixels(network), latents = network_num_latents(network);
    size_t label = utterances->labels[sample];
    struct rng rng = {utterances->seed, draw, RNG_STREAM_AUGMENT};
    augment_features(&augment_default_settings, &network->front_end, &utterances->features[sample],
                     &rng, input);
    memcpy(image, utterances->images + label * pixels, pixels * sizeof *image);
    memcpy(latent, utterances->latents + label * latents, latents * sizeof *latent);
}

/* The ear's work, spread over the cores. */
struct hearing {
    const struct network *network;
    struct speech_set *set;
    struct features *features;
    struct error *errors; /* [num_utterances] */
};

static void hear_utterance(void *argument, size_t index)
{
    struct hearing *hearing = argument;
    struct utterance *utterance = &hearing->set->utterances[index];
    struct error *error = &hearing->errors[index];
    if (front_end_features(&hearing->network->front_end, &hearing->network->cochlea,
                           &utterance->audio, &hearing->features[index], error) != STATUS_OK)
        error_prefix(error, error->status, "%s: ", utterance->name);
}

static enum status hear_all(const struct options *options, struct speech_set *set,
                            struct utterances *utterances, struct error *error)
{
    struct parallel *parallel = NULL;
    struct error *errors = mem_alloc(set->num_utterances, sizeof *errors);
    utterances->features = mem_alloc(set->num_utterances, sizeof *utterances->features);
    uint16_t *labels = mem_alloc(set->num_utterances, sizeof *labels);
    utterances->labels = labels;
    enum status status = errors && utterances->features && labels
                             ? parallel_new(options->threads, &parallel, error)
                             : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK) {
        struct hearing hearing = {utterances->network, set, utterances->features, errors};
        parallel_for(parallel, set->num_utterances, hear_utterance, &hearing);
        utterances->num_utterances = set->num_utterances;
    }
    for (uint32_t i = 0; i < set->num_utterances && status == STATUS_OK; i++) {
        labels[i] = set->utterances[i].label;
        if (errors[i].status != STATUS_OK)
            status = error_set(error, errors[i].status, "%s", errors[i].detail);
    }
    parallel_free(parallel);
    mem_free(errors);
    return status;
}

static void utterances_free(struct utterances *utterances)
{
    for (uint32_t i = 0; i < utterances->num_utterances; i++)
        features_free(&utterances->features[i]);
    mem_free(utterances->features);
    mem_free((void *)utterances->labels);
    mem_free(utterances->images);
    mem_free(utterances->latents);
}

/* The training split of --data, with that of --extra behind it. */
static enum status load_speech(const struct options *options, struct speech_set *speech,
                               struct error *error)
{
    struct speech_set extra = {0};
    struct dataset_division official = {.skip_bad = options->skip_bad};
    enum status status =
        speech_set_load_divided(options->data, DATASET_TRAIN, &options->division, speech, error);
    if (status == STATUS_OK && options->extra)
        status = speech_set_load_divided(options->extra, DATASET_TRAIN, &official, &extra, error);
    speech_set_report_skipped(speech);
    speech_set_report_skipped(&extra);
    if (status == STATUS_OK && options->extra)
        status = speech_set_append(speech, &extra, error);
    speech_set_free(&extra);
    return status;
}

/* Loads speech and images, builds the network, hears every utterance. */
static enum status prepare(const struct options *options, const struct network *autoencoder,
                           struct network *network, struct utterances *utterances,
                           struct error *error)
{
    struct speech_set speech = {0};
    struct image_set images = {0};
    enum status status = load_speech(options, &speech, error);
    if (status == STATUS_OK)
        status = image_set_load(options->images, DATASET_TRAIN, &images, error);
    if (status == STATUS_OK &&
        (images.width != autoencoder->image_width || images.height != autoencoder->image_height))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "The images are not of the autoencoder's size.");
    if (status == STATUS_OK)
        status = build_network(options, autoencoder, network, error);
    if (status == STATUS_OK)
        status = class_images_choose(&speech.classes, &images, network, error);
    if (status == STATUS_OK)
        status = network_validate(network, error);
    if (status == STATUS_OK)
        status = make_targets(autoencoder, utterances, error);
    if (status == STATUS_OK)
        status = hear_all(options, &speech, utterances, error);
    image_set_free(&images);
    speech_set_free(&speech);
    return status;
}

static enum status train(const struct options *options, struct network *network,
                         struct utterances *utterances, struct trainer_result *result,
                         struct error *error)
{
    char state_path[PATH_MAX];
    struct json_log *log = NULL;
    struct trainer_settings settings = {.epochs = options->epochs,
                                        .batch_size = options->batch_size,
                                        .learning_rate = options->learning_rate,
                                        .warmup = audiocoder_warmup,
                                        .adam = adam_default_params,
                                        .bptt = {.surrogate_slope = 2.5,
                                                 .dropout = options->dropout,
                                                 .latent_weight = options->latent_weight,
                                                 .first_frozen = network->latent_layer + 1},
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .label = "audiocoder",
                                        .state_path = state_path,
                                        .state_minutes = options->checkpoint_minutes,
                                        .resume = options->resume,
                                        .quiet = options->quiet};
    settings.adam.weight_decay = options->weight_decay;
    struct trainer_source source = {.context = utterances,
                                    .num_samples = utterances->num_utterances,
                                    .has_latent = true,
                                    .fill = fill_utterance};
    enum status status = record_state_path(options->out, state_path, error);
    if (status == STATUS_OK)
        status = json_log_open(options->log, &log, error);
    if (status == STATUS_OK) {
        trainer_initialize(network, network->latent_layer + 1, 1, options->seed);
        status = trainer_run(network, &source, &settings, log, result, error);
    }
    json_log_close(log);
    return status;
}

enum status command_audiocoder(const struct options *options, struct error *error)
{
    struct network *autoencoder = NULL, *network = network_new();
    struct utterances utterances = {.network = network, .seed = options->seed};
    struct trainer_result result = {0};
    enum status status =
        network ? record_check_out(options->out, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = checkpoint_load(options->autoencoder, &autoencoder, error);
    if (status == STATUS_OK && autoencoder->task != NETWORK_RECONSTRUCT)
        status = error_set(error, STATUS_INVALID_ARGUMENT, "%s is no autoencoder.",
                           options->autoencoder);
    if (status == STATUS_OK)
        status = prepare(options, autoencoder, network, &utterances, error);
    if (status == STATUS_OK)
        status = train(options, network, &utterances, &result, error);
    if (status == STATUS_OK && !result.finished)
        printf("Stopped. The same command with --resume goes on.\n");
    if (status == STATUS_OK && result.finished)
        status = record_finish(options, &result, network, error);
    utterances_free(&utterances);
    network_release(autoencoder);
    network_release(network);
    return status;
}
