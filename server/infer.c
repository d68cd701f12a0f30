#include "server/infer.h"

#include "core/media/image.h"
#include "server/clock.h"
#include "server/infer_analog.h"
#include "server/infer_answer.h"
#include "server/infer_draw.h"
#include "server/infer_input.h"
#include "server/infer_speech.h"
#include "server/infer_split.h"
#include "server/reply.h"

enum {
    INFER_BRIEF_PIXELS = 64 * 64,
    INFER_BRIEF_BYTES = 64 * 1024,
    INFER_BRIEF_SCALE = 8, /* of a picture that is drawn */
    INFER_SHORT_BYTES = 32 * 1024
};

static bool infer_draws_small(const struct request *request)
{
    return request->infer == infer_encode ||
           !(infer_draw_is_animated(request) || request->query.scale > INFER_BRIEF_SCALE);
}

bool infer_is_brief(const struct request *request)
{
    const struct buf *body = &request->exchange->request.body;
    if (body->size > INFER_BRIEF_BYTES || !infer_draws_small(request))
        return false;
    if (request->infer == infer_decode)
        return true;
    uint64_t pixels = image_num_pixels(body->bytes, body->size);
    return request->infer != infer_oip && pixels > 0 && pixels <= INFER_BRIEF_PIXELS;
}

bool infer_is_short(const struct request *request)
{
    const struct buf *body = &request->exchange->request.body;
    bool hears = request->infer == infer_synthesize || request->infer == infer_encode;
    return hears && body->size <= INFER_SHORT_BYTES && infer_draws_small(request) &&
           image_num_pixels(body->bytes, body->size) == 0;
}

static enum status infer_look(struct request *request, struct inference *scratch, real *input,
                              struct error *error)
{
    const struct network *network = request->network;
    int asked = request->query.steps, num_steps = asked ? asked : network->num_steps;
    enum status status = infer_input_look(request, input, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    uint64_t start = clock_now_us();
    if (status == STATUS_OK)
        status = inference_encode_into(scratch, network, input, request->seed, num_steps,
                                       &scratch->latent, &request->stats, error);
    request->durations.network = clock_since_us(start);
    return status;
}

/* Body to latent raster, which is scratch->latent. */
static enum status infer_read(struct request *request, struct inference *scratch,
                              struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    real *input;
    enum status status = infer_input_begin(request, scratch, &input, error);
    if (status == STATUS_OK)
        status = request->network->task == NETWORK_SYNTHESIZE
                     ? infer_speech_hear(request, scratch, body->bytes, body->size, input, error)
                     : infer_look(request, scratch, input, error);
    if (status == STATUS_OK)
        status = infer_draw_input(request, input, error);
    if (status == STATUS_OK)
        status = infer_speech_weigh(request, &scratch->latent, error);
    return status;
}

static enum status infer_picture_of(struct request *request, struct inference *scratch,
                                    enum network_task task, struct error *error)
{
    enum status status = infer_input_select(request, task, error);
    if (status == STATUS_OK && !network_is_spiking(request->network))
        return infer_analog_picture(request, scratch, error);
    if (status == STATUS_OK && request->query.split)
        return infer_split(request, scratch, true, error);
    if (status == STATUS_OK)
        status = infer_read(request, scratch, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_picture(request, scratch, &scratch->latent, error);
    return status;
}

enum status infer_synthesize(struct request *request, struct inference *scratch,
                             struct error *error)
{
    const char *name;
    enum media_kind kind = infer_input_sniff(request, &name);
    if (kind == MEDIA_PNG || kind == MEDIA_UNSUPPORTED_IMAGE || kind == MEDIA_JSON)
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/synthesize takes a recording of speech.", name);
    return infer_picture_of(request, scratch, NETWORK_SYNTHESIZE, error);
}

enum status infer_reconstruct(struct request *request, struct inference *scratch,
                              struct error *error)
{
    const char *name;
    enum media_kind kind = infer_input_sniff(request, &name);
    if (kind != MEDIA_PNG)
        return error_set(error, kind == MEDIA_UNKNOWN ? STATUS_MALFORMED : STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/reconstruct takes a PNG picture.", name);
    return infer_picture_of(request, scratch, NETWORK_RECONSTRUCT, error);
}

enum status infer_encode(struct request *request, struct inference *scratch, struct error *error)
{
    const char *name;
    enum media_kind kind = infer_input_sniff(request, &name);
    if (kind == MEDIA_UNSUPPORTED_IMAGE || kind == MEDIA_JSON || kind == MEDIA_UNKNOWN)
        return error_set(error, kind == MEDIA_UNKNOWN ? STATUS_MALFORMED : STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/encode takes a PNG picture or a recording.", name);
    bool image = kind == MEDIA_PNG;
    if (!image && (request->query.given & QUERY_POLARITY))
        return error_set(error, STATUS_INVALID_ARGUMENT, "polarity is for pictures alone.");
    enum status status =
        infer_input_select(request, image ? NETWORK_RECONSTRUCT : NETWORK_SYNTHESIZE, error);
    if (status == STATUS_OK && request->query.split)
        return infer_split(request, scratch, false, error);
    if (status == STATUS_OK)
        status = infer_read(request, scratch, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_latent(request, &scratch->latent, error);
    return status;
}
