#include "train/utterances.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/spike/readout.h"
#include "models/inference.h"
#include "train/acoustics.h"

#include <string.h>

/* Which random numbers of an utterance decide what. */
enum draw { DRAW_IMAGE, DRAW_RASTER };

/* Which of augmentation's random numbers pick a variant; augment.c counts from 0. */
enum { DRAW_VARIANT = 64, DRAW_FRESH };

/* Where the indices of variants that are heard anew begin, past those of stored ones. */
static const uint64_t first_fresh_index = UINT64_C(1) << 48;

void utterances_free(struct utterances *utterances)
{
    for (uint32_t i = 0; utterances->features && i < utterances->num_utterances; i++)
        features_free(&utterances->features[i]);
    size_t num_variants = (size_t)utterances->num_utterances * (size_t)utterances->num_variants;
    for (size_t i = 0; utterances->variants && i < num_variants; i++)
        features_free(&utterances->variants[i]);
    for (uint32_t i = 0; utterances->fresh && i < utterances->num_fresh; i++)
        features_free(&utterances->fresh[i]);
    for (uint32_t i = 0; utterances->rasters && i < utterances->num_utterances; i++)
        raster_free(&utterances->rasters[i]);
    mem_free(utterances->features);
    mem_free(utterances->variants);
    mem_free(utterances->fresh);
    mem_free(utterances->labels);
    mem_free(utterances->images);
    mem_free(utterances->latents);
    mem_free(utterances->targets);
    mem_free(utterances->rasters);
    *utterances = (struct utterances){0};
}

/* The ear's work, spread over the cores. */
struct hearing {
    const struct utterances *utterances;
    const struct speech_set *speech;
    struct error *errors; /* [num_utterances] */
};

static enum status hear(const struct network *network, struct audio *audio,
                        struct features *features, struct error *error)
{
    return front_end_features(&network->front_end, &network->cochlea, audio, features, error);
}

static enum status copy_audio(const struct audio *audio, struct audio *copy, struct error *error)
{
    *copy = *audio;
    copy->samples = mem_alloc(audio->num_samples, sizeof *copy->samples);
    if (!copy->samples)
        return error_plain(error, STATUS_NO_MEMORY);
    memcpy(copy->samples, audio->samples, audio->num_samples * sizeof *copy->samples);
    return STATUS_OK;
}

/* A variant that came out unusable has no frames. */
static enum status hear_varied(const struct utterances *utterances, const struct speech_set *speech,
                               size_t index, const struct rng *rng, struct features *features,
                               struct error *error)
{
    struct audio audio;
    enum status status = copy_audio(&speech->utterances[index].audio, &audio, error);
    if (status == STATUS_OK)
        status = acoustics_vary(speech, rng, &audio, error);
    if (status == STATUS_OK)
        status = hear(utterances->network, &audio, features, error);
    audio_free(&audio);
    if (status != STATUS_UNUSABLE)
        return status;
    if (error)
        *error = (struct error){0};
    return STATUS_OK;
}

static enum status hear_variant(const struct hearing *hearing, size_t index, int variant,
                                struct error *error)
{
    const struct utterances *utterances = hearing->utterances;
    size_t place = index * (size_t)utterances->num_variants + (size_t)variant;
    const struct rng rng = {utterances->seed, place, RNG_STREAM_ACOUSTICS};
    return hear_varied(utterances, hearing->speech, index, &rng, &utterances->variants[place],
                       error);
}

static void hear_variants(void *argument, size_t index)
{
    struct hearing *hearing = argument;
    enum status status = STATUS_OK;
    for (int i = 0; i < hearing->utterances->num_variants && status == STATUS_OK; i++)
        status = hear_variant(hearing, index, i, &hearing->errors[index]);
}

static void hear_utterance(void *argument, size_t index)
{
    struct hearing *hearing = argument;
    const struct utterance *utterance = &hearing->speech->utterances[index];
    struct error *error = &hearing->errors[index];
    struct audio audio;
    if (error->status != STATUS_OK)
        return;
    enum status status = copy_audio(&utterance->audio, &audio, error);
    if (status == STATUS_OK)
        status = hear(hearing->utterances->network, &audio, &hearing->utterances->features[index],
                      error);
    if (status != STATUS_OK)
        error_prefix(error, status, "%s: ", utterance->name);
    audio_free(&audio);
}

