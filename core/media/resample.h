/*
 * Conversion between sample rates, through the single-precision engine of libsoxr. On x86-64 that
 * is the same code on every processor; its filters come from functions of the mathematical library
 * that differ in the last bit of a double between processors, and are rounded to float. A test
 * compares the bits.
 */
#ifndef SPIKELOOM_CORE_MEDIA_RESAMPLE_H
#define SPIKELOOM_CORE_MEDIA_RESAMPLE_H

#include "core/media/audio.h"

/*
 * Replaces audio->samples by the same signal at `sample_rate_hz`; the same rate leaves the
 * samples untouched. On failure (NO_MEMORY, UNUSABLE for a ratio beyond 1/256..256) `audio` stays
 * as it was. Where an allocation of libsoxr's own fails it uses a null pointer.
 */
enum status resample(struct audio *audio, int sample_rate_hz, struct error *error);

/*
 * Takes the variables by which libsoxr is steered, and its results changed, out of the environment.
 * For a program's start, while it has one thread.
 */
void resample_ignore_environment(void);

#endif
