/*
 * Cutting a recording of several words at the silences between them. Words that run into one
 * another stay together: this hears loudness, not language.
 */
#ifndef SPIKELOOM_CORE_MEDIA_SILENCE_H
#define SPIKELOOM_CORE_MEDIA_SILENCE_H

#include "core/media/audio.h"

enum { SILENCE_MAX_PIECES = 32 };

/* Samples begin .. end - 1. */
struct silence_piece {
    size_t begin, end;
};

struct silence_cuts {
    int count;
    struct silence_piece pieces[SILENCE_MAX_PIECES]; /* in order, without overlap */
};

/*
 * Finds the pieces that are louder than what lies between them. A frame of 10 ms is silent when its
 * energy is 30 dB below the loudest, or near the noise floor (within 6 dB of the quietest tenth of
 * the frames, but never above 13 dB below the loudest). Silences of less than 0.2 s belong to a
 * word, as the closure of a plosive does; sounds of less than 0.06 s are clicks. Each piece keeps
 * up to 0.1 s of the silence around it. UNUSABLE: nothing but silence, or more than
 * SILENCE_MAX_PIECES. NO_MEMORY.
 */
enum status silence_cut(const struct audio *audio, struct silence_cuts *cuts, struct error *error);

#endif
