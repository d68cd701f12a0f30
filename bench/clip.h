/*
 * Half a second of telephone speech, the recording that is measured: a sample of tests/samples at
 * 8 kHz, cut or padded to its length, as a WAV file.
 */
#ifndef SPIKELOOM_BENCH_CLIP_H
#define SPIKELOOM_BENCH_CLIP_H

#include "core/base/buf.h"

enum { CLIP_RATE_HZ = 8000, CLIP_SAMPLES = 4000 };

/* Appends the file's bytes; a failure ends the program. */
void clip_make(struct buf *wav);

#endif
