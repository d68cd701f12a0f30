#include "bench/clip.h"

#include "bench/measure.h"
#include "bench/subject.h"
#include "core/media/resample.h"

#include <math.h>
#include <string.h>

static const char clip_sample[] = "3_en-us.wav";

enum { CLIP_HEADER_BYTES = 44, CLIP_BYTES = CLIP_HEADER_BYTES + 2 * CLIP_SAMPLES };

static void put_u16(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    put_u16(bytes, value & 0xffff);
    put_u16(bytes + 2, value >> 16);
}

/* 16-bit mono PCM. */
static void put_header(uint8_t *bytes)
{
    memcpy(bytes, "RIFF....WAVEfmt ", 16);
    put_u32(bytes + 4, CLIP_BYTES - 8);
    put_u32(bytes + 16, 16);
    put_u16(bytes + 20, 1);
    put_u16(bytes + 22, 1);
    put_u32(bytes + 24, CLIP_RATE_HZ);
    put_u32(bytes + 28, 2 * CLIP_RATE_HZ);
    put_u16(bytes + 32, 2);
    put_u16(bytes + 34, 16);
    memcpy(bytes + 36, "data", 4);
    put_u32(bytes + 40, 2 * CLIP_SAMPLES);
}

void clip_make(struct buf *wav)
{
    uint8_t bytes[CLIP_BYTES] = {0};
    struct buf file;
    struct audio audio;
    struct error error;
    subject_read_sample(clip_sample, &file);
    measure_expect(audio_decode(file.bytes, file.size, &audio_default_limits, &audio, &error),
                   &error);
    measure_expect(resample(&audio, CLIP_RATE_HZ, &error), &error);
    put_header(bytes);
    for (size_t i = 0; i < CLIP_SAMPLES && i < audio.num_samples; i++) {
        double sample = fmax(-1, fmin(1, audio.samples[i]));
        put_u16(bytes + CLIP_HEADER_BYTES + 2 * i, (unsigned)lround(32767 * sample) & 0xffff);
    }
    audio_free(&audio);
    buf_free(&file);
    measure_expect(buf_append(wav, bytes, sizeof bytes), &error);
}
