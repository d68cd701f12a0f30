/*
 * Audio files in memory to mono samples, through libsndfile: WAV (PCM 8/16/24/32, float, mu-law,
 * A-law, ADPCM, GSM), FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF and NIST SPHERE. What else
 * libsndfile knows is turned away by its first bytes.
 *
 * WAV, FLAC, AIFF, AU, CAF and NIST SPHERE decode to the same bits on every processor. The lossy
 * formats need not: libmpg123 and libopus pick their code by processor (AVX, SSE, NEON or plain;
 * for MP3 samples were seen to differ by 3e-7), and libvorbis, though it picks nothing, computes
 * in float with the sines of the mathematical library.
 */
#ifndef SPIKELOOM_CORE_MEDIA_AUDIO_H
#define SPIKELOOM_CORE_MEDIA_AUDIO_H

#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Caps on what is accepted; a file beyond them is UNUSABLE. */
struct audio_limits {
    double max_seconds;
    int max_channels;
    int min_sample_rate_hz;
    int max_sample_rate_hz;
};

extern const struct audio_limits audio_default_limits; /* 30 s, 8 channels, 4 to 192 kHz */

struct audio {
    double *samples; /* [num_samples], mono: the mean of the channels, nominally -1..1, finite */
    size_t num_samples;
    int sample_rate_hz;
};

/* What the first bytes of an upload say that it is. */
enum media_kind {
    MEDIA_UNKNOWN,
    MEDIA_AUDIO, /* a container that libsndfile may read */
    MEDIA_PNG,
    MEDIA_JSON,              /* begins with '{' after white space */
    MEDIA_UNSUPPORTED_AUDIO, /* WebM/Matroska, MP4/M4A, AMR, ...: recognised, not readable */
    MEDIA_UNSUPPORTED_IMAGE  /* JPEG, GIF, WebP, BMP, ...: recognised, not readable */
};

/* Looks at the first bytes alone. *name becomes a static string such as "WebM" (or "WAV"). */
enum media_kind audio_sniff(const uint8_t *bytes, size_t size, const char **name);

/*
 * Decodes a whole file. `audio` is filled on success only and released by audio_free.
 * EMPTY: no bytes. UNSUPPORTED_MEDIA: a kind of file that is not read (the detail names it and
 * what is). MALFORMED: of no known kind, damaged, truncated, or a header that promises more than
 * is there; sizes that writers into a pipe leave in a header (0, 2^31, 2^32 and near) are taken
 * as no promise, and what is there is read.
 * UNUSABLE: valid, but without samples, too long, too many channels or a sample rate out of
 * range. Samples that are not finite are MALFORMED.
 */
enum status audio_decode(const uint8_t *bytes, size_t size, const struct audio_limits *limits,
                         struct audio *audio, struct error *error);

/* Releases the samples and empties the struct; an empty struct is allowed. */
void audio_free(struct audio *audio);

#endif
