/* PNG files by hand for the tests: chunks with their check sums, and pixels without compression. */
#ifndef SPIKELOOM_TESTS_UNIT_PNG_MAKER_H
#define SPIKELOOM_TESTS_UNIT_PNG_MAKER_H

#include "core/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { GREY = 0, RGB = 2, PALETTE = 3, GREY_ALPHA = 4, RGBA = 6 };

static inline void put_u32(struct buf *buf, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    assert_int_equal(buf_append(buf, bytes, 4), STATUS_OK);
}

static inline uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static inline uint32_t crc_of(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static inline void put_chunk(struct buf *buf, const char *name, const void *data, size_t size)
{
    put_u32(buf, (uint32_t)size);
    size_t start = buf->size;
    assert_int_equal(buf_append(buf, name, 4), STATUS_OK);
    assert_int_equal(buf_append(buf, data, size), STATUS_OK);
    put_u32(buf, crc_of(buf->bytes + start, buf->size - start));
}

/* An IDAT of stored blocks, so that the test needs no compressor. */
static inline void put_stored(struct buf *buf, const uint8_t *data, size_t size)
{
    struct buf stream;
    uint32_t low = 1, high = 0;
    buf_init(&stream, 1 << 22);
    assert_int_equal(buf_append(&stream, "\x78\x01", 2), STATUS_OK);
    for (size_t done = 0; done < size;) {
        size_t part = size - done < 60000 ? size - done : 60000;
        const uint8_t head[] = {done + part == size, (uint8_t)part, (uint8_t)(part >> 8),
                                (uint8_t)~part, (uint8_t)(~part >> 8)};
        assert_int_equal(buf_append(&stream, head, sizeof head), STATUS_OK);
        assert_int_equal(buf_append(&stream, data + done, part), STATUS_OK);
        done += part;
    }
    for (size_t i = 0; i < size; i++) {
        low = (low + data[i]) % 65521;
        high = (high + low) % 65521;
    }
    put_u32(&stream, high << 16 | low);
    put_chunk(buf, "IDAT", stream.bytes, stream.size);
    buf_free(&stream);
}

struct picture {
    int width, height, depth, kind, interlaced;
    const uint8_t *pixels; /* rows packed as PNG packs them, without filter bytes */
    const uint8_t *palette, *transparency;
    size_t palette_size, transparency_size;
};

static inline size_t bits_of(const struct picture *picture)
{
    const size_t channels[] = {1, 0, 3, 1, 2, 0, 4};
    return channels[picture->kind] * (size_t)picture->depth;
}

static inline void put_begin(struct buf *buf, const struct picture *picture)
{
    const uint8_t rest[] = {(uint8_t)picture->depth, (uint8_t)picture->kind, 0, 0,
                            (uint8_t)picture->interlaced};
    struct buf header;
    buf_init(buf, 1 << 22);
    buf_init(&header, 100);
    put_u32(&header, (uint32_t)picture->width);
    put_u32(&header, (uint32_t)picture->height);
    assert_int_equal(buf_append(&header, rest, sizeof rest), STATUS_OK);
    assert_int_equal(buf_append(buf, "\x89PNG\r\n\x1a\n", 8), STATUS_OK);
    put_chunk(buf, "IHDR", header.bytes, header.size);
    buf_free(&header);
    if (picture->palette)
        put_chunk(buf, "PLTE", picture->palette, picture->palette_size);
    if (picture->transparency)
        put_chunk(buf, "tRNS", picture->transparency, picture->transparency_size);
}

static inline void put_end(struct buf *buf, const struct picture *picture)
{
    struct buf rows;
    size_t row_size = ((size_t)picture->width * bits_of(picture) + 7) / 8;
    buf_init(&rows, 1 << 22);
    for (int y = 0; y < picture->height; y++) {
        assert_int_equal(buf_append(&rows, "", 1), STATUS_OK);
        assert_int_equal(buf_append(&rows, picture->pixels + (size_t)y * row_size, row_size),
                         STATUS_OK);
    }
    put_stored(buf, rows.bytes, rows.size);
    put_chunk(buf, "IEND", NULL, 0);
    buf_free(&rows);
}

static inline void make_png(struct buf *buf, const struct picture *picture)
{
    put_begin(buf, picture);
    put_end(buf, picture);
}

#endif
