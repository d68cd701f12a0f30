/*
 * Augmentation of feature frames: what makes one recording many. Time shift and stretch, channel
 * shift (a longer or shorter vocal tract), additive noise, masked frames and channels.
 */
#ifndef SPIKELOOM_TRAIN_AUGMENT_H
#define SPIKELOOM_TRAIN_AUGMENT_H

#include "core/base/rng.h"
#include "models/front_end.h"

struct augment_settings {
    double stretch;       /* pace within 1 -+ this */
    double shift;         /* frames within -+ this */
    double channel_shift; /* channels within -+ this */
    double noise;         /* largest level, as a share of the loudest value */
    double noise_share;   /* of the samples that get noise */
    int masked_frames;    /* at most, in one run */
    int masked_channels;  /* likewise */
};

extern const struct augment_settings augment_default_settings;

/*
 * Frames of an utterance to a network's input [front_end->num_frames][num_channels], as
 * front_end_normalize does, but varied; rng's index says which variation.
 */
void augment_features(const struct augment_settings *settings,
                      const struct front_end_settings *front_end, const struct features *features,
                      const struct rng *rng, real *input);

#endif
