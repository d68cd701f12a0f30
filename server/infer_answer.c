#include "server/infer_answer.h"

#include "api/image_reply.h"
#include "core/base/digits.h"
#include "core/base/mem.h"
#include "server/clock.h"
#include "server/infer_draw.h"
#include "server/reply.h"

#include <string.h>

/* "name;dur=1.234", behind which the next may follow. */
static char *infer_answer_put_timing(char *at, const char *name, uint64_t duration_us)
{
    char text[DIGITS_MAX + 2], *end = text + DIGITS_MAX + 1;
    *end = 0;
    at = stpcpy(stpcpy(at, name), ";dur=");
    return stpcpy(at, digits_thousandths(duration_us, end));
}

static void infer_answer_add_timing(const struct request_durations *durations,
                                    struct http_reply *reply)
{
    char value[HTTP_HEADER_VALUE_SIZE];
    char *at = infer_answer_put_timing(value, "decode", durations->decode);
    at = infer_answer_put_timing(stpcpy(at, ", "), "cochlea", durations->cochlea);
    at = infer_answer_put_timing(stpcpy(at, ", "), "network", durations->network);
    infer_answer_put_timing(stpcpy(at, ", "), "png", durations->png);
    http_reply_text(reply, "Server-Timing", value);
}

void infer_answer_add_headers(struct request *request)
{
    struct http_reply *reply = &request->exchange->reply;
    if (request->has_seed)
        http_reply_number(reply, "Spikeloom-Seed", request->seed);
    http_reply_text(reply, "Spikeloom-Model", request->model);
    if (request->has_confidence)
        http_reply_header(reply, "Spikeloom-Confidence", "%.4f", request->confidence);
    http_reply_number(reply, "Spikeloom-Synops", request->stats.synops);
    http_reply_number(reply, "Spikeloom-Spikes", request->stats.spikes);
    infer_answer_add_timing(&request->durations, reply);
}

enum status infer_answer_make_latent(const struct request *request, const struct raster *raster,
                                     struct latent *latent, struct error *error)
{
    enum status status = latent_init(latent, raster->num_steps, raster->num_units, error);
    if (status != STATUS_OK)
        return status;
    strcpy(latent->model, request->model);
    latent->modality = network_modality(request->network->task);
    latent->dt_ms = request->network->dt * 1000;
    latent->has_seed = request->has_seed;
    latent->seed = request->seed;
    latent->has_confidence = request->has_confidence;
    latent->confidence = request->confidence;
    raster_to_bitmap(raster, latent->bitmap);
    return STATUS_OK;
}

enum status infer_answer_latent(struct request *request, const struct raster *raster,
                                struct error *error)
{
    struct latent latent;
    struct buf json;
    struct writer writer;
    buf_init(&json, INFER_ANSWER_MAX_JSON);
    writer_init(&writer, &json);
    enum status status = infer_answer_make_latent(request, raster, &latent, error);
    if (status == STATUS_OK) {
        latent_write(&latent, request->query.encoding, NULL, &writer);
        if (writer.status != STATUS_OK)
            status = error_plain(error, writer.status);
    }
    latent_free(&latent);
    if (status == STATUS_OK) {
        infer_answer_add_headers(request);
        reply_representation(request, request->media, &json);
    }
    buf_free(&json);
    return status;
}

/* `raster` has no spikes where the network is analog. */
static enum status infer_answer_write_json(const struct request *request,
                                           const struct raster *raster, const struct buf *png,
                                           struct buf *json, struct error *error)
{
    struct latent latent;
    enum status status = infer_answer_make_latent(request, raster, &latent, error);
    if (status == STATUS_OK) {
        struct image_reply reply = {
            .latent = &latent,
            .analog = !network_is_spiking(request->network),
            .encoding = request->query.encoding,
            .width = request->network->image_width * request->query.scale,
            .height = request->network->image_height * request->query.scale,
            .png = png->bytes,
            .png_size = png->size,
            .input_png = request->input_png.bytes,
            .input_png_size = request->input_png.size,
            .spikes = request->stats.spikes,
            .synops = request->stats.synops,
        };
        status = image_reply_write(&reply, json);
        if (status != STATUS_OK)
            error_plain(error, status);
    }
    latent_free(&latent);
    return status;
}

enum status infer_answer_png(struct request *request, const struct raster *latent, struct buf *png,
                             struct error *error)
{
    struct buf json;
    buf_init(&json, INFER_ANSWER_MAX_JSON);
    bool as_json = strcmp(request->media, "application/json") == 0;
    enum status status = STATUS_OK;
    if (as_json)
        status = infer_answer_write_json(request, latent, png, &json, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK) {
        infer_answer_add_headers(request);
        reply_representation(request, request->media, as_json ? &json : png);
    }
    buf_free(&json);
    return status;
}

static enum status infer_answer_output(struct request *request, const struct raster *latent,
                                       const struct raster *output, struct error *error)
{
    struct buf png;
    buf_init(&png, INFER_ANSWER_MAX_PNG);
    enum status status = infer_draw(request, output, 1, &png, error);
    if (status == STATUS_OK)
        status = infer_answer_png(request, latent, &png, error);
    buf_free(&png);
    return status;
}

enum status infer_answer_picture(struct request *request, struct inference *scratch,
                                 const struct raster *latent, struct error *error)
{
    uint64_t start = clock_now_us();
    enum status status = inference_decode_into(scratch, request->network, latent, &scratch->output,
                                               &request->stats, error);
    request->durations.network += clock_since_us(start);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_output(request, latent, &scratch->output, error);
    return status;
}
