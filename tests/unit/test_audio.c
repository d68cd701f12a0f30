/* Sound files of every kind that is read become the samples they hold; all others are refused. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/media/audio.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PI           3.14159265358979323846
#define MEDIA_FOLDER SPIKELOOM_SOURCE_DIR "/tests/unit/media/"

#define SAID SPIKELOOM_BINARY_DIR "/test_audio.stderr"

enum { FORMAT_PCM = 1, FORMAT_FLOAT = 3 };

struct wav {
    unsigned format, channels, rate_hz, bits;
    size_t num_frames;
};

static void put(struct buf *buf, uint64_t value, int width)
{
    for (int i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        assert_int_equal(buf_append(buf, &byte, 1), STATUS_OK);
    }
}

static void put_header(struct buf *buf, const struct wav *wav, uint32_t data_size)
{
    unsigned frame = wav->channels * wav->bits / 8;
    buf_init(buf, (size_t)1 << 26);
    assert_int_equal(buf_append_string(buf, "RIFF"), STATUS_OK);
    put(buf, data_size + 36, 4);
    assert_int_equal(buf_append_string(buf, "WAVEfmt "), STATUS_OK);
    put(buf, 16, 4);
    put(buf, wav->format, 2);
    put(buf, wav->channels, 2);
    put(buf, wav->rate_hz, 4);
    put(buf, (uint64_t)wav->rate_hz * frame, 4);
    put(buf, frame, 2);
    put(buf, wav->bits, 2);
    assert_int_equal(buf_append_string(buf, "data"), STATUS_OK);
    put(buf, data_size, 4);
}

static void put_sample(struct buf *buf, const struct wav *wav, double value)
{
    if (wav->format == FORMAT_PCM) {
        int64_t number = (int64_t)lrint(ldexp(value, (int)wav->bits - 1));
        put(buf, (uint64_t)(wav->bits == 8 ? number + 128 : number), (int)wav->bits / 8);
    } else if (wav->bits == 32) {
        float narrow = (float)value;
        assert_int_equal(buf_append(buf, &narrow, sizeof narrow), STATUS_OK);
    } else {
        assert_int_equal(buf_append(buf, &value, sizeof value), STATUS_OK);
    }
}

/* Multiples of 1/128 in -1..1, which every width holds exactly. */
static double wave(size_t n, unsigned channel)
{
    return (double)((int)((n * 37 + channel * 11) % 256) - 128) / 128;
}

static void make_wav(struct buf *buf, const struct wav *wav)
{
    size_t size = wav->num_frames * wav->channels * wav->bits / 8;
    put_header(buf, wav, (uint32_t)size);
    for (size_t n = 0; n < wav->num_frames; n++)
        for (unsigned c = 0; c < wav->channels; c++)
            put_sample(buf, wav, wave(n, c));
}

static enum status decode(const void *bytes, size_t size, struct audio *audio)
{
    struct error error = {0};
    /* a block of exactly that size, so that a sanitizer sees reads beyond it */
    uint8_t *copy = mem_copy(bytes, size);
    enum status status = audio_decode(copy, size, &audio_default_limits, audio, &error);
    mem_free(copy);
    assert_int_equal(error.status, status);
    assert_true(status == STATUS_OK || strlen(error.detail) > 10);
    return status;
}

static void refuse(const void *bytes, size_t size, enum status wanted)
{
    struct audio audio = {0};
    assert_int_equal(decode(bytes, size, &audio), wanted);
    assert_null(audio.samples);
}

