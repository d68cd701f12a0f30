#include "server/infer_draw.h"

#include "core/base/mem.h"
#include "core/media/image.h"
#include "server/clock.h"

#include <string.h>

enum {
    INFER_DRAW_MAX_PIXELS = 1 << 27, /* of all frames of an animation */
    INFER_DRAW_FRAME_MS = 60,
    INFER_DRAW_HOLD_MS = 1500
};

bool infer_draw_is_animated(const struct request *request)
{
    return request->query.frames || strcmp(request->media, "image/apng") == 0;
}

/*
 * The pictures after so many steps, grey [height][count * width]; `one` [height][width] is scratch.
 */
static void infer_draw_row(const struct network *network, const struct raster *outputs, int count,
                           uint32_t num_steps, uint8_t *one, uint8_t *grey)
{
    size_t width = (size_t)network->image_width, row_width = width * (size_t)count;
    for (size_t i = 0; i < (size_t)count; i++) {
        inference_grey(&outputs[i], num_steps, one);
        for (size_t y = 0; y < (size_t)network->image_height; y++)
            memcpy(grey + y * row_width + i * width, one + y * width, width);
    }
}

enum status infer_draw(struct request *request, const struct raster *outputs, int count,
                       struct buf *png, struct error *error)
{
    const struct network *network = request->network;
    bool animated = infer_draw_is_animated(request);
    uint32_t num_steps = outputs[0].num_steps, num_frames = animated ? num_steps : 1;
    size_t pixels = network_num_pixels(network), row_pixels = pixels * (size_t)count;
    size_t scale = (size_t)request->query.scale;
    int width = network->image_width * count;
    uint64_t start = clock_now_us();
    if (animated && num_frames * row_pixels * scale * scale > INFER_DRAW_MAX_PIXELS)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "An animation of %u steps cannot be drawn at a scale of %zu.", num_frames,
                         scale);
    uint8_t *frames = mem_alloc(num_frames, row_pixels);
    uint8_t *one = mem_alloc(pixels, 1);
    enum status status = frames && one ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t i = 0; i < num_frames && status == STATUS_OK; i++)
        infer_draw_row(network, outputs, count, animated ? i + 1 : num_steps, one,
                       frames + i * row_pixels);
    if (status == STATUS_OK && animated)
        status = image_encode_apng(frames, (int)num_frames, width, network->image_height,
                                   request->query.scale, INFER_DRAW_FRAME_MS, INFER_DRAW_HOLD_MS,
                                   png, error);
    else if (status == STATUS_OK)
        status = image_encode_png(frames, width, network->image_height, request->query.scale, png,
                                  error);
    mem_free(frames);
    mem_free(one);
    request->durations.png += clock_since_us(start);
    return status;
}
