#include "core/media/container.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A size from here on is what a writer puts down that cannot go back and correct it. */
#define CONTAINER_PLACEHOLDER UINT64_C(0x7ff00000)

struct container {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
};

static uint64_t container_number(const struct container *file, size_t offset, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) {
        size_t place = file->big_endian ? i : width - 1 - i;
        value = value << 8 | file->bytes[offset + place];
    }
    return value;
}

static bool container_has(const struct container *file, size_t offset, const char *wanted)
{
    size_t length = strlen(wanted);
    return offset <= file->size && file->size - offset >= length &&
           !memcmp(file->bytes + offset, wanted, length);
}

/* What a promise of `promised` bytes from `offset` on is worth. */
static enum container_extent container_promise(const struct container *file, size_t offset,
                                               uint64_t promised)
{
    if (promised >= CONTAINER_PLACEHOLDER)
        return CONTAINER_WHOLE;
    return promised > file->size - offset ? CONTAINER_TRUNCATED : CONTAINER_WHOLE;
}

/* The sound chunk at `offset`; its size in RF64 stands in an earlier chunk. */
static enum container_extent container_sound_chunk(const struct container *file, size_t offset,
                                                   uint64_t long_size)
{
    uint64_t promised = container_number(file, offset + 4, 4);
    uint64_t whole = container_number(file, 4, 4);
    if (promised == UINT32_MAX && long_size)
        promised = long_size;
    if (promised == 0)
        return whole + 8 == file->size ? CONTAINER_EMPTY : CONTAINER_WHOLE;
    return container_promise(file, offset + 8, promised);
}

/*
 * Finds a chunk of RIFF or AIFF: four letters, a size and so many bytes, padded to even. Passes
 * on the size that a ds64 chunk before it holds. False when the file ends first.
 */
static bool container_find_chunk(const struct container *file, const char *wanted, size_t *offset,
                                 uint64_t *long_size)
{
    *long_size = 0;
    *offset = 12;
    while (*offset < file->size && file->size - *offset >= 8) {
        if (container_has(file, *offset, wanted))
            return true;
        uint64_t chunk_size = container_number(file, *offset + 4, 4);
        chunk_size += chunk_size & 1;
        if (chunk_size > file->size - *offset - 8)
            return false;
        if (container_has(file, *offset, "ds64") && chunk_size >= 16)
            *long_size = container_number(file, *offset + 16, 8);
        *offset += 8 + (size_t)chunk_size;
    }
    return false;
}

static enum container_extent container_check_chunks(const struct container *file, const char *sound)
{
    uint64_t long_size;
    size_t offset;
    if (!container_find_chunk(file, sound, &offset, &long_size))
        return CONTAINER_TRUNCATED;
    return container_sound_chunk(file, offset, long_size);
}

static enum container_extent container_check_au(const struct container *file)
{
    if (file->size < 24)
        return CONTAINER_TRUNCATED;
    uint64_t offset = container_number(file, 4, 4), promised = container_number(file, 8, 4);
    if (offset > file->size)
        return CONTAINER_TRUNCATED;
    return container_promise(file, (size_t)offset, promised);
}

/* The number of a line "name -i 123" of the text header, or 0. */
static uint64_t container_sphere_field(const char *header, const char *name)
{
    char key[40];
    snprintf(key, sizeof key, "\n%s -i ", name);
    const char *line = strstr(header, key);
    long long value = line ? strtoll(line + strlen(key), NULL, 10) : 0;
    return value > 0 && value <= INT32_MAX ? (uint64_t)value : 0;
}

static enum container_extent container_check_sphere(const struct container *file)
{
    char header[1025] = "";
    size_t length = file->size < 1024 ? file->size : 1024;
    if (length < 1024)
        return CONTAINER_TRUNCATED;
    memcpy(header, file->bytes, length);
    long header_size = strtol(header + 8, NULL, 10);
    if (header_size < 0 || (size_t)header_size > file->size)
        return CONTAINER_TRUNCATED;
    uint64_t width = container_sphere_field(header, "sample_n_bytes");
    uint64_t channels = container_sphere_field(header, "channel_count");
    if (width > 8 || channels > 1024)
        return CONTAINER_WHOLE;
    uint64_t promised =
        container_sphere_field(header, "sample_count") * width * (channels ? channels : 1);
    return container_promise(file, (size_t)header_size, promised);
}

/* Pages of a table of lengths and so many bytes. */
static enum container_extent container_check_ogg(const struct container *file)
{
    size_t offset = 0, pages = 0;
    for (; container_has(file, offset, "OggS"); pages++) {
        if (file->size - offset < 27)
            return CONTAINER_TRUNCATED;
        size_t lengths = file->bytes[offset + 26], page = 27 + lengths;
        if (file->size - offset < page)
            return CONTAINER_TRUNCATED;
        for (size_t i = 0; i < lengths; i++)
            page += file->bytes[offset + 27 + i];
        if (file->size - offset < page)
            return CONTAINER_TRUNCATED;
        offset += page;
    }
    /* the first page holds nothing but the first header */
    return pages < 2 ? CONTAINER_TRUNCATED : CONTAINER_WHOLE;
}

