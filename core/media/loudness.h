/*
 * How loud a recording is over time, and what it is never quieter than.
 */
#ifndef SPIKELOOM_CORE_MEDIA_LOUDNESS_H
#define SPIKELOOM_CORE_MEDIA_LOUDNESS_H

#include "core/media/audio.h"

enum { LOUDNESS_FRAMES_PER_SECOND = 100 };

/* The mean square of samples [count]; 0 of none. */
double loudness_mean_power(const double *samples, size_t count);

/* Samples of a frame; 0 where the sample rate is too low for one. */
size_t loudness_frame_samples(const struct audio *audio);

/* Whole frames of the recording. */
size_t loudness_num_frames(const struct audio *audio);

/* power [loudness_num_frames] = the mean square of each frame's samples. */
void loudness_frames(const struct audio *audio, double *power);

/* The noise floor: the mean of the quietest tenth. Sorts power [num_frames >= 1], upwards. */
double loudness_floor(double *power, size_t num_frames);

#endif
