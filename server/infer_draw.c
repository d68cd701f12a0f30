#include "server/infer_draw.h"

#include "core/base/mem.h"
#include "core/media/image.h"
#include "server/clock.h"

#include <string.h>

enum {
    INFER_DRAW_MAX_PIXELS = 1 << 27, /* of all frames of an animation */
    INFER_DRAW_FRAME_MS = 60,
    INFER_DRAW_HOLD_MS = 1500,
    INFER_DRAW_MAX_INPUT = 4 * 1024 * 1024
};

bool infer_draw_is_animated(const struct request *request)
{
    return request->query.frames || strcmp(request->media, "image/apng") == 0;
}

/*
 * The pictures after so many steps, grey [height][count * width]; `one` [height][width] is scratch,
 * which one picture alone does without.
 */
static void infer_draw_row(const struct network *network, const struct raster *outputs, int count,
                           uint32_t num_steps, uint8_t *one, uint8_t *grey)
{
    size_t width = (size_t)network->image_width, row_width = width * (size_t)count;
    if (count == 1) {
        inference_grey(outputs, num_steps, grey);
        return;
    }
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
    uint8_t *frames = mem_alloc_raw(num_frames * row_pixels);
    uint8_t *one = count > 1 ? mem_alloc_raw(pixels) : NULL;
    enum status status =
        frames && (one || count == 1) ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
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

/* Frames become columns; channels are in the order of the ear, high tones first. */
static void infer_draw_sound(const real *input, int num_frames, int num_channels, uint8_t *grey)
{
    int count = num_frames * num_channels;
    real least = input[0], greatest = input[0];
    for (int i = 1; i < count; i++) {
        least = input[i] < least ? input[i] : least;
        greatest = input[i] > greatest ? input[i] : greatest;
    }
    real range = greatest > least ? greatest - least : 1;
    for (int frame = 0; frame < num_frames; frame++)
        for (int channel = 0; channel < num_channels; channel++) {
            real value = (input[frame * num_channels + channel] - least) / range;
            grey[channel * num_frames + frame] = image_grey_byte((float)value);
        }
}

enum status infer_draw_input(struct request *request, const real *input, struct error *error)
{
    const struct network *network = request->network;
    int count = (int)network_num_inputs(network), width = network->image_width;
    if (!request->query.input || strcmp(request->media, "application/json") != 0)
        return STATUS_OK;
    if (network->task == NETWORK_SYNTHESIZE)
        width = network->front_end.num_frames;
    uint8_t *grey = mem_alloc((size_t)count, 1);
    if (!grey)
        return error_plain(error, STATUS_NO_MEMORY);
    if (network->task == NETWORK_SYNTHESIZE)
        infer_draw_sound(input, width, count / width, grey);
    else
        for (int i = 0; i < count; i++)
            grey[i] = image_grey_byte((float)input[i]);
    uint64_t start = clock_now_us();
    buf_free(&request->input_png);
    buf_init(&request->input_png, INFER_DRAW_MAX_INPUT);
    enum status status =
        image_encode_png(grey, width, count / width, 1, &request->input_png, error);
    request->durations.png += clock_since_us(start);
    mem_free(grey);
    return status;
}
