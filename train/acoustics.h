/*
 * Recordings as strangers send them: another pace and pitch, loosely cut, in a room, over a narrow
 * line, through a clipping microphone, in noise or among other voices. Each is drawn by chance, so
 * that one clean recording becomes many.
 */
#ifndef SPIKELOOM_TRAIN_ACOUSTICS_H
#define SPIKELOOM_TRAIN_ACOUSTICS_H

#include "core/base/rng.h"
#include "train/dataset.h"

/*
 * Varies a recording at its own sample rate; the rate that it says afterwards is that of its pace.
 * `others` are what the voices in the background are taken from, by rng as all else is. NO_MEMORY:
 * `audio` may be half varied.
 */
enum status acoustics_vary(const struct speech_set *others, const struct rng *rng,
                           struct audio *audio, struct error *error);

#endif
