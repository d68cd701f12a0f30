/*
 * Conversion between sample rates, through libsamplerate: plain C without processor dispatch, so
 * that every machine computes the same samples.
 */
#ifndef SPIKELOOM_CORE_MEDIA_RESAMPLE_H
#define SPIKELOOM_CORE_MEDIA_RESAMPLE_H

#include "core/media/audio.h"

/*
 * Replaces audio->samples by the same signal at `sample_rate_hz`; the same rate leaves the
 * samples untouched. On failure (NO_MEMORY, UNUSABLE for a ratio beyond 1/256..256) `audio` stays
 * as it was.
 */
enum status resample(struct audio *audio, int sample_rate_hz, struct error *error);

#endif
