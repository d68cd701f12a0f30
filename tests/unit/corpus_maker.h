/*
 * Recordings for tests of data sets: short tones as WAV and NIST SPHERE files, written into a
 * scratch folder. The last sample tells the file from others.
 */
#ifndef SPIKELOOM_TESTS_UNIT_CORPUS_MAKER_H
#define SPIKELOOM_TESTS_UNIT_CORPUS_MAKER_H

#include "tests/unit/scratch_folder.h"

enum { MAKER_SAMPLES = 40, MAKER_SPHERE_HEADER = 1024 };

static inline void maker_put(uint8_t *bytes, int size, uint32_t value)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* Samples -value and value by turns, 16 bits, little-endian. */
static inline void maker_put_samples(uint8_t *bytes, int value)
{
    for (int i = 0; i < MAKER_SAMPLES; i++)
        maker_put(bytes + 2 * i, 2, (uint32_t)(i % 2 ? value : -value));
}

static inline void maker_write_wav(const struct scratch *scratch, const char *name, int rate_hz,
                                   int value)
{
    uint8_t wav[44 + 2 * MAKER_SAMPLES];
    memcpy(wav, "RIFF....WAVEfmt ", 16);
    maker_put(wav + 4, 4, sizeof wav - 8);
    maker_put(wav + 16, 4, 16);
    maker_put(wav + 20, 2, 1); /* PCM */
    maker_put(wav + 22, 2, 1); /* channels */
    maker_put(wav + 24, 4, (uint32_t)rate_hz);
    maker_put(wav + 28, 4, 2 * (uint32_t)rate_hz);
    maker_put(wav + 32, 2, 2);
    maker_put(wav + 34, 2, 16);
    memcpy(wav + 36, "data", 4);
    maker_put(wav + 40, 4, 2 * MAKER_SAMPLES);
    maker_put_samples(wav + 44, value);
    scratch_write(scratch, name, wav, sizeof wav);
}

static inline void maker_write_sphere(const struct scratch *scratch, const char *name, int rate_hz,
                                      int value)
{
    uint8_t sphere[MAKER_SPHERE_HEADER + 2 * MAKER_SAMPLES];
    memset(sphere, ' ', MAKER_SPHERE_HEADER);
    int length = snprintf((char *)sphere, MAKER_SPHERE_HEADER,
                          "NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i %d\n"
                          "sample_rate -i %d\nsample_n_bytes -i 2\nsample_byte_format -s2 01\n"
                          "sample_sig_bits -i 16\nsample_coding -s3 pcm\nend_head\n",
                          MAKER_SAMPLES, rate_hz);
    sphere[length] = ' ';
    maker_put_samples(sphere + MAKER_SPHERE_HEADER, value);
    scratch_write(scratch, name, sphere, sizeof sphere);
}

#endif
