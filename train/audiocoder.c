#include "train/commands.h"

#include "models/checkpoint.h"
#include "models/front_end.h"
#include "train/audiocoder_network.h"
#include "train/augment.h"
#include "train/class_images.h"
#include "train/dataset.h"
#include "train/json_log.h"
#include "train/membrane_training.h"
#include "train/record.h"
#include "train/trainer.h"
#include "train/utterances.h"

#include <stdio.h>
#include <string.h>

static const double audiocoder_warmup = 0.05;

/* Uniform +- 0.01 of the membrane rule's weights, as published. */
static const double membrane_weight_range = 0.01;

static void fill_utterance(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                           real *latent)
{
    const struct utterances *utterances = context;
    const struct network *network = utterances->network;
    size_t pixels = network_num_pixels(network), latents = network_num_latents(network);
    uint32_t utterance = utterances_of_sample(utterances, sample);
    size_t target = utterances->targets[utterance];
    struct rng rng = {utterances->seed, draw, RNG_STREAM_AUGMENT};
    augment_features(&augment_default_settings, &network->front_end,
                     utterances_pick(utterances, utterance, &rng), &rng, input);
    memcpy(image, utterances->images + target * pixels, pixels * sizeof *image);
    memcpy(latent, utterances->latents + target * latents, latents * sizeof *latent);
}

static enum status hear_anew(void *context, uint32_t sample, uint64_t draw, struct error *error)
{
    return utterances_hear_anew(context, utterances_of_sample(context, sample), draw, error);
}

/* Puts the training split of KIND:DIR behind what is there; those of no class unless `of_classes`.
 */
static enum status add_speech(const struct options *options, const char *spec, bool of_classes,
                              struct speech_set *speech, struct error *error)
{
    const struct dataset_division official = {.skip_bad = options->skip_bad};
    struct speech_set more = {0};
    enum status status = speech_set_load_divided(spec, DATASET_TRAIN, &official, &more, error);
    speech_set_report_skipped(&more);
    if (status == STATUS_OK)
        status = of_classes ? speech_set_append(speech, &more, error)
                            : speech_set_append_others(speech, &more, error);
    speech_set_free(&more);
    return status;
}

/* The training split of --data, with those of --extra and --others behind it. */
static enum status load_speech(const struct options *options, struct speech_set *speech,
                               uint32_t *num_data, struct error *error)
{
    enum status status =
        speech_set_load_divided(options->data, DATASET_TRAIN, &options->division, speech, error);
    *num_data = speech->num_utterances;
    speech_set_report_skipped(speech);
    for (int i = 0; i < options->extra.count && status == STATUS_OK; i++)
        status = add_speech(options, options->extra.values[i], true, speech, error);
    if (status == STATUS_OK && options->others)
        status = add_speech(options, options->others, false, speech, error);
    *num_data = speech_set_limit_first(speech, *num_data, (uint32_t)options->limit);
    speech_set_limit(speech, (uint32_t)options->limit);
    return status;
}

/* Scores come last: recordings that cannot be scored are to be named before the training. */
static enum status check_test_split(const struct options *options, struct error *error)
{
    struct speech_set speech = {0};
    enum status status =
        speech_set_load_divided(options->data, DATASET_TEST, &options->division, &speech, error);
    speech_set_free(&speech);
    return status;
}

/* Loads speech and images, builds the network, hears every utterance. */
static enum status prepare(const struct options *options, const struct network *autoencoder,
                           struct network *network, struct speech_set *speech,
                           struct utterances *utterances, struct error *error)
{
    struct image_set images = {0};
    bool membrane = options->rule == RULE_MEMBRANE;
    enum status status = check_test_split(options, error);
    if (status == STATUS_OK)
        status = load_speech(options, speech, &utterances->num_repeated, error);
    if (status == STATUS_OK)
        status = image_set_load(options->images, DATASET_TRAIN, &images, error);
    if (status == STATUS_OK &&
        (images.width != autoencoder->image_width || images.height != autoencoder->image_height))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "The images are not of the autoencoder's size.");
    if (status == STATUS_OK)
        status = membrane ? audiocoder_network_published(options, autoencoder, network, error)
                          : audiocoder_network_convolving(options, autoencoder, network, error);
    if (status == STATUS_OK)
        status = class_images_choose(&speech->classes, &images, network, error);
    if (status == STATUS_OK)
        status = network_validate(network, error);
    if (status == STATUS_OK)
        status = utterances_hear(utterances, speech, options->threads, error);
    if (status == STATUS_OK)
        status = options->own_targets
                     ? utterances_aim_at_own(utterances, &speech->classes, &images, error)
                     : utterances_aim_at_classes(utterances, error);
    if (status == STATUS_OK)
        status = membrane ? utterances_draw_rasters(utterances, autoencoder, error)
                          : utterances_make_latents(utterances, autoencoder, error);
    image_set_free(&images);
    return status;
}

