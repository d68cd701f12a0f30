/*
 * Masking: white noise, in which what is faint in a recording is not heard any more.
 */
#ifndef SPIKELOOM_CORE_MEDIA_MASKING_H
#define SPIKELOOM_CORE_MEDIA_MASKING_H

#include "core/base/rng.h"
#include "core/media/audio.h"

#include <stdbool.h>

/*
 * Takes the mean off and adds so much noise that, with the recording's own noise floor
 * (loudness.h), its power is `share` of the recording's mean power; *added tells whether there was
 * any to add. The samples are uniform random numbers of `rng`. NO_MEMORY.
 */
enum status masking_add(struct audio *audio, double share, const struct rng *rng, bool *added,
                        struct error *error);

#endif
