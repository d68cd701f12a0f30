#include "server/infer.h"

#include "api/image_reply.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/front_end.h"
#include "server/clock.h"
#include "server/reply.h"

#include <string.h>

enum {
    INFER_MAX_PNG = 64 * 1024 * 1024,
    INFER_MAX_JSON = 128 * 1024 * 1024,
    INFER_MAX_DRAWN = 1 << 27, /* pixels of all frames of an animation */
    INFER_FRAME_MS = 60,
    INFER_HOLD_MS = 1500
};

/* Time since `since_us`. */
static uint64_t infer_lap(uint64_t since_us)
{
    return clock_now_us() - since_us;
}

/* Between any two parts: is anybody still waiting? */
static enum status infer_check(const struct request *request, struct error *error)
{
    if (clock_now_us() >= request->item.deadline_us)
        return error_plain(error, STATUS_DEADLINE);
    if (http_client_gone(request->exchange))
        return error_plain(error, STATUS_CLIENT_GONE);
    return STATUS_OK;
}

/* --- input --------------------------------------------------------------------------------- */

/* Makes sure that there is a model for the task, and that the steps asked for fit it. */
static enum status infer_select(struct request *request, enum network_task task,
                                struct error *error)
{
    if (!request->network) {
        struct network *network;
        enum status status = service_acquire(request->service, "", task, &network, error);
        if (status != STATUS_OK)
            return status;
        request_take_network(request, network);
    }
    const struct network *network = request->network;
    if (network->task != task)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The model '%s' takes %s, not %s.",
                         network->name, network_modality(network->task), network_modality(task));
    if (request->query.steps > network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The model '%s' has %d steps, not %d.",
                         network->name, network->num_steps, request->query.steps);
    return STATUS_OK;
}

static void infer_choose_seed(struct request *request)
{
    const struct buf *body = &request->exchange->request.body;
    request->seed = request->query.seed;
    if (!(request->query.given & QUERY_SEED)) {
        uint8_t digest[DIGEST_SIZE];
        digest_sha256(body->bytes, body->size, digest);
        request->seed = digest_seed(digest);
    }
    request->has_seed = true;
}

static enum status infer_read_audio(struct request *request, real *input, struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    struct audio_limits limits = audio_default_limits;
    struct audio audio = {0};
    limits.max_seconds = request->service->config->max_audio_seconds;
    uint64_t start = clock_now_us();
    enum status status = audio_decode(body->bytes, body->size, &limits, &audio, error);
    request->durations.decode = infer_lap(start);
    if (status == STATUS_OK)
        status = infer_check(request, error);
    start = clock_now_us();
    if (status == STATUS_OK)
        status = front_end_run(request->network, &audio, input, error);
    request->durations.cochlea = infer_lap(start);
    audio_free(&audio);
    return status;
}

static enum status infer_read_image(struct request *request, real *input, struct error *error)
{
    static const enum image_polarity polarities[] = {
        [QUERY_POLARITY_KEEP] = IMAGE_POLARITY_KEEP,
        [QUERY_POLARITY_INVERT] = IMAGE_POLARITY_INVERT,
        [QUERY_POLARITY_AUTO] = IMAGE_POLARITY_AUTO,
    };
    const struct buf *body = &request->exchange->request.body;
    const struct network *network = request->network;
    uint32_t count = network_num_inputs(network);
    float *pixels = mem_alloc(count, sizeof *pixels);
    if (!pixels)
        return error_plain(error, STATUS_NO_MEMORY);
    uint64_t start = clock_now_us();
    enum status status =
        image_decode_png(body->bytes, body->size, polarities[request->query.polarity],
                         network->image_width, network->image_height, pixels, error);
    request->durations.decode = infer_lap(start);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        input[i] = (real)pixels[i];
    mem_free(pixels);
    return status;
}