static enum status train_back_propagation(struct trainer_settings *settings,
                                          const struct options *options, struct network *network,
                                          struct utterances *utterances, struct json_log *log,
                                          struct trainer_result *result, struct error *error)
{
    char description[TRAINER_DESCRIPTION_SIZE];
    struct trainer_source source = {.context = utterances,
                                    .num_samples = utterances_num_samples(utterances),
                                    .has_latent = true,
                                    .fill = fill_utterance,
                                    .prepare = utterances->num_fresh ? hear_anew : NULL,
                                    .description = description};
    snprintf(description, sizeof description, "variants %d fresh %.17g repeated %u %u",
             utterances->num_variants, utterances->fresh_share, utterances->num_repeated,
             utterances->repetitions);
    settings->label = options->own_targets ? "audiocoder, own targets" : "audiocoder";
    settings->warmup = audiocoder_warmup;
    settings->bptt = (struct bptt_settings){
        .surrogate_slope = 2.5,
        .dropout = options->dropout,
        .latent_weight = options->latent_weight,
        .loss_power = options->loss_power,
        .contrast_weight = options->own_targets ? 0 : options->contrast_weight,
        .contrast = {utterances->latents, (int)utterances->num_targets},
        .first_frozen = network->latent_layer + 1};
    trainer_initialize(network, network->latent_layer + 1, 1, options->seed);
    return trainer_run(network, &source, settings, log, result, error);
}

static void fill_plain(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                       real *latent)
{
    const struct utterances *utterances = context;
    (void)draw;
    (void)image;
    (void)latent;
    front_end_normalize(&utterances->network->front_end, &utterances->features[sample], input);
}

/* As published, the target of a step is the autoencoder's latent of the next one, round and round.
 */
static void aim_at_raster(void *context, uint32_t sample, uint32_t step, real *target)
{
    const struct utterances *utterances = context;
    const struct raster *raster = &utterances->rasters[sample];
    for (uint32_t unit = 0; unit < raster->num_units; unit++)
        target[unit] = raster_get(raster, (step + 1) % raster->num_steps, unit) ? 1 : 0;
}

static enum status train_membrane(struct trainer_settings *settings, const struct options *options,
                                  struct network *network, struct utterances *utterances,
                                  struct json_log *log, struct trainer_result *result,
                                  struct error *error)
{
    struct trainer_source source = {
        .context = utterances, .num_samples = utterances->num_utterances, .fill = fill_plain};
    struct membrane_settings membrane = membrane_settings_of(options);
    membrane.target = aim_at_raster;
    for (int i = 0; i < MEMBRANE_LAYERS; i++)
        membrane.divisor[i] = (real)layer_fan_in(&network->layers[i].shape);
    settings->label = options->own_targets ? "audiocoder, membrane rule, own targets"
                                           : "audiocoder, membrane rule";
    trainer_initialize_uniform(network, MEMBRANE_LAYERS, membrane_weight_range, options->seed);
    return membrane_train(network, &source, settings, &membrane, log, result, error);
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
                                        .adam = adam_default_params,
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .state_path = state_path,
                                        .state_minutes = options->checkpoint_minutes,
                                        .resume = options->resume,
                                        .quiet = options->quiet};
    settings.adam.weight_decay = options->weight_decay;
    enum status status = record_state_path(options->out, state_path, error);
    if (status == STATUS_OK)
        status = json_log_open(options->log, &log, error);
    if (status == STATUS_OK)
        status = options->rule == RULE_MEMBRANE
                     ? train_membrane(&settings, options, network, utterances, log, result, error)
                     : train_back_propagation(&settings, options, network, utterances, log, result,
                                              error);
    json_log_close(log);
    return status;
}

enum status command_audiocoder(const struct options *options, struct error *error)
{
    struct network *autoencoder = NULL, *network = network_new();
    struct speech_set speech = {0};
    struct utterances utterances = {.network = network,
                                    .seed = options->seed,
                                    .num_variants = options->variants,
                                    .repetitions = (uint32_t)options->repeat,
                                    .fresh_share = options->fresh,
                                    /* those of the batch at hand and of the next */
                                    .num_fresh =
                                        options->fresh > 0 ? 2 * (uint32_t)options->batch_size : 0};
    struct trainer_result result = {0};
    enum status status =
        network ? record_check(options, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = checkpoint_load(options->autoencoder, &autoencoder, error);
    if (status == STATUS_OK && autoencoder->task != NETWORK_RECONSTRUCT)
        status = error_set(error, STATUS_INVALID_ARGUMENT, "%s is no autoencoder.",
                           options->autoencoder);
    if (status == STATUS_OK && !network_is_spiking(autoencoder))
        status = error_set(error, STATUS_INVALID_ARGUMENT, "%s has no spikes that could be learnt.",
                           options->autoencoder);
    if (status == STATUS_OK)
        status = prepare(options, autoencoder, network, &speech, &utterances, error);
    if (status == STATUS_OK)
        status = train(options, network, &utterances, &result, error);
    if (status == STATUS_OK && !result.finished)
        printf("Stopped. The same command with --resume goes on.\n");
    if (status == STATUS_OK && result.finished)
        status = record_finish(options, &result, NULL, network, error);
    utterances_free(&utterances);
    speech_set_free(&speech);
    network_release(autoencoder);
    network_release(network);
    return status;
}
