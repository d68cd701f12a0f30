#include "server/infer_analog.h"

#include "core/base/mem.h"
#include "core/media/image.h"
#include "server/clock.h"
#include "server/infer_answer.h"
#include "server/infer_draw.h"
#include "server/infer_input.h"

static enum status infer_analog_draw(struct request *request, struct inference *scratch,
                                     const real *input, struct buf *png, struct error *error)
{
    const struct network *network = request->network;
    uint32_t pixels = network_num_pixels(network);
    real *picture = mem_alloc(pixels, sizeof *picture);
    uint8_t *grey = mem_alloc(pixels, 1);
    uint64_t start = clock_now_us();
    enum status status =
        picture && grey ? inference_analog(scratch, network, input, picture, &request->stats, error)
                        : error_plain(error, STATUS_NO_MEMORY);
    request->durations.network = clock_since_us(start);
    start = clock_now_us();
    if (status == STATUS_OK) {
        inference_grey_analog(picture, pixels, grey);
        status = image_encode_png(grey, network->image_width, network->image_height,
                                  request->query.scale, png, error);
    }
    request->durations.png += clock_since_us(start);
    mem_free(picture);
    mem_free(grey);
    return status;
}

/* Body to input, which is scratch's. */
static enum status infer_analog_read(struct request *request, struct inference *scratch,
                                     real **input, struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    enum status status = infer_input_begin(request, scratch, input, error);
    if (status == STATUS_OK)
        status = request->network->task == NETWORK_SYNTHESIZE
                     ? infer_input_hear(request, body->bytes, body->size, *input, error)
                     : infer_input_look(request, *input, error);
    if (status == STATUS_OK)
        status = infer_draw_input(request, *input, error);
    return status == STATUS_OK ? request_check(request, error) : status;
}

enum status infer_analog_picture(struct request *request, struct inference *scratch,
                                 struct error *error)
{
    const struct network *network = request->network;
    struct raster nothing = {0};
    struct buf png;
    real *input;
    if (infer_draw_is_animated(request))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' has no steps to be animated: it is an analog network.",
                         network->name);
    if (request->query.split)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' takes a recording as a whole: it is an analog network.",
                         network->name);
    buf_init(&png, INFER_ANSWER_MAX_PNG);
    enum status status = raster_init(&nothing, 1, network_num_latents(network), error);
    if (status == STATUS_OK)
        status = infer_analog_read(request, scratch, &input, error);
    if (status == STATUS_OK)
        status = infer_analog_draw(request, scratch, input, &png, error);
    if (status == STATUS_OK)
        status = infer_answer_png(request, &nothing, &png, error);
    buf_free(&png);
    raster_free(&nothing);
    return status;
}
