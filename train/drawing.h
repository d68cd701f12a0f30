/*
 * What a network makes of one sample, as grey pictures: for grids of samples and failures. Pictures
 * are those that the daemon answers with.
 */
#ifndef SPIKELOOM_TRAIN_DRAWING_H
#define SPIKELOOM_TRAIN_DRAWING_H

#include "core/base/status.h"
#include "models/inference.h"
#include "models/network.h"
#include "train/dataset.h"

struct drawing {
    const struct network *network;
    struct inference inference;
    uint8_t *grey; /* [pixels], what was drawn last */
    real *input, *counts, *spiked;
    uint32_t *random;
};

/* Buffers for a network, which is borrowed; released by drawing_free, also after a failure. */
enum status drawing_init(struct drawing *drawing, const struct network *network,
                         struct error *error);
void drawing_free(struct drawing *drawing); /* allows a zeroed one */

/* Draws the reconstruction of an image [pixels]. */
enum status drawing_of_image(struct drawing *drawing, const uint8_t *image, uint64_t seed,
                             struct error *error);

/* Draws what is said; the recording stays as it is. Errors as front_end_run. */
enum status drawing_of_utterance(struct drawing *drawing, const struct utterance *utterance,
                                 uint64_t seed, struct error *error);

/* Draws the input spikes behind the picture that was drawn last, as a share of the steps. */
void drawing_of_input_spikes(struct drawing *drawing, uint64_t seed);

/* The class image of that name, [pixels]; NULL when the network has none. */
const uint8_t *drawing_class_image(const struct network *network, const char *name);

#endif