static void read_media(const char *name, struct buf *buf)
{
    char path[512], block[4096];
    snprintf(path, sizeof path, MEDIA_FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buf_init(buf, 1 << 20);
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        assert_int_equal(buf_append(buf, block, got), STATUS_OK);
    fclose(file);
    assert_true(buf->size > 0);
}

static void test_wav_of_every_width(void **state)
{
    (void)state;
    const struct wav wavs[] = {
        {FORMAT_PCM, 1, 8000, 8, 1001},    {FORMAT_PCM, 1, 12500, 16, 1001},
        {FORMAT_PCM, 1, 44100, 24, 1001},  {FORMAT_PCM, 1, 192000, 32, 1001},
        {FORMAT_FLOAT, 1, 4000, 32, 1001}, {FORMAT_FLOAT, 1, 16000, 64, 1001},
        {FORMAT_PCM, 2, 48000, 16, 9001},  {FORMAT_FLOAT, 8, 16000, 32, 5000}};
    for (size_t i = 0; i < sizeof wavs / sizeof *wavs; i++) {
        struct buf buf;
        struct audio audio = {0};
        make_wav(&buf, &wavs[i]);
        assert_int_equal(decode(buf.bytes, buf.size, &audio), STATUS_OK);
        assert_int_equal(audio.sample_rate_hz, wavs[i].rate_hz);
        assert_int_equal(audio.num_samples, wavs[i].num_frames);
        for (size_t n = 0; n < audio.num_samples; n++) {
            double sum = 0;
            for (unsigned c = 0; c < wavs[i].channels; c++)
                sum += wave(n, c);
            assert_true(audio.samples[n] == sum / wavs[i].channels);
        }
        audio_free(&audio);
        buf_free(&buf);
    }
}

/* A tone of 440 Hz and amplitude 0.5, to which nothing else was added. */
static void check_tone(const struct audio *audio)
{
    double cosine = 0, sine = 0, power = 0;
    size_t first = audio->num_samples / 4, last = audio->num_samples * 3 / 4;
    for (size_t n = first; n < last; n++) {
        double phase = 2 * PI * 440 * (double)n / audio->sample_rate_hz;
        cosine += audio->samples[n] * cos(phase);
        sine += audio->samples[n] * sin(phase);
        power += audio->samples[n] * audio->samples[n];
    }
    double count = (double)(last - first);
    double level = 2 * hypot(cosine, sine) / count;
    assert_true(fabs(level - 0.5) < 0.03);
    assert_true(fabs(power / count - level * level / 2) < 0.002);
}

static void test_every_container(void **state)
{
    (void)state;
    const char *names[] = {"tone.wav",    "ulaw.wav",   "adpcm.wav",       "pipe_sox.wav",
                           "tone.flac",   "tone.sph",   "tone.aiff",       "tone.au",
                           "stereo.flac", "vorbis.ogg", "opus.ogg",        "tone.mp3",
                           "bare.mp3",    "tone.caf",   "pipe_ffmpeg.wav", "pipe_ffmpeg.flac"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf buf;
        struct audio audio = {0};
        read_media(names[i], &buf);
        assert_int_equal(decode(buf.bytes, buf.size, &audio), STATUS_OK);
        assert_true(audio.num_samples >= 2400);
        check_tone(&audio);
        audio_free(&audio);
        assert_null(audio.samples);
        buf_free(&buf);
    }
}

static void test_lossless_ones_agree(void **state)
{
    (void)state;
    const char *names[] = {"tone.flac", "tone.sph",        "tone.aiff",        "tone.au",
                           "tone.caf",  "pipe_ffmpeg.wav", "pipe_ffmpeg.flac", "pipe_sox.wav"};
    struct buf buf;
    struct audio wanted = {0};
    read_media("tone.wav", &buf);
    assert_int_equal(decode(buf.bytes, buf.size, &wanted), STATUS_OK);
    buf_free(&buf);
    assert_int_equal(wanted.num_samples, 3200);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct audio audio = {0};
        read_media(names[i], &buf);
        assert_int_equal(decode(buf.bytes, buf.size, &audio), STATUS_OK);
        assert_int_equal(audio.num_samples, wanted.num_samples);
        assert_memory_equal(audio.samples, wanted.samples, 3200 * sizeof(double));
        audio_free(&audio);
        buf_free(&buf);
    }
    audio_free(&wanted);
}

static void test_truncated_files(void **state)
{
    (void)state;
    /* not bare.mp3 nor pipe_ffmpeg.flac, of which a part may be a whole file */
    const char *names[] = {"tone.wav",    "ulaw.wav", "adpcm.wav", "tone.flac",
                           "stereo.flac", "tone.sph", "tone.aiff", "tone.au",
                           "vorbis.ogg",  "opus.ogg", "tone.mp3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf buf;
        read_media(names[i], &buf);
        for (size_t tenth = 1; tenth < 10; tenth++)
            refuse(buf.bytes, buf.size * tenth / 10 + 1, STATUS_MALFORMED);
        refuse(buf.bytes, buf.size - 1, STATUS_MALFORMED);
        buf_free(&buf);
    }
}

static void test_every_cut_of_a_header(void **state)
{
    (void)state;
    struct buf buf;
    make_wav(&buf, &(struct wav){FORMAT_PCM, 1, 8000, 16, 10});
    for (size_t size = 1; size < buf.size; size++)
        refuse(buf.bytes, size, STATUS_MALFORMED);
    buf_free(&buf);
}