/* Length in bytes of the MPEG audio frame at `offset`, or 0 where none can be told. */
static size_t container_mpeg_frame(const struct container *file, size_t offset)
{
    /* kbit/s by row (MPEG-1 layers I, II, III; MPEG-2 layer I, and II with III) and index */
    static const uint16_t rates[5][16] = {
        {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0},
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0},
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}};
    static const uint32_t sample_rates_hz[4] = {44100, 48000, 32000, 0};
    if (file->size - offset < 4)
        return 0;
    const uint8_t *header = file->bytes + offset;
    unsigned version = header[1] >> 3 & 3, layer = 4 - (header[1] >> 1 & 3);
    if (header[0] != 0xff || header[1] < 0xe0 || version == 1 || layer == 4)
        return 0;
    unsigned row = version == 3 ? layer - 1 : layer == 1 ? 3 : 4;
    uint32_t bits = rates[row][header[2] >> 4] * 1000u, padding = header[2] >> 1 & 1;
    uint32_t rate_hz = sample_rates_hz[header[2] >> 2 & 3] >> (version == 3   ? 0
                                                               : version == 2 ? 1
                                                                              : 2);
    if (!bits || !rate_hz)
        return 0;
    if (layer == 1)
        return 4 * (12 * bits / rate_hz + padding);
    return (layer == 3 && version != 3 ? 72 : 144) * bits / rate_hz + padding;
}

/* Frames that the table in the first frame at `offset` speaks of, or 0 where there is no table. */
static uint64_t container_mpeg_promised(const struct container *file, size_t offset, size_t length)
{
    const uint8_t *header = file->bytes + offset;
    bool mono = header[3] >> 6 == 3, first = (header[1] >> 3 & 3) == 3;
    size_t table = offset + 4 + (first ? mono ? 17u : 32u : mono ? 9u : 17u);
    if (table + 12 > offset + length || table + 12 > file->size)
        return 0;
    if (!container_has(file, table, "Xing") && !container_has(file, table, "Info"))
        return 0;
    return file->bytes[table + 7] & 1 ? container_number(file, table + 8, 4) : 0;
}

/* Follows frames until something else comes, such as a tag. */
static enum container_extent container_check_mpeg(const struct container *file)
{
    size_t offset = 0;
    size_t length = container_mpeg_frame(file, offset);
    uint64_t promised = length ? container_mpeg_promised(file, offset, length) : 0;
    uint64_t frames = 0;
    while (length) {
        if (length > file->size - offset)
            return CONTAINER_TRUNCATED;
        offset += length;
        frames++;
        length = container_mpeg_frame(file, offset);
    }
    /* the frame of the table does not count itself */
    return frames <= promised && promised < UINT32_MAX && offset == file->size ? CONTAINER_TRUNCATED
                                                                               : CONTAINER_WHOLE;
}

/* The letters of the sound chunk of a format made of chunks, else NULL; sets the byte order. */
static const char *container_sound_name(struct container *file)
{
    file->big_endian = !container_has(file, 0, "RIFF") && !container_has(file, 0, "RF64");
    if (!file->big_endian || container_has(file, 0, "RIFX"))
        return "data";
    return container_has(file, 0, "FORM") ? "SSND" : NULL;
}

size_t container_tags_size(const uint8_t *bytes, size_t size)
{
    struct container file = {bytes, size, true};
    size_t offset = 0;
    while (container_has(&file, offset, "ID3")) {
        if (size - offset < 10)
            return size + 1;
        size_t length = 10;
        for (int i = 0; i < 4; i++)
            length += (size_t)(bytes[offset + 6 + (size_t)i] & 0x7f) << (21 - 7 * i);
        if (length > size - offset)
            return size + 1;
        offset += length;
    }
    return offset;
}

enum container_extent container_check(const uint8_t *bytes, size_t size)
{
    struct container file = {bytes, size, true};
    const char *sound = container_sound_name(&file);
    if (sound)
        return container_check_chunks(&file, sound);
    if (container_has(&file, 0, ".snd"))
        return container_check_au(&file);
    if (container_has(&file, 0, "NIST_1A"))
        return container_check_sphere(&file);
    if (container_has(&file, 0, "OggS"))
        return container_check_ogg(&file);
    return container_check_mpeg(&file);
}

size_t container_zero_size(const uint8_t *bytes, size_t size)
{
    struct container file = {bytes, size, true};
    const char *sound = container_sound_name(&file);
    uint64_t long_size;
    size_t offset;
    if (!sound || !container_find_chunk(&file, sound, &offset, &long_size))
        return 0;
    bool zero = container_number(&file, offset + 4, 4) == 0 && offset + 8 < size;
    return zero && container_sound_chunk(&file, offset, long_size) == CONTAINER_WHOLE ? offset + 4
                                                                                      : 0;
}