/* Body to the network's input, which the caller releases by mem_free in any case. */
static enum status infer_read_input(struct request *request, real **input, struct error *error)
{
    const struct network *network = request->network;
    *input = mem_alloc(network_num_inputs(network), sizeof **input);
    if (!*input)
        return error_plain(error, STATUS_NO_MEMORY);
    infer_choose_seed(request);
    enum status status = network->task == NETWORK_SYNTHESIZE
                             ? infer_read_audio(request, *input, error)
                             : infer_read_image(request, *input, error);
    return status == STATUS_OK ? infer_check(request, error) : status;
}

/* Body to latent raster, which the caller releases in any case. */
static enum status infer_read(struct request *request, struct inference *scratch,
                              struct raster *latent, struct error *error)
{
    const struct network *network = request->network;
    real *input;
    enum status status = infer_read_input(request, &input, error);
    uint64_t start = clock_now_us();
    if (status == STATUS_OK)
        status = inference_encode(scratch, network, input, request->seed,
                                  request->query.steps ? request->query.steps : network->num_steps,
                                  latent, &request->stats, error);
    request->durations.network = infer_lap(start);
    mem_free(input);
    return status;
}

/* --- answers ------------------------------------------------------------------------------- */

static void infer_add_headers(struct request *request)
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
static enum status infer_make_latent(const struct request *request, const struct raster *raster,
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
    raster_to_bitmap(raster, latent->bitmap);
    return STATUS_OK;
}

static enum status infer_answer_latent(struct request *request, const struct raster *raster,
                                       struct error *error)
{
    struct latent latent;
    struct buf json;
    struct writer writer;
    buf_init(&json, INFER_MAX_JSON);
    writer_init(&writer, &json);
    enum status status = infer_make_latent(request, raster, &latent, error);
    if (status == STATUS_OK) {
        latent_write(&latent, request->query.encoding, NULL, &writer);
        if (writer.status != STATUS_OK)
            status = error_plain(error, writer.status);
    }
    latent_free(&latent);
    if (status == STATUS_OK) {
        infer_add_headers(request);
        reply_representation(request, request->media, &json);
    }
    buf_free(&json);
    return status;
}

/* The picture as it stands after each step. */
static enum status infer_draw_frames(const struct request *request, const struct raster *output,
                                     struct buf *png, struct error *error)
{
    const struct network *network = request->network;
    size_t pixels = network_num_pixels(network);
    size_t scale = (size_t)request->query.scale;
    if (output->num_steps * pixels * scale * scale > INFER_MAX_DRAWN)
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
                                           INFER_FRAME_MS, INFER_HOLD_MS, png, error);
    mem_free(frames);
    return status;
}

static enum status infer_draw(struct request *request, const struct raster *output, struct buf *png,
                              struct error *error)
{
    const struct network *network = request->network;
    uint64_t start = clock_now_us();
    enum status status;
    if (request->query.frames || strcmp(request->media, "image/apng") == 0) {
        status = infer_draw_frames(request, output, png, error);
    } else {
        uint8_t *grey = mem_alloc(network_num_pixels(network), 1);
        if (!grey)
            return error_plain(error, STATUS_NO_MEMORY);
        inference_grey(output, output->num_steps, grey);
        status = image_encode_png(grey, network->image_width, network->image_height,
                                  request->query.scale, png, error);
        mem_free(grey);
    }
    request->durations.png = infer_lap(start);
    return status;
}