/* A byte changed anywhere may change the sound or be refused, but nothing else. */
static void test_damaged_bytes(void **state)
{
    (void)state;
    const char *names[] = {"adpcm.wav", "stereo.flac", "opus.ogg", "tone.mp3", "tone.caf"};
    const uint8_t changes[] = {0xff, 0x80, 0x01};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf buf;
        read_media(names[i], &buf);
        for (size_t n = 0; n < buf.size && n < 1200; n += n < 200 ? 1 : 13) {
            uint8_t original = buf.bytes[n];
            struct audio audio = {0};
            buf.bytes[n] ^= changes[n % 3];
            if (decode(buf.bytes, buf.size, &audio) == STATUS_OK)
                assert_true(audio.num_samples > 0);
            audio_free(&audio);
            buf.bytes[n] = original;
        }
        buf_free(&buf);
    }
}

static void test_sizes_of_pipes_promise_nothing(void **state)
{
    (void)state;
    const uint32_t sizes[] = {0, 0xffffffff, 0x7fffffff, 0x80000000, 0x7ffff000, 0x7fffffdb};
    const struct wav wav = {FORMAT_PCM, 1, 8000, 16, 50};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf buf;
        struct audio audio = {0};
        put_header(&buf, &wav, sizes[i]);
        for (size_t n = 0; n < wav.num_frames; n++)
            put_sample(&buf, &wav, wave(n, 0));
        assert_int_equal(decode(buf.bytes, buf.size, &audio), STATUS_OK);
        assert_int_equal(audio.num_samples, wav.num_frames);
        audio_free(&audio);
        buf_free(&buf);
    }
}

static void test_promises_beyond_the_file(void **state)
{
    (void)state;
    const uint32_t sizes[] = {102, 1000, 0x10000000, 0x7fe00000};
    const struct wav wav = {FORMAT_PCM, 1, 8000, 16, 50};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buf buf;
        put_header(&buf, &wav, sizes[i]);
        for (size_t n = 0; n < wav.num_frames; n++)
            put_sample(&buf, &wav, wave(n, 0));
        refuse(buf.bytes, buf.size, STATUS_MALFORMED);
        buf_free(&buf);
    }
}

static void refuse_wav(struct wav wav, enum status wanted)
{
    struct buf buf;
    make_wav(&buf, &wav);
    refuse(buf.bytes, buf.size, wanted);
    buf_free(&buf);
}

static void test_unusable_files(void **state)
{
    (void)state;
    refuse_wav((struct wav){FORMAT_PCM, 1, 8000, 16, 0}, STATUS_UNUSABLE);
    refuse_wav((struct wav){FORMAT_PCM, 9, 8000, 16, 10}, STATUS_UNUSABLE);
    refuse_wav((struct wav){FORMAT_PCM, 1, 3999, 16, 10}, STATUS_UNUSABLE);
    refuse_wav((struct wav){FORMAT_PCM, 1, 192001, 16, 10}, STATUS_UNUSABLE);
    refuse_wav((struct wav){FORMAT_PCM, 1, 4000, 16, 120001}, STATUS_UNUSABLE);
    struct buf buf;
    struct audio audio = {0};
    make_wav(&buf, &(struct wav){FORMAT_PCM, 1, 4000, 16, 120000});
    assert_int_equal(decode(buf.bytes, buf.size, &audio), STATUS_OK);
    audio_free(&audio);
    buf_free(&buf);
}

/* Limits of the caller, not only the default ones. */
static void test_limits_are_the_callers(void **state)
{
    (void)state;
    struct audio_limits limits = audio_default_limits;
    struct audio audio = {0};
    struct buf buf;
    make_wav(&buf, &(struct wav){FORMAT_PCM, 2, 8000, 16, 8000});
    limits.max_seconds = 0.999;
    assert_int_equal(audio_decode(buf.bytes, buf.size, &limits, &audio, NULL), STATUS_UNUSABLE);
    limits.max_seconds = 1;
    assert_int_equal(audio_decode(buf.bytes, buf.size, &limits, &audio, NULL), STATUS_OK);
    audio_free(&audio);
    limits.max_channels = 1;
    assert_int_equal(audio_decode(buf.bytes, buf.size, &limits, &audio, NULL), STATUS_UNUSABLE);
    buf_free(&buf);
}

