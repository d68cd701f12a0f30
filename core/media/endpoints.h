/*
 * Endpointing: where in a recording the sound begins and ends, by its power alone. It looks at the
 * samples before the cochlea hears them, whose gain control would raise the noise of a pause to
 * the level of speech.
 */
#ifndef SPIKELOOM_CORE_MEDIA_ENDPOINTS_H
#define SPIKELOOM_CORE_MEDIA_ENDPOINTS_H

#include "core/media/audio.h"

struct endpoints_settings {
    double level;       /* share of the loudest frame's power from which on a frame is sound */
    double above_floor; /* and how many times the noise floor's power it has to have */
    double margin;      /* seconds kept on either side */
};

/*
 * Samples first .. last - 1 hold the sound and its margins. Frames are of 10 ms, their power
 * smoothed over three; the noise floor is the mean of the quietest tenth of them. Where the floor
 * is less than 10 dB below the loudest frame it decides nothing. A recording shorter than three
 * frames is kept whole. NO_MEMORY.
 */
enum status endpoints_find(const struct audio *audio, const struct endpoints_settings *settings,
                           size_t *first, size_t *last, struct error *error);

#endif