/* `raster` has no spikes where the network is analog. */
static enum status infer_write_json(const struct request *request, const struct raster *raster,
                                    const struct buf *png, struct buf *json, struct error *error)
{
    struct latent latent;
    enum status status = infer_make_latent(request, raster, &latent, error);
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

/* Sends the PNG, or the JSON around it. */
static enum status infer_answer_png(struct request *request, const struct raster *latent,
                                    struct buf *png, struct error *error)
{
    struct buf json;
    buf_init(&json, INFER_MAX_JSON);
    bool as_json = strcmp(request->media, "application/json") == 0;
    enum status status = STATUS_OK;
    if (as_json)
        status = infer_write_json(request, latent, png, &json, error);
    if (status == STATUS_OK)
        status = infer_check(request, error);
    if (status == STATUS_OK) {
        infer_add_headers(request);
        reply_representation(request, request->media, as_json ? &json : png);
    }
    buf_free(&json);
    return status;
}

static enum status infer_answer_output(struct request *request, const struct raster *latent,
                                       const struct raster *output, struct error *error)
{
    struct buf png;
    buf_init(&png, INFER_MAX_PNG);
    enum status status = infer_draw(request, output, &png, error);
    if (status == STATUS_OK)
        status = infer_answer_png(request, latent, &png, error);
    buf_free(&png);
    return status;
}

/* Latent to picture to reply. */
static enum status infer_answer_picture(struct request *request, struct inference *scratch,
                                        const struct raster *latent, struct error *error)
{
    struct raster output = {0};
    uint64_t start = clock_now_us();
    enum status status =
        inference_decode(scratch, request->network, latent, &output, &request->stats, error);
    request->durations.network += infer_lap(start);
    if (status == STATUS_OK)
        status = infer_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_output(request, latent, &output, error);
    raster_free(&output);
    return status;
}

/* --- networks without spikes --------------------------------------------------------------- */

static enum status infer_draw_analog(struct request *request, struct inference *scratch,
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
    request->durations.network = infer_lap(start);
    start = clock_now_us();
    if (status == STATUS_OK) {
        inference_grey_analog(picture, pixels, grey);
        status = image_encode_png(grey, network->image_width, network->image_height,
                                  request->query.scale, png, error);
    }
    request->durations.png = infer_lap(start);
    mem_free(picture);
    mem_free(grey);
    return status;
}

static enum status infer_picture_analog(struct request *request, struct inference *scratch,
                                        struct error *error)
{
    const struct network *network = request->network;
    struct raster nothing = {0};
    struct buf png;
    real *input = NULL;
    if (request->query.frames || strcmp(request->media, "image/apng") == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' has no steps to be animated: it is an analog network.",
                         network->name);
    buf_init(&png, INFER_MAX_PNG);
    enum status status = raster_init(&nothing, 1, network_num_latents(network), error);
    if (status == STATUS_OK)
        status = infer_read_input(request, &input, error);
    if (status == STATUS_OK)
        status = infer_draw_analog(request, scratch, input, &png, error);
    if (status == STATUS_OK)
        status = infer_answer_png(request, &nothing, &png, error);
    mem_free(input);
    buf_free(&png);
    raster_free(&nothing);
    return status;
}

/* --- routes -------------------------------------------------------------------------------- */

/* What the body is, and its name for sentences. */
static enum media_kind infer_sniff(const struct request *request, const char **name)
{
    const struct buf *body = &request->exchange->request.body;
    *name = "unknown";
    enum media_kind kind = audio_sniff(body->bytes, body->size, name);
    if (kind == MEDIA_UNKNOWN)
        *name = "of no known kind";
    return kind;
}

static enum status infer_picture_of(struct request *request, struct inference *scratch,
                                    enum network_task task, struct error *error)
{
    struct raster latent = {0};
    enum status status = infer_select(request, task, error);
    if (status == STATUS_OK && !network_is_spiking(request->network))
        return infer_picture_analog(request, scratch, error);
    if (status == STATUS_OK)
        status = infer_read(request, scratch, &latent, error);
    if (status == STATUS_OK)
        status = infer_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_picture(request, scratch, &latent, error);
    raster_free(&latent);
    return status;
}

enum status infer_synthesize(struct request *request, struct inference *scratch,
                             struct error *error)
{
    const char *name;
    enum media_kind kind = infer_sniff(request, &name);
    if (kind == MEDIA_PNG || kind == MEDIA_UNSUPPORTED_IMAGE || kind == MEDIA_JSON)
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/synthesize takes a recording of speech.", name);
    return infer_picture_of(request, scratch, NETWORK_SYNTHESIZE, error);
}

enum status infer_reconstruct(struct request *request, struct inference *scratch,
                              struct error *error)
{
    const char *name;
    enum media_kind kind = infer_sniff(request, &name);
    if (kind != MEDIA_PNG)
        return error_set(error, kind == MEDIA_UNKNOWN ? STATUS_MALFORMED : STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/reconstruct takes a PNG picture.", name);
    return infer_picture_of(request, scratch, NETWORK_RECONSTRUCT, error);
}

enum status infer_encode(struct request *request, struct inference *scratch, struct error *error)
{
    const char *name;
    enum media_kind kind = infer_sniff(request, &name);
    if (kind == MEDIA_UNSUPPORTED_IMAGE || kind == MEDIA_JSON || kind == MEDIA_UNKNOWN)
        return error_set(error, kind == MEDIA_UNKNOWN ? STATUS_MALFORMED : STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/encode takes a PNG picture or a recording.", name);
    bool image = kind == MEDIA_PNG;
    if (!image && (request->query.given & QUERY_POLARITY))
        return error_set(error, STATUS_INVALID_ARGUMENT, "polarity is for pictures alone.");
    struct raster latent = {0};
    enum status status =
        infer_select(request, image ? NETWORK_RECONSTRUCT : NETWORK_SYNTHESIZE, error);
    if (status == STATUS_OK)
        status = infer_read(request, scratch, &latent, error);
    if (status == STATUS_OK)
        status = infer_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_latent(request, &latent, error);
    raster_free(&latent);
    return status;
}

/* The wire's latent to a raster of the model's shape. */
static enum status infer_make_raster(struct request *request, const struct latent *latent,
                                     struct raster *raster, struct error *error)
{
    if (!request->network) {
        struct network *network;
        if (latent->model[0] == 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Neither the query nor the latent names a model.");
        enum status status = service_acquire_any(request->service, latent->model, &network, error);
        if (status != STATUS_OK)
            return status;
        request_take_network(request, network);
    }
    const struct network *network = request->network;
    if (latent->num_units != network_num_latents(network))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The latent has %u units, the model '%s' has %u.", latent->num_units,
                         network->name, network_num_latents(network));
    if (latent->num_steps > (uint32_t)network->num_steps)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The latent has %u steps, the model '%s' has %d.", latent->num_steps,
                         network->name, network->num_steps);
    enum status status = raster_init(raster, latent->num_steps, latent->num_units, error);
    return status == STATUS_OK ? raster_from_bitmap(raster, latent->bitmap, error) : status;
}

enum status infer_decode(struct request *request, struct inference *scratch, struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    struct latent latent = {0};
    struct raster raster = {0};
    const char *name;
    enum media_kind kind = infer_sniff(request, &name);
    if (kind != MEDIA_JSON && kind != MEDIA_UNKNOWN)
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/decode takes the JSON of /v1/encode.", name);
    uint64_t start = clock_now_us();
    enum status status = latent_read(body->bytes, body->size, &latent, error);
    request->durations.decode = infer_lap(start);
    if (status == STATUS_OK) {
        request->has_seed = latent.has_seed;
        request->seed = latent.seed;
        status = infer_make_raster(request, &latent, &raster, error);
    }
    if (status == STATUS_OK)
        status = infer_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_picture(request, scratch, &raster, error);
    latent_free(&latent);
    raster_free(&raster);
    return status;
}

/* --- the pool's side ----------------------------------------------------------------------- */

static struct request *infer_request(struct pool_item *item)
{
    return (struct request *)item;
}

static void infer_run(struct pool_item *item, struct inference *scratch)
{
    struct request *request = infer_request(item);
    struct error error = {.status = STATUS_OK};
    uint64_t start = clock_now_us();
    request->computed = true;
    request->durations.queue = start - item->queued_us;
    if (request->infer(request, scratch, &error) != STATUS_OK)
        reply_problem(request, &error);
    request->durations.compute = infer_lap(start);
    http_resume(request->exchange);
}

static void infer_drop(struct pool_item *item, enum status status)
{
    struct request *request = infer_request(item);
    struct error error;
    error_plain(&error, status);
    reply_problem(request, &error);
    http_resume(request->exchange);
}

static bool infer_gone(const struct pool_item *item)
{
    return http_client_gone(((const struct request *)item)->exchange);
}

struct pool_hooks infer_pool_hooks(void)
{
    return (struct pool_hooks){.run = infer_run, .drop = infer_drop, .gone = infer_gone};
}