static bool allocate(struct utterances *utterances, size_t count)
{
    utterances->features = mem_alloc(count, sizeof *utterances->features);
    utterances->labels = mem_alloc(count, sizeof *utterances->labels);
    utterances->targets = mem_alloc(count, sizeof *utterances->targets);
    utterances->variants =
        mem_alloc(count * (size_t)utterances->num_variants, sizeof *utterances->variants);
    utterances->fresh = mem_alloc(utterances->num_fresh, sizeof *utterances->fresh);
    return utterances->features && utterances->labels && utterances->targets &&
           utterances->variants && utterances->fresh;
}

enum status utterances_hear(struct utterances *utterances, const struct speech_set *speech,
                            int threads, struct error *error)
{
    struct parallel *parallel = NULL;
    uint32_t count = speech->num_utterances;
    struct error *errors = mem_alloc(count, sizeof *errors);
    enum status status = errors && allocate(utterances, count)
                             ? parallel_new(threads, &parallel, error)
                             : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK) {
        struct hearing hearing = {utterances, speech, errors};
        utterances->num_utterances = count;
        utterances->speech = speech;
        parallel_for(parallel, count, hear_variants, &hearing);
        parallel_for(parallel, count, hear_utterance, &hearing);
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

static bool is_fresh(const struct utterances *utterances, uint64_t draw)
{
    const struct rng rng = {utterances->seed, draw, RNG_STREAM_AUGMENT};
    return (double)rng_uniform(&rng, 0, DRAW_FRESH) < utterances->fresh_share;
}

enum status utterances_hear_anew(struct utterances *utterances, uint32_t index, uint64_t draw,
                                 struct error *error)
{
    const struct rng rng = {utterances->seed, first_fresh_index + draw, RNG_STREAM_ACOUSTICS};
    struct features *features = &utterances->fresh[draw % utterances->num_fresh];
    features_free(features);
    if (!is_fresh(utterances, draw))
        return STATUS_OK;
    return hear_varied(utterances, utterances->speech, index, &rng, features, error);
}

const struct features *utterances_pick(const struct utterances *utterances, uint32_t index,
                                       const struct rng *rng)
{
    const struct features *fresh =
        utterances->num_fresh ? &utterances->fresh[rng->index % utterances->num_fresh] : NULL;
    uint32_t variants = (uint32_t)utterances->num_variants;
    uint32_t pick = rng_below(rng, 0, DRAW_VARIANT, variants + 1);
    const struct features *variant = utterances->variants + (size_t)index * variants + pick - 1;
    if (fresh && fresh->num_frames)
        return fresh;
    return pick && variant->num_frames ? variant : &utterances->features[index];
}

uint32_t utterances_num_samples(const struct utterances *utterances)
{
    uint32_t again = utterances->repetitions > 1 ? utterances->repetitions - 1 : 0;
    return utterances->num_utterances + again * utterances->num_repeated;
}

uint32_t utterances_of_sample(const struct utterances *utterances, uint32_t sample)
{
    if (sample < utterances->num_utterances)
        return sample;
    return (sample - utterances->num_utterances) % utterances->num_repeated;
}

static void grey_to_real(const uint8_t *grey, size_t count, real *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)grey[i] / 255;
}

enum status utterances_aim_at_classes(struct utterances *utterances, struct error *error)
{
    const struct network *network = utterances->network;
    size_t pixels = network_num_pixels(network), classes = (size_t)network->num_classes;
    size_t count = classes * pixels;
    utterances->images = mem_alloc(count + pixels, sizeof *utterances->images); /* zeros */
    if (!utterances->images)
        return error_plain(error, STATUS_NO_MEMORY);
    utterances->num_targets = (uint32_t)classes + 1;
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

static bool is_blank(const real *image, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++)
        if (image[i] > 0)
            return false;
    return true;
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
        if (is_blank(utterances->images + i * pixels, pixels))
            continue;
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
