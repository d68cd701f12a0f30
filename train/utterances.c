#include "train/utterances.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/spike/readout.h"
#include "models/inference.h"

#include <string.h>

/* Which random numbers of an utterance decide what. */
enum draw { DRAW_IMAGE, DRAW_RASTER };

void utterances_free(struct utterances *utterances)
{
    for (uint32_t i = 0; utterances->features && i < utterances->num_utterances; i++)
        features_free(&utterances->features[i]);
    for (uint32_t i = 0; utterances->rasters && i < utterances->num_utterances; i++)
        raster_free(&utterances->rasters[i]);
    mem_free(utterances->features);
    mem_free(utterances->labels);
    mem_free(utterances->images);
    mem_free(utterances->latents);
    mem_free(utterances->targets);
    mem_free(utterances->rasters);
    *utterances = (struct utterances){0};
}

/* The ear's work, spread over the cores. */
struct hearing {
    const struct network *network;
    struct speech_set *speech;
    struct features *features;
    struct error *errors; /* [num_utterances] */
};

static void hear_utterance(void *argument, size_t index)
{
    struct hearing *hearing = argument;
    struct utterance *utterance = &hearing->speech->utterances[index];
    struct error *error = &hearing->errors[index];
    if (front_end_features(&hearing->network->front_end, &hearing->network->cochlea,
                           &utterance->audio, &hearing->features[index], error) != STATUS_OK)
        error_prefix(error, error->status, "%s: ", utterance->name);
}

enum status utterances_hear(struct utterances *utterances, struct speech_set *speech, int threads,
                            struct error *error)
{
    struct parallel *parallel = NULL;
    uint32_t count = speech->num_utterances;
    struct error *errors = mem_alloc(count, sizeof *errors);
    utterances->features = mem_alloc(count, sizeof *utterances->features);
    utterances->labels = mem_alloc(count, sizeof *utterances->labels);
    utterances->targets = mem_alloc(count, sizeof *utterances->targets);
    enum status status = errors && utterances->features && utterances->labels && utterances->targets
                             ? parallel_new(threads, &parallel, error)
                             : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK) {
        struct hearing hearing = {utterances->network, speech, utterances->features, errors};
        parallel_for(parallel, count, hear_utterance, &hearing);
        utterances->num_utterances = count;
    }
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        utterances->labels[i] = speech->utterances[i].label;
        if (errors[i].status != STATUS_OK)
            status = error_set(error, errors[i].status, "%s", errors[i].detail);
    }
    parallel_free(parallel);
    mem_free(errors);
    return status;
}

static void grey_to_real(const uint8_t *grey, size_t count, real *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)grey[i] / 255;
}

enum status utterances_aim_at_classes(struct utterances *utterances, struct error *error)
{
    const struct network *network = utterances->network;
    size_t count = (size_t)network->num_classes * network_num_pixels(network);
    utterances->images = mem_alloc(count, sizeof *utterances->images);
    if (!utterances->images)
        return error_plain(error, STATUS_NO_MEMORY);
    utterances->num_targets = (uint32_t)network->num_classes;
    grey_to_real(network->class_images, count, utterances->images);
    for (uint32_t i = 0; i < utterances->num_utterances; i++)
        utterances->targets[i] = utterances->labels[i];
    return STATUS_OK;
}

/* The `place`th image of a class; NULL past the last one, whose number `count` then tells. */
static const uint8_t *image_of_class(const struct image_set *images, int label, uint32_t place,
                                     uint32_t *count)
{
    size_t pixels = (size_t)images->width * (size_t)images->height;
    *count = 0;
    for (uint32_t i = 0; i < images->num_images; i++)
        if (images->labels[i] == label && (*count)++ == place)
            return images->pixels + i * pixels;
    return NULL;
}

enum status utterances_aim_at_own(struct utterances *utterances, const struct class_list *classes,
                                  const struct image_set *images, struct error *error)
{
    size_t pixels = (size_t)images->width * (size_t)images->height;
    utterances->images = mem_alloc(utterances->num_utterances * pixels, sizeof *utterances->images);
    if (!utterances->images)
        return error_plain(error, STATUS_NO_MEMORY);
    utterances->num_targets = utterances->num_utterances;
    for (uint32_t i = 0; i < utterances->num_utterances; i++) {
        struct rng rng = {utterances->seed, i, RNG_STREAM_TARGET};
        const char *name = classes->names[utterances->labels[i]];
        int label = class_list_find(&images->classes, name);
        uint32_t available;
        image_of_class(images, label, UINT32_MAX, &available);
        if (label < 0 || !available)
            return error_set(error, STATUS_INVALID_ARGUMENT, "The images have no class \"%s\".",
                             name);
        uint32_t place = rng_below(&rng, 0, DRAW_IMAGE, available);
        grey_to_real(image_of_class(images, label, place, &available), pixels,
                     utterances->images + i * pixels);
        utterances->targets[i] = i;
    }
    return STATUS_OK;
}

enum status utterances_make_latents(struct utterances *utterances,
                                    const struct network *autoencoder, struct error *error)
{
    size_t pixels = network_num_pixels(autoencoder), latents = network_num_latents(autoencoder);
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    enum status status = STATUS_OK;
    uint32_t *counts = mem_alloc(latents, sizeof *counts);
    utterances->latents = mem_alloc(utterances->num_targets * latents, sizeof(real));
    if (!counts || !utterances->latents)
        status = error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t i = 0; i < utterances->num_targets && status == STATUS_OK; i++) {
        struct raster latent;
        struct inference_stats stats = {0};
        status = inference_encode(&inference, autoencoder, utterances->images + i * pixels,
                                  utterances->seed, autoencoder->num_steps, &latent, &stats, error);
        if (status == STATUS_OK)
            readout_spike_count(&latent, latent.num_steps, counts,
                                utterances->latents + i * latents);
        raster_free(&latent);
    }
    inference_free(&inference);
    mem_free(counts);
    return status;
}

enum status utterances_draw_rasters(struct utterances *utterances,
                                    const struct network *autoencoder, struct error *error)
{
    size_t pixels = network_num_pixels(autoencoder);
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    enum status status = STATUS_OK;
    utterances->rasters = mem_alloc(utterances->num_utterances, sizeof *utterances->rasters);
    if (!utterances->rasters)
        status = error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t i = 0; i < utterances->num_utterances && status == STATUS_OK; i++) {
        struct rng rng = {utterances->seed, i, RNG_STREAM_TARGET};
        struct inference_stats stats = {0};
        status = inference_encode(&inference, autoencoder,
                                  utterances->images + utterances->targets[i] * pixels,
                                  rng_u32(&rng, 0, DRAW_RASTER), autoencoder->num_steps,
                                  &utterances->rasters[i], &stats, error);
    }
    inference_free(&inference);
    return status;
}
