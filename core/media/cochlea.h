/*
 * Lyon's passive cochlear model: sound to a cochleagram of firing probabilities, as in Slaney,
 * "Lyon's Cochlear Model", Apple Technical Report 13 (1988): a cascade of second-order sections,
 * half-wave rectification, four coupled gain-control stages, channel difference, decimation.
 * All of it in double precision.
 */
#ifndef SPIKELOOM_CORE_MEDIA_COCHLEA_H
#define SPIKELOOM_CORE_MEDIA_COCHLEA_H

#include "core/base/status.h"

#include <stddef.h>

enum {
    COCHLEA_MAX_SECTIONS = 256, /* channels plus the two front sections */
    COCHLEA_GAIN_STAGES = 4,
    COCHLEA_FRONT_SECTIONS = 2 /* dropped from the output */
};

/* Parameters, as chosen by a person. */
struct cochlea_settings {
    double sample_rate_hz;
    double ear_q;       /* centre frequency over bandwidth at high frequencies */
    double step_factor; /* spacing of channels as a share of their bandwidth */
    int decimation;     /* samples a frame */
};

/* One second-order section: (a0 + a1 z^-1 + a2 z^-2) / (1 + b1 z^-1 + b2 z^-2). */
struct cochlea_section {
    double a0, a1, a2, b1, b2;
};

/*
 * Everything derived from the settings, computed once and stored in checkpoints, since exp, cos
 * and pow of the mathematical library differ between processors. Const after that and shared by
 * all threads.
 */
struct cochlea_design {
    int num_channels; /* of the output */
    int decimation;
    struct cochlea_section sections[COCHLEA_MAX_SECTIONS]; /* [num_channels + 2], base first */
    double center_frequencies_hz[COCHLEA_MAX_SECTIONS];    /* [num_channels] */
    double gain_target[COCHLEA_GAIN_STAGES];
    double gain_epsilon[COCHLEA_GAIN_STAGES]; /* 1 - exp(-1 / (tau fs)) */
    double smooth_pole;                       /* of the decimation filter */
};

/*
 * Fills `design`. INVALID_ARGUMENT for settings that give fewer than two channels, too many,
 * or no number.
 */
enum status cochlea_design(const struct cochlea_settings *settings, struct cochlea_design *design,
                           struct error *error);

/*
 * The flat form that a checkpoint stores: cochlea_flat_size(num_channels) doubles, in the order
 * sections (a0 a1 a2 b1 b2 each), centre frequencies, gain targets, gain epsilons, smooth pole.
 */
size_t cochlea_flat_size(int num_channels);
void cochlea_flatten(const struct cochlea_design *design, double *flat);
/* MALFORMED when a value is not finite or a filter is not stable. */
enum status cochlea_unflatten(const double *flat, int num_channels, int decimation,
                              struct cochlea_design *design, struct error *error);

/* Frames that `num_samples` samples give: num_samples / decimation, the remainder is dropped. */
size_t cochlea_num_frames(const struct cochlea_design *design, size_t num_samples);

/*
 * Runs the ear over `samples` [num_samples] from rest and writes `frames`
 * [cochlea_num_frames][num_channels]. Finite input gives finite output. NO_MEMORY.
 */
enum status cochlea_run(const struct cochlea_design *design, const double *samples,
                        size_t num_samples, double *frames, struct error *error);

#endif
