#include "core/media/image.h"

#include <stdbool.h>
#include <string.h>

enum {
    APNG_SIGNATURE_SIZE = 8,
    APNG_HEADER_SIZE = 33, /* the signature and the chunk IHDR */
    APNG_MAX_DELAY_MS = 65535
};

/* An animation on its way out. Each frame is encoded as a PNG of its own and wrapped anew. */
struct apng {
    const uint8_t *frames; /* [num_frames][height][width] */
    int num_frames, width, height, scale, delay_ms, hold_ms;
    uint32_t sequence; /* of the next fcTL or fdAT */
    struct buf png;    /* the frame at hand */
    struct buf *out;
};

static uint32_t apng_get(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void apng_put(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The CRC of PNG (polynomial 0xedb88320, reflected), four bits at a time. */
static uint32_t apng_crc(const uint8_t *bytes, size_t size)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

/* Appends a chunk whose data is `first` and then `second`. */
static enum status apng_chunk(struct apng *apng, const char *name, const void *first,
                              size_t first_size, const void *second, size_t second_size)
{
    uint8_t word[4];
    enum status status;
    apng_put(word, (uint32_t)(first_size + second_size));
    if ((status = buf_append(apng->out, word, 4)) != STATUS_OK)
        return status;
    size_t start = apng->out->size;
    if ((status = buf_append(apng->out, name, 4)) != STATUS_OK ||
        (status = buf_append(apng->out, first, first_size)) != STATUS_OK ||
        (status = buf_append(apng->out, second, second_size)) != STATUS_OK)
        return status;
    apng_put(word, apng_crc(apng->out->bytes + start, apng->out->size - start));
    return buf_append(apng->out, word, 4);
}

static enum status apng_encode(struct apng *apng, int frame, struct error *error)
{
    size_t size = (size_t)apng->width * (size_t)apng->height;
    apng->png.size = 0;
    return image_encode_png(apng->frames + (size_t)frame * size, apng->width, apng->height,
                            apng->scale, &apng->png, error);
}

/* Appends the data of the frame at hand, as IDAT chunks or as numbered fdAT chunks. */
static enum status apng_data(struct apng *apng, bool numbered)
{
    const uint8_t *end = apng->png.bytes + apng->png.size;
    enum status status = STATUS_OK;
    uint32_t size;
    for (const uint8_t *chunk = apng->png.bytes + APNG_SIGNATURE_SIZE;
         chunk < end && status == STATUS_OK; chunk += size + 12) {
        size = apng_get(chunk);
        if (memcmp(chunk + 4, "IDAT", 4))
            continue;
        uint8_t sequence[4] = {0};
        if (numbered)
            apng_put(sequence, apng->sequence++);
        status = apng_chunk(apng, numbered ? "fdAT" : "IDAT", sequence, numbered ? 4 : 0, chunk + 8,
                            size);
    }
    return status;
}

/* fcTL: a whole picture that replaces the one before, shown for so many thousandths. */
static enum status apng_control(struct apng *apng, int frame)
{
    uint8_t control[26] = {0};
    int shown_ms = frame == apng->num_frames - 1 ? apng->hold_ms : apng->delay_ms;
    apng_put(control, apng->sequence++);
    apng_put(control + 4, (uint32_t)(apng->width * apng->scale));
    apng_put(control + 8, (uint32_t)(apng->height * apng->scale));
    apng_put(control + 20, (uint32_t)shown_ms << 16 | 1000);
    return apng_chunk(apng, "fcTL", control, sizeof control, NULL, 0);
}

/* The header and the default image, which has no fcTL and so is no part of the animation. */
static enum status apng_begin(struct apng *apng, struct error *error)
{
    uint8_t control[8] = {0}; /* acTL: the number of frames, and 0 for looping for ever */
    enum status status = apng_encode(apng, apng->num_frames - 1, error);
    if (status == STATUS_OK)
        status = buf_append(apng->out, apng->png.bytes, APNG_HEADER_SIZE);
    apng_put(control, (uint32_t)apng->num_frames);
    if (status == STATUS_OK)
        status = apng_chunk(apng, "acTL", control, sizeof control, NULL, 0);
    return status == STATUS_OK ? apng_data(apng, false) : status;
}

static enum status apng_frame(struct apng *apng, int frame, struct error *error)
{
    enum status status = apng_encode(apng, frame, error);
    if (status == STATUS_OK)
        status = apng_control(apng, frame);
    return status == STATUS_OK ? apng_data(apng, true) : status;
}

enum status image_encode_apng(const uint8_t *frames, int num_frames, int width, int height,
                              int scale, int delay_ms, int hold_ms, struct buf *out,
                              struct error *error)
{
    if (num_frames < 1 || delay_ms < 0 || delay_ms > APNG_MAX_DELAY_MS || hold_ms < 0 ||
        hold_ms > APNG_MAX_DELAY_MS)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "An animation has frames, shown for 0 to %d ms.", APNG_MAX_DELAY_MS);
    struct apng apng = {frames, num_frames, width, height, scale, delay_ms, hold_ms, 0, {0}, out};
    size_t size_before = out->size;
    buf_init(&apng.png, out->cap);
    enum status status = apng_begin(&apng, error);
    for (int frame = 0; frame < num_frames && status == STATUS_OK; frame++)
        status = apng_frame(&apng, frame, error);
    if (status == STATUS_OK)
        status = apng_chunk(&apng, "IEND", NULL, 0, NULL, 0);
    buf_free(&apng.png);
    if (status == STATUS_OK)
        return status;
    out->size = size_before;
    if (out->bytes)
        out->bytes[out->size] = 0;
    /* the encoder has said its own; a full buffer has no more to say */
    return status == STATUS_INVALID_ARGUMENT || status == STATUS_INTERNAL
               ? status
               : error_plain(error, status);
}
