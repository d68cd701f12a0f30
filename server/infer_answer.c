#include "server/infer_answer.h"

#include "api/image_reply.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "server/clock.h"
#include "server/reply.h"

#include <string.h>

enum {
    INFER_ANSWER_MAX_JSON = 128 * 1024 * 1024,
    INFER_ANSWER_MAX_DRAWN = 1 << 27, /* pixels of all frames of an animation */
    INFER_ANSWER_FRAME_MS = 60,
    INFER_ANSWER_HOLD_MS = 1500
};

static void infer_answer_add_headers(struct request *request)
{
    struct http_reply *reply = &request->exchange->reply;
    const struct request_durations *durations = &request->durations;
    if (request->has_seed)
        http_reply_header(reply, "Spikeloom-Seed", "%llu", (unsigned long long)request->seed);
    http_reply_header(reply, "Spikeloom-Model", "%s", request->model);
    http_reply_header(reply, "Spikeloom-Synops", "%llu", (unsigned long long)request->stats.synops);
    http_reply_header(reply, "Spikeloom-Spikes", "%llu", (unsigned long long)request->stats.spikes);
    http_reply_header(reply, "Server-Timing",
                      "decode;dur=%.3f, cochlea;dur=%.3f, network;dur=%.3f, png;dur=%.3f",
                      (double)durations->decode / 1000, (double)durations->cochlea / 1000,
                      (double)durations->network / 1000, (double)durations->png / 1000);
}

/* The raster in the form of the wire; the caller releases it. */
static enum status infer_answer_make_latent(const struct request *request,
                                            const struct raster *raster, struct latent *latent,
                                            struct error *error)
{
    enum status status = latent_init(latent, raster->num_steps, raster->num_units, error);
    if (status != STATUS_OK)
        return status;
    strcpy(latent->model, request->model);
    latent->modality = network_modality(request->network->task);
    latent->dt_ms = request->network->dt * 1000;
    latent->has_seed = request->has_seed;
    latent->seed = request->seed;
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

/* The picture as it stands after each step. */
static enum status infer_answer_draw_frames(const struct request *request,
                                            const struct raster *output, struct buf *png,
                                            struct error *error)
{
    const struct network *network = request->network;
    size_t pixels = network_num_pixels(network);
    size_t scale = (size_t)request->query.scale;
    if (output->num_steps * pixels * scale * scale > INFER_ANSWER_MAX_DRAWN)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "An animation of %u steps cannot be drawn at a scale of %zu.",
                         output->num_steps, scale);
    uint8_t *frames = mem_alloc(output->num_steps, pixels);
    if (!frames)
        return error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t step = 0; step < output->num_steps; step++)
        inference_grey(output, step + 1, frames + step * pixels);
    enum status status = image_encode_apng(frames, (int)output->num_steps, network->image_width,
                                           network->image_height, request->query.scale,
                                           INFER_ANSWER_FRAME_MS, INFER_ANSWER_HOLD_MS, png, error);
    mem_free(frames);
    return status;
}

static enum status infer_answer_draw(struct request *request, const struct raster *output,
                                     struct buf *png, struct error *error)
{
    const struct network *network = request->network;
    uint64_t start = clock_now_us();
    enum status status;
    if (request->query.frames || strcmp(request->media, "image/apng") == 0) {
        status = infer_answer_draw_frames(request, output, png, error);
    } else {
        uint8_t *grey = mem_alloc(network_num_pixels(network), 1);
        if (!grey)
            return error_plain(error, STATUS_NO_MEMORY);
        inference_grey(output, output->num_steps, grey);
        status = image_encode_png(grey, network->image_width, network->image_height,
                                  request->query.scale, png, error);
        mem_free(grey);
    }
    request->durations.png = clock_since_us(start);
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
    enum status status = infer_answer_draw(request, output, &png, error);
    if (status == STATUS_OK)
        status = infer_answer_png(request, latent, &png, error);
    buf_free(&png);
    return status;
}

enum status infer_answer_picture(struct request *request, struct inference *scratch,
                                 const struct raster *latent, struct error *error)
{
    struct raster output = {0};
    uint64_t start = clock_now_us();
    enum status status =
        inference_decode(scratch, request->network, latent, &output, &request->stats, error);
    request->durations.network += clock_since_us(start);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_output(request, latent, &output, error);
    raster_free(&output);
    return status;
}
