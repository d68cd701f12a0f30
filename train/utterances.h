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

/* Const while training runs. Begins zeroed but for network, seed and num_variants. */
struct utterances {
    const struct network *network; /* whose front end and ear listen */
    uint64_t seed;
    uint32_t num_utterances;
    struct features *features; /* [num_utterances] */
    int num_variants;          /* of each utterance, as acoustics_vary makes them */
    /* [num_utterances][num_variants]; one that came out unusable has no frames */
    struct features *variants;
    uint16_t *labels; /* [num_utterances] */
    uint32_t num_targets;
    real *images;      /* [num_targets][pixels] */
    real *latents;     /* [num_targets][latents]: share of steps with a spike; NULL unless made */
    uint32_t *targets; /* [num_utterances]: which target an utterance has */
    struct raster *rasters; /* [num_utterances]: latent of its target; NULL unless drawn */
};

void utterances_free(struct utterances *utterances);

/*
 * Runs the first half of the front end on all recordings and their variants. UNUSABLE names the
 * one at fault.
 */
enum status utterances_hear(struct utterances *utterances, struct speech_set *speech, int threads,
                            struct error *error);

/*
 * Features of utterance `index` for a draw: itself or one of its variants, each as likely.
 */
const struct features *utterances_pick(const struct utterances *utterances, uint32_t index,
                                       const struct rng *rng);

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
