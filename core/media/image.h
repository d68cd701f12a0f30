/*
 * PNG pictures in memory to small grey images and back, through libpng.
 */
#ifndef SPIKELOOM_CORE_MEDIA_IMAGE_H
#define SPIKELOOM_CORE_MEDIA_IMAGE_H

#include "core/base/buf.h"
#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_MAX_PIXELS = 16 * 1024 * 1024, /* of an upload, width times height */
    IMAGE_MAX_SIDE = 32768,              /* of an upload */
    IMAGE_MAX_OUTPUT_SIDE = 1024,        /* of a picture to encode, before it is scaled */
    IMAGE_MAX_SCALE = 32
};

/*
 * Which way round an upload is. The networks know bright strokes on black.
 * KEEP: as it is; transparent parts count as black.
 * INVERT: dark strokes on paper; transparent parts count as white paper.
 * AUTO: INVERT when the picture's border is brighter than middle grey, or when its visible
 * strokes are dark on transparent ground; otherwise KEEP.
 */
enum image_polarity { IMAGE_POLARITY_KEEP, IMAGE_POLARITY_INVERT, IMAGE_POLARITY_AUTO };

/*
 * Decodes a PNG (grey, colour, palette, alpha, 1 to 16 bit, interlaced) and scales it by area
 * averaging into `pixels` [height][width], 0..1; the aspect ratio is kept, the rest is black. A
 * picture of exactly width x height is taken over value for value (grey 8 bit: value / 255). Values
 * are taken as they are stored: gAMA, sRGB and iCCP are ignored. Colour becomes grey by the luma
 * weights of ITU-R BT.601. Needs memory for a few rows, whatever the size of the picture.
 * EMPTY: no bytes. UNSUPPORTED_MEDIA: not a PNG. MALFORMED: damaged or truncated. UNUSABLE: more
 * than IMAGE_MAX_PIXELS or IMAGE_MAX_SIDE. NO_MEMORY.
 */
enum status image_decode_png(const uint8_t *bytes, size_t size, enum image_polarity polarity,
                             int width, int height, float *pixels, struct error *error);

/* How many pixels the header of a PNG tells of; 0 where there is no such header. */
uint64_t image_num_pixels(const uint8_t *bytes, size_t size);

/*
 * Scales `source` [source_height][source_width] into `pixels` [height][width] by area averaging,
 * keeping the aspect ratio and centring; uncovered pixels become 0.
 */
void image_resize(const float *source, int source_width, int source_height, float *pixels,
                  int width, int height);

/* A grey byte of a value in 0..1: round(255 value), values outside are clamped. */
uint8_t image_grey_byte(float value);

/*
 * Appends an 8-bit grey PNG of `grey` [height][width], each pixel drawn scale x scale (1..32).
 * The bytes depend on the pixels, the scale and the version of zlib alone. NO_MEMORY, TOO_LARGE
 * (the buffer's cap), INVALID_ARGUMENT (sides, scale or times out of range): `out` as it was.
 */
enum status image_encode_png(const uint8_t *grey, int width, int height, int scale, struct buf *out,
                             struct error *error);

/*
 * Appends an animated PNG of `num_frames` pictures, frames [num_frames][height][width], each
 * shown for delay_ms, the last one for hold_ms, looping for ever. The default image of decoders
 * that do not animate is the last frame, so that they show the finished picture. Delays are
 * 0 to 65535 ms. Errors as image_encode_png.
 */
enum status image_encode_apng(const uint8_t *frames, int num_frames, int width, int height,
                              int scale, int delay_ms, int hold_ms, struct buf *out,
                              struct error *error);

#endif
