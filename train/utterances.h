/*
 * What an audiocoder learns from: utterances as feature frames, each with its target image and
 * what the autoencoder's latent makes of it.
 */
#ifndef SPIKELOOM_TRAIN_UTTERANCES_H
#define SPIKELOOM_TRAIN_UTTERANCES_H

#include "core/base/rng.h"
#include "core/base/status.h"
#include "core/spike/raster.h"
#include "models/front_end.h"
#include "models/network.h"
#include "train/dataset.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Const while training runs but for the ring of what is heard anew. Begins zeroed but for network,
 * seed, num_repeated, repetitions, num_variants, fresh_share and num_fresh.
 */
struct utterances {
    const struct network *network; /* whose front end and ear listen */
    uint64_t seed;
    uint32_t num_utterances;
    uint32_t num_repeated;     /* of them, the first ones, are in an epoch ... */
    uint32_t repetitions;      /* ... so many times, at least 1; the others once */
    struct features *features; /* [num_utterances] */
    int num_variants;          /* of each utterance, as acoustics_vary makes them */
    /* [num_utterances][num_variants]; one that came out unusable has no frames */
    struct features *variants;
    double fresh_share;     /* of the draws that hear their utterance in a variant of their own */
    uint32_t num_fresh;     /* draws in a row whose variants are kept; 0 where there are none */
    struct features *fresh; /* [num_fresh], by draw; without frames: not heard anew */
    const struct speech_set *speech; /* borrowed, for these */
    uint16_t *labels;                /* [num_utterances] */
    uint32_t num_targets;
    real *images;      /* [num_targets][pixels] */
    real *latents;     /* [num_targets][latents]: share of steps with a spike; NULL unless made */
    uint32_t *targets; /* [num_utterances]: which target an utterance has */
    struct raster *rasters; /* [num_utterances]: latent of its target; NULL unless drawn */
};

void utterances_free(struct utterances *utterances);

/*
 * Runs the first half of the front end on all recordings and their variants. `speech` must outlive
 * what is heard anew. UNUSABLE names the one at fault.
 */
enum status utterances_hear(struct utterances *utterances, const struct speech_set *speech,
                            int threads, struct error *error);

/*
 * Hears utterance `index` in a variant of its own for a draw, if that is one of fresh_share, in
 * place of what was heard num_fresh draws before. Several threads may do so at once for draws less
 * than num_fresh apart. NO_MEMORY.
 */
enum status utterances_hear_anew(struct utterances *utterances, uint32_t index, uint64_t draw,
                                 struct error *error);

/*
 * Features of utterance `index` for a draw, which is rng's index: what was heard anew for it, or
 * else itself or one of its variants, each as likely.
 */
const struct features *utterances_pick(const struct utterances *utterances, uint32_t index,
                                       const struct rng *rng);

/* The samples of an epoch after hearing, and which utterance one of them is. */
uint32_t utterances_num_samples(const struct utterances *utterances);
uint32_t utterances_of_sample(const struct utterances *utterances, uint32_t sample);

/*
 * Targets after hearing: the network's class image for all utterances of a class; a blank one for
 * those of none, whose label is the number of classes.
 */
enum status utterances_aim_at_classes(struct utterances *utterances, struct error *error);

/*
 * Targets after hearing: an image of its class for each utterance, drawn from `images`.
 * INVALID_ARGUMENT when a class has none.
 */
enum status utterances_aim_at_own(struct utterances *utterances, const struct class_list *classes,
                                  const struct image_set *images, struct error *error);

/* Fills latents with what the autoencoder makes of the images; a blank one has no spikes. */
enum status utterances_make_latents(struct utterances *utterances,
                                    const struct network *autoencoder, struct error *error);

/* Draws one latent raster an utterance, each with rate coding of its own. */
enum status utterances_draw_rasters(struct utterances *utterances,
                                    const struct network *autoencoder, struct error *error);

#endif