static void test_an_hour_is_not_decoded(void **state)
{
    (void)state;
    const struct wav wav = {FORMAT_PCM, 1, 4000, 8, 0};
    const size_t hour = 3600 * 4000;
    struct buf buf;
    put_header(&buf, &wav, (uint32_t)hour);
    assert_int_equal(buf_reserve(&buf, buf.size + hour), STATUS_OK);
    buf.size += hour;
    struct audio audio = {0};
    struct error error;
    /* room for the chunk and for 30 s of samples, which the first blocks of an hour would pass */
    mem_fail_after(6);
    enum status status = audio_decode(buf.bytes, buf.size, &audio_default_limits, &audio, &error);
    mem_fail_never();
    assert_int_equal(status, STATUS_UNUSABLE);
    assert_non_null(strstr(error.detail, "30 seconds"));
    buf_free(&buf);
}

static void test_numbers_that_are_not_finite(void **state)
{
    (void)state;
    const struct wav wav = {FORMAT_FLOAT, 1, 8000, 32, 3};
    const double values[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct buf buf;
        put_header(&buf, &wav, 12);
        put_sample(&buf, &wav, 0.5);
        put_sample(&buf, &wav, values[i]);
        put_sample(&buf, &wav, 0.5);
        refuse(buf.bytes, buf.size, STATUS_MALFORMED);
        buf_free(&buf);
    }
}

