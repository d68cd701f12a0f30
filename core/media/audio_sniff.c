#include "core/media/audio.h"

#include <stdbool.h>
#include <string.h>

/* A kind is told by one or two strings at fixed places. */
struct audio_magic {
    enum media_kind kind;
    const char *name;
    size_t offset, size;
    const char *bytes;
    size_t second_offset, second_size; /* a size of 0: one string only */
    const char *second_bytes;
};

/* clang-format off */
static const struct audio_magic audio_magics[] = {
    {MEDIA_AUDIO, "WAV", 0, 4, "RIFF", 8, 4, "WAVE"},
    {MEDIA_AUDIO, "WAV", 0, 4, "RIFX", 8, 4, "WAVE"},
    {MEDIA_AUDIO, "RF64 WAV", 0, 4, "RF64", 8, 4, "WAVE"},
    {MEDIA_AUDIO, "FLAC", 0, 4, "fLaC", 0, 0, ""},
    {MEDIA_AUDIO, "Ogg", 0, 4, "OggS", 0, 0, ""},
    {MEDIA_AUDIO, "MP3", 0, 3, "ID3", 0, 0, ""},
    {MEDIA_AUDIO, "NIST SPHERE", 0, 7, "NIST_1A", 0, 0, ""},
    {MEDIA_AUDIO, "AIFF", 0, 4, "FORM", 8, 4, "AIFF"},
    {MEDIA_AUDIO, "AIFF-C", 0, 4, "FORM", 8, 4, "AIFC"},
    {MEDIA_AUDIO, "AU", 0, 4, ".snd", 0, 0, ""},
    {MEDIA_AUDIO, "CAF", 0, 4, "caff", 0, 0, ""},
    {MEDIA_PNG, "PNG", 0, 8, "\x89PNG\r\n\x1a\n", 0, 0, ""},

    {MEDIA_UNSUPPORTED_IMAGE, "WebP", 0, 4, "RIFF", 8, 4, "WEBP"},
    {MEDIA_UNSUPPORTED_IMAGE, "JPEG", 0, 3, "\xff\xd8\xff", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "GIF", 0, 4, "GIF8", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "BMP", 0, 2, "BM", 6, 4, "\0\0\0\0"},
    {MEDIA_UNSUPPORTED_IMAGE, "TIFF", 0, 4, "II*\0", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "TIFF", 0, 4, "MM\0*", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "HEIC", 4, 8, "ftypheic", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "HEIC", 4, 8, "ftypmif1", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "AVIF", 4, 8, "ftypavif", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "JPEG XL", 0, 8, "\0\0\0\x0cJXL ", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "JPEG XL", 0, 2, "\xff\x0a", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "JPEG 2000", 0, 8, "\0\0\0\x0cjP  ", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "Windows icon", 0, 4, "\0\0\1\0", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "SVG", 0, 4, "<svg", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "PGM", 0, 2, "P5", 0, 0, ""},
    {MEDIA_UNSUPPORTED_IMAGE, "PDF", 0, 5, "%PDF-", 0, 0, ""},

    {MEDIA_UNSUPPORTED_AUDIO, "AVI", 0, 4, "RIFF", 8, 4, "AVI "},
    {MEDIA_UNSUPPORTED_AUDIO, "WebM", 0, 4, "\x1a\x45\xdf\xa3", 31, 4, "webm"},
    {MEDIA_UNSUPPORTED_AUDIO, "WebM", 0, 4, "\x1a\x45\xdf\xa3", 24, 4, "webm"},
    {MEDIA_UNSUPPORTED_AUDIO, "WebM or Matroska", 0, 4, "\x1a\x45\xdf\xa3", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "M4A", 4, 7, "ftypM4A", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "3GP", 4, 6, "ftyp3g", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "QuickTime", 4, 8, "ftypqt  ", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "MP4", 4, 4, "ftyp", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "AMR", 0, 5, "#!AMR", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "SILK", 0, 6, "#!SILK", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "SILK", 1, 6, "#!SILK", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "WMA", 0, 8, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "WavPack", 0, 4, "wvpk", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Monkey's Audio", 0, 4, "MAC ", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Musepack", 0, 4, "MPCK", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Musepack", 0, 3, "MP+", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "True Audio", 0, 4, "TTA1", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "DSD", 0, 4, "DSD ", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "MIDI", 0, 4, "MThd", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Flash video", 0, 4, "FLV\1", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "AAC", 0, 4, "ADIF", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Sony Wave64", 0, 8, "riff\x2e\x91\xcf\x11", 0, 0, ""},
    {MEDIA_UNSUPPORTED_AUDIO, "Creative Voice", 0, 14, "Creative Voice", 0, 0, ""},
};
/* clang-format on */

static bool audio_has(const uint8_t *bytes, size_t size, size_t offset, const char *wanted,
                      size_t wanted_size)
{
    return size >= offset + wanted_size && !memcmp(bytes + offset, wanted, wanted_size);
}

/* The first header of a stream of MPEG audio: 11 bits of sync and no reserved value. */
static bool audio_is_mpeg(const uint8_t *bytes, size_t size)
{
    return size >= 4 && bytes[0] == 0xff && (bytes[1] & 0xe0) == 0xe0 &&
           (bytes[1] & 0x18) != 0x08 && (bytes[1] & 0x06) != 0 && (bytes[2] & 0xf0) != 0xf0 &&
           (bytes[2] & 0x0c) != 0x0c;
}

static bool audio_is_adts(const uint8_t *bytes, size_t size)
{
    return size >= 4 && bytes[0] == 0xff && (bytes[1] & 0xf6) == 0xf0;
}

static bool audio_is_json(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && (bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r')))
        i++;
    return i < size && bytes[i] == '{';
}

enum media_kind audio_sniff(const uint8_t *bytes, size_t size, const char **name)
{
    for (size_t i = 0; i < sizeof audio_magics / sizeof *audio_magics; i++) {
        const struct audio_magic *magic = &audio_magics[i];
        if (audio_has(bytes, size, magic->offset, magic->bytes, magic->size) &&
            audio_has(bytes, size, magic->second_offset, magic->second_bytes, magic->second_size)) {
            *name = magic->name;
            return magic->kind;
        }
    }
    if (audio_is_mpeg(bytes, size)) {
        *name = "MP3";
        return MEDIA_AUDIO;
    }
    if (audio_is_adts(bytes, size)) {
        *name = "AAC";
        return MEDIA_UNSUPPORTED_AUDIO;
    }
    if (audio_is_json(bytes, size)) {
        *name = "JSON";
        return MEDIA_JSON;
    }
    *name = "unknown";
    return MEDIA_UNKNOWN;
}
