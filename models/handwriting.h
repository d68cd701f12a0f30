/*
 * What a network of speech knows of the latents that a recording should end in. From them come two
 * things: how sure a latent is (its confidence), and other handwritings of what it stands for.
 *
 * Anchors are the latents of the pictures that the network learnt to draw, in no particular order
 * and without names. A latent's distance to an anchor is a share of the anchor's own length, so
 * that silence, the latent without spikes, is at 1 from every anchor.
 *
 * Hands are latents that the autoencoder made of other pictures, as many for each anchor. A style
 * is one of them in place of the latent that was heard, so what is drawn comes from spikes alone.
 */
#ifndef SPIKELOOM_MODELS_HANDWRITING_H
#define SPIKELOOM_MODELS_HANDWRITING_H

#include "core/base/status.h"
#include "core/spike/raster.h"

#include <stdbool.h>
#include <stdint.h>

enum { HANDWRITING_MAX_ANCHORS = 256, HANDWRITING_MAX_HANDS = 4096 };

/* Const once loaded, as the network that it is part of. */
struct handwriting {
    uint32_t num_anchors;          /* 0: the network has nothing of this */
    uint32_t num_units, num_steps; /* of the latents */
    float *anchors;                /* [num_anchors][num_units]: spikes of each unit */
    uint32_t num_hands;            /* of each anchor; 0: there are no styles */
    uint8_t *hands;  /* [num_anchors][num_hands][handwriting_hand_size], as rasters' bitmaps */
    bool calibrated; /* there is a confidence, with these two: */
    double slope;    /* > 0 */
    double midpoint; /* the margin at which confidence is a half */
};

/* Where a latent lies among the anchors. */
struct handwriting_place {
    uint32_t nearest; /* anchor */
    double distance;  /* to it: 0 is the anchor itself, 1 and more is as far as silence */
    double margin;    /* how much further the next anchor is, or silence where that is nearer */
};

/* Releases everything and empties the struct; an empty one is allowed. */
void handwriting_free(struct handwriting *handwriting);

/* Bytes of one latent. */
size_t handwriting_hand_size(const struct handwriting *handwriting);

/*
 * INVALID_ARGUMENT unless numbers are within their limits and finite, no anchor is empty, and no
 * bit beyond the units is set.
 */
enum status handwriting_validate(const struct handwriting *handwriting, struct error *error);

/*
 * Measures how far a latent of num_units units and 1 .. num_steps steps is from each anchor:
 * distances [num_anchors]. Of fewer steps than all, a like share of each anchor's spikes is
 * expected. NO_MEMORY.
 */
enum status handwriting_distances(const struct handwriting *handwriting,
                                  const struct raster *latent, double *distances,
                                  struct error *error);

/* The place of a latent with such distances, or with the mean ones of several latents. */
struct handwriting_place handwriting_place(const struct handwriting *handwriting,
                                           const double *distances);

/* The two in one. There must be anchors. NO_MEMORY. */
enum status handwriting_locate(const struct handwriting *handwriting, const struct raster *latent,
                               struct handwriting_place *place, struct error *error);

/*
 * How likely a latent of that place came from something the network was taught, 0..1:
 * 1 / (1 + exp(slope (midpoint - margin))), rounded to four decimals. Must be calibrated.
 */
double handwriting_confidence(const struct handwriting *handwriting,
                              const struct handwriting_place *place);

/*
 * Replaces the latent by the nearest anchor's hand of that style, cut to the latent's steps. Style
 * 0 changes nothing, nor does any style where silence is nearer than every anchor. As many styles
 * in a row as there are hands all differ. INVALID_ARGUMENT where there are no hands.
 */
enum status handwriting_steer(const struct handwriting *handwriting,
                              const struct handwriting_place *place, uint64_t style,
                              struct raster *latent, struct error *error);

#endif
