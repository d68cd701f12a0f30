/*
 * Speech to the input of an audiocoder: resample to the cochlea's rate, take off the mean and
 * scale to a fixed peak, cut silence at both ends, run the cochlea, average to feature frames, take
 * the noise floor of each channel off, cut quiet ends, divide by the maximum and take the square
 * root, stretch or pad to a fixed number of frames, and normalise each channel over time. Settings
 * leave out what a network does without: with FRONT_END_PAD, FRONT_END_LINEAR, FRONT_END_MAXIMUM
 * and zeros for trimming, floor and mean removal the input is the plain cochleagram as a share of
 * its maximum.
 */
#ifndef SPIKELOOM_MODELS_FRONT_END_H
#define SPIKELOOM_MODELS_FRONT_END_H

#include "core/math/real.h"
#include "core/media/audio.h"
#include "models/network.h"

#include <stdbool.h>

/* Feature frames of an utterance of any length. */
struct features {
    real *values; /* [num_frames][num_channels], 0..1 */
    int num_frames;
    int num_channels;
};

void features_free(struct features *features);

/* INVALID_ARGUMENT unless every setting is within its range. */
enum status front_end_validate(const struct front_end_settings *settings, struct error *error);

/* Whether a recording holds nothing but rounding noise, which the first half refuses. */
bool front_end_is_silent(const struct audio *audio);

/*
 * The first half: sound to trimmed, compressed frames. `audio` is resampled in place. The result
 * is released by features_free. UNUSABLE: too short or silent. NO_MEMORY.
 */
enum status front_end_features(const struct front_end_settings *settings,
                               const struct cochlea_design *cochlea, struct audio *audio,
                               struct features *features, struct error *error);

/*
 * The second half: frames of any number to input [settings->num_frames][num_channels], stretched
 * by linear interpolation or padded with zeros, each channel's mean over time reduced, divided by
 * the standard deviation of the whole; the last two as far as settings ask for it.
 */
void front_end_normalize(const struct front_end_settings *settings, const struct features *features,
                         real *input);

/*
 * The last step of the second half alone: input [num_frames][num_channels], each channel's mean
 * reduced and the whole divided by its deviation, in place, as settings ask for it.
 */
void front_end_standardize(const struct front_end_settings *settings, int num_channels,
                           real *input);

/* Both halves: audio to the network's input [network_num_inputs]. */
enum status front_end_run(const struct network *network, struct audio *audio, real *input,
                          struct error *error);

#endif