static void test_what_is_no_sound(void **state)
{
    (void)state;
    static const char text[] = "It was a dark and stormy night; the rain fell in torrents.";
    refuse("", 0, STATUS_EMPTY);
    refuse(text, sizeof text, STATUS_MALFORMED);
    refuse("RIFF", 4, STATUS_MALFORMED);
    refuse("RIFF\x40\0\0\0WAVEand then some text that goes on and on for long", 60,
           STATUS_MALFORMED);
    refuse("{\"model\":1}", 11, STATUS_UNSUPPORTED_MEDIA);
    refuse("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, STATUS_UNSUPPORTED_MEDIA);
    refuse("\xff\xd8\xff\xe0\0\x10JFIF", 10, STATUS_UNSUPPORTED_MEDIA);
    refuse("#!AMR\n\x3c", 7, STATUS_UNSUPPORTED_MEDIA);
}

/* What follows a tag is looked at as what begins a file is. */
static void test_tags_hide_nothing(void **state)
{
    (void)state;
    static const char tag[] = "ID3\x04\0\0\0\0\0\x05words";
    const char *names[] = {"bare.mp3", "tone.flac", "tone.wav", "tone.webm"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf content, tagged;
        struct audio audio = {0};
        read_media(names[i], &content);
        buf_init(&tagged, 1 << 20);
        for (int times = 0; times < 2; times++)
            assert_int_equal(buf_append(&tagged, tag, sizeof tag - 1), STATUS_OK);
        refuse(tagged.bytes, tagged.size, STATUS_MALFORMED);
        refuse(tagged.bytes, tagged.size - 1, STATUS_MALFORMED);
        assert_int_equal(buf_append(&tagged, content.bytes, content.size), STATUS_OK);
        if (strcmp(names[i], "tone.webm") == 0)
            refuse(tagged.bytes, tagged.size, STATUS_UNSUPPORTED_MEDIA);
        else
            assert_int_equal(decode(tagged.bytes, tagged.size, &audio), STATUS_OK);
        if (strcmp(names[i], "tone.wav") == 0)
            refuse(tagged.bytes, tagged.size - 1, STATUS_MALFORMED);
        audio_free(&audio);
        buf_free(&content);
        buf_free(&tagged);
    }
}

static void test_unsupported_kinds_are_named(void **state)
{
    (void)state;
    const char *files[][2] = {{"tone.webm", "WebM"}, {"tone.m4a", "M4A"}, {"tone.aac", "AAC"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct buf buf;
        struct audio audio = {0};
        struct error error;
        read_media(files[i][0], &buf);
        assert_int_equal(audio_decode(buf.bytes, buf.size, &audio_default_limits, &audio, &error),
                         STATUS_UNSUPPORTED_MEDIA);
        assert_non_null(strstr(error.detail, files[i][1]));
        assert_non_null(strstr(error.detail, "WAV, FLAC"));
        buf_free(&buf);
    }
}

static void check_sniff(const char *bytes, size_t size, enum media_kind kind, const char *name)
{
    const char *found = NULL;
    assert_int_equal(audio_sniff((const uint8_t *)bytes, size, &found), kind);
    assert_string_equal(found, name);
}

static void test_sniff(void **state)
{
    (void)state;
    check_sniff("", 0, MEDIA_UNKNOWN, "unknown");
    check_sniff("RIFF", 4, MEDIA_UNKNOWN, "unknown");
    check_sniff("RIFF....WAVE", 12, MEDIA_AUDIO, "WAV");
    check_sniff("fLaC", 4, MEDIA_AUDIO, "FLAC");
    check_sniff("\xff\xfb\x90\x64", 4, MEDIA_AUDIO, "MP3");
    check_sniff("ID3\x04", 4, MEDIA_AUDIO, "MP3");
    check_sniff("\xff\xf1\x50\x80", 4, MEDIA_UNSUPPORTED_AUDIO, "AAC");
    check_sniff("\0\0\0\x1c"
                "ftypisom",
                12, MEDIA_UNSUPPORTED_AUDIO, "MP4");
    check_sniff("\0\0\0\x1c"
                "ftypheic",
                12, MEDIA_UNSUPPORTED_IMAGE, "HEIC");
    check_sniff("\0\0\0\x1c"
                "ftypavif",
                12, MEDIA_UNSUPPORTED_IMAGE, "AVIF");
    check_sniff("\x1a\x45\xdf\xa3 and more", 12, MEDIA_UNSUPPORTED_AUDIO, "WebM or Matroska");
    check_sniff("GIF89a", 6, MEDIA_UNSUPPORTED_IMAGE, "GIF");
    check_sniff("RIFF....WEBP", 12, MEDIA_UNSUPPORTED_IMAGE, "WebP");
    check_sniff("\x89PNG\r\n\x1a\n", 8, MEDIA_PNG, "PNG");
    check_sniff(" \r\n\t{\"a\":1}", 11, MEDIA_JSON, "JSON");
    check_sniff(" \r\n\t[1]", 7, MEDIA_UNKNOWN, "unknown");
    check_sniff("    ", 4, MEDIA_UNKNOWN, "unknown");
}

/* Frames of 24 bytes whose heads are right and whose insides are not. */
static void make_damaged_mp3(struct buf *buf)
{
    static const uint8_t head[] = {0xff, 0xf3, 0x14, 0xc4};
    uint32_t noise = 1;
    buf_init(buf, 1 << 20);
    for (int frame = 0; frame < 400; frame++) {
        assert_int_equal(buf_append(buf, head, sizeof head), STATUS_OK);
        for (int i = 0; i < 20; i++) {
            noise = noise * 1664525 + 1013904223;
            put(buf, noise >> 24, 1);
        }
    }
}

static void test_damaged_frames_are_not_told(void **state)
{
    (void)state;
    struct buf buf;
    struct audio audio = {0};
    make_damaged_mp3(&buf);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    FILE *said = fopen(SAID, "w+");
    assert_non_null(said);
    assert_int_equal(dup2(fileno(said), STDERR_FILENO), STDERR_FILENO);
    enum status status = decode(buf.bytes, buf.size, &audio);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
    assert_true(status == STATUS_OK || status == STATUS_MALFORMED);
    assert_int_equal(fseek(said, 0, SEEK_END), 0);
    assert_int_equal(ftell(said), 0);
    fclose(said);
    audio_free(&audio);
    buf_free(&buf);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct buf buf;
    make_wav(&buf, &(struct wav){FORMAT_PCM, 1, 8000, 16, 40000});
    enum status status = STATUS_NO_MEMORY;
    int failures = -1;
    struct audio audio = {0};
    while (status == STATUS_NO_MEMORY) {
        struct error error = {0};
        assert_null(audio.samples);
        mem_fail_after(++failures);
        status = audio_decode(buf.bytes, buf.size, &audio_default_limits, &audio, &error);
        mem_fail_never();
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(failures >= 3);
    audio_free(&audio);
    audio_free(&audio);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wav_of_every_width),
        cmocka_unit_test(test_every_container),
        cmocka_unit_test(test_lossless_ones_agree),
        cmocka_unit_test(test_truncated_files),
        cmocka_unit_test(test_every_cut_of_a_header),
        cmocka_unit_test(test_damaged_bytes),
        cmocka_unit_test(test_sizes_of_pipes_promise_nothing),
        cmocka_unit_test(test_promises_beyond_the_file),
        cmocka_unit_test(test_unusable_files),
        cmocka_unit_test(test_limits_are_the_callers),
        cmocka_unit_test(test_an_hour_is_not_decoded),
        cmocka_unit_test(test_numbers_that_are_not_finite),
        cmocka_unit_test(test_what_is_no_sound),
        cmocka_unit_test(test_tags_hide_nothing),
        cmocka_unit_test(test_unsupported_kinds_are_named),
        cmocka_unit_test(test_sniff),
        cmocka_unit_test(test_damaged_frames_are_not_told),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("audio", tests, NULL, NULL);
}
