#include "server/infer.h"

#include "api/oip_reply.h"
#include "api/oip_request.h"
#include "core/base/mem.h"
#include "server/clock.h"
#include "server/infer_input.h"
#include "server/infer_speech.h"
#include "server/reply.h"
#include "server/signature.h"

#include <string.h>

enum {
    INFER_OIP_MAX_OUTPUT = 64 * 1024 * 1024, /* bytes of all output tensors in memory */
    INFER_OIP_MAX_BODY = 256 * 1024 * 1024,
    INFER_OIP_PARAMETERS =
        QUERY_SEED | QUERY_STEPS | QUERY_STYLE | QUERY_MIN_CONFIDENCE | QUERY_TIMEOUT_MS
};

/* One inference request while it is computed. */
struct infer_oip {
    struct oip_model model;
    struct oip_request asked;
    uint32_t num_steps, num_pixels, num_latents;
    float *images;    /* [batch][num_pixels] */
    uint8_t *latents; /* [batch][num_steps][num_latents]; NULL for an analog network */
};

static enum status infer_oip_read(struct request *request, struct infer_oip *run,
                                  struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    size_t json_size;
    uint64_t start = clock_now_us();
    char *header = http_header_value(request->exchange, "Inference-Header-Content-Length");
    enum status status = request->exchange->failure.status == STATUS_OK
                             ? oip_request_json_size(header, body->size, &json_size, error)
                             : error_plain(error, STATUS_NO_MEMORY);
    mem_free(header);
    if (status == STATUS_OK)
        status = oip_request_read(body->bytes, body->size, json_size, &run->model,
                                  INFER_OIP_PARAMETERS, &run->asked, error);
    request->durations.decode = clock_since_us(start);
    if (status != STATUS_OK)
        return status;
    request->query = run->asked.query;
    request->num_samples = run->asked.batch;
    if (request->query.given & QUERY_TIMEOUT_MS)
        request->item.deadline_us =
            request->exchange->request.received_us + (uint64_t)request->query.timeout_ms * 1000;
    return request_check(request, error);
}

static enum status infer_oip_make_room(const struct request *request, struct infer_oip *run,
                                       struct error *error)
{
    const struct network *network = request->network;
    int steps = request->query.steps ? request->query.steps : network->num_steps;
    run->num_steps = (uint32_t)steps;
    run->num_pixels = network_num_pixels(network);
    run->num_latents = network_is_spiking(network) ? network_num_latents(network) : 0;
    size_t latent_size = (size_t)run->num_steps * run->num_latents;
    size_t sample_size = latent_size + run->num_pixels * sizeof *run->images;
    if (run->asked.batch > INFER_OIP_MAX_OUTPUT / sample_size)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The answer to %u samples would have more than %d bytes.",
                         run->asked.batch, INFER_OIP_MAX_OUTPUT);
    run->images = mem_alloc(run->asked.batch, run->num_pixels * sizeof *run->images);
    if (latent_size)
        run->latents = mem_alloc(run->asked.batch, latent_size);
    return run->images && (run->latents || !latent_size) ? STATUS_OK
                                                         : error_plain(error, STATUS_NO_MEMORY);
}

/* --- one sample ---------------------------------------------------------------------------- */

/* The sample's input, where it consists of numbers; they make its seed, unless one was given. */
static void infer_oip_input(struct request *request, const struct infer_oip *run, uint32_t sample,
                            real *input)
{
    size_t count = network_num_inputs(request->network);
    const float *values = run->asked.values + sample * count;
    infer_input_choose_seed(request, values, count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        input[i] = (real)values[i];
}

/* A file to scratch->latent, or to the input of an analog network; it makes the seed likewise. */
static enum status infer_oip_hear(struct request *request, struct inference *scratch,
                                  const struct oip_file *file, real *input, struct error *error)
{
    infer_input_choose_seed(request, file->bytes, file->size);
    if (!network_is_spiking(request->network))
        return infer_input_hear(request, file->bytes, file->size, input, error);
    return infer_speech_hear(request, scratch, file->bytes, file->size, input, error);
}

/* How often each pixel spiked, as a share of the steps; each bit of the latent as a byte. */
static void infer_oip_keep(const struct raster *latent, const struct raster *output,
                           uint32_t *counts, float *image, uint8_t *bits)
{
    raster_unit_counts(output, output->num_steps, counts);
    for (uint32_t i = 0; i < output->num_units; i++)
        image[i] = (float)counts[i] / (float)output->num_steps;
    for (uint32_t step = 0; step < latent->num_steps; step++) {
        const uint64_t *words = latent->words + (size_t)step * latent->row_words;
        for (uint32_t unit = 0; unit < latent->num_units; unit++)
            *bits++ = words[unit / 64] >> unit % 64 & 1;
    }
}

/* What the confidence of a request is: that of its poorest sample. */
static enum status infer_oip_weigh(struct request *request, uint32_t sample, struct raster *latent,
                                   struct error *error)
{
    double least = sample ? request->confidence : 1;
    enum status status = infer_speech_weigh(request, latent, error);
    if (request->has_confidence && request->confidence > least)
        request->confidence = least;
    return status;
}

static enum status infer_oip_spiking(struct request *request, struct inference *scratch,
                                     const struct infer_oip *run, uint32_t sample,
                                     const real *input, struct error *error)
{
    struct raster *latent = &scratch->latent, *output = &scratch->output;
    size_t latent_size = (size_t)run->num_steps * run->num_latents;
    uint32_t *counts = mem_alloc(run->num_pixels, sizeof *counts);
    if (!counts)
        return error_plain(error, STATUS_NO_MEMORY);
    enum status status = STATUS_OK;
    if (!run->asked.files) /* else it has been heard */
        status = inference_encode_into(scratch, request->network, input, request->seed,
                                       (int)run->num_steps, latent, &request->stats, error);
    if (status == STATUS_OK)
        status = infer_oip_weigh(request, sample, latent, error);
    if (status == STATUS_OK)
        status = inference_decode_into(scratch, request->network, latent, output, &request->stats,
                                       error);
    if (status == STATUS_OK)
        infer_oip_keep(latent, output, counts, run->images + (size_t)sample * run->num_pixels,
                       run->latents + sample * latent_size);
    mem_free(counts);
    return status;
}

static enum status infer_oip_analog(struct request *request, struct inference *scratch,
                                    const struct infer_oip *run, uint32_t sample, const real *input,
                                    struct error *error)
{
    float *image = run->images + (size_t)sample * run->num_pixels;
    real *picture = mem_alloc(run->num_pixels, sizeof *picture);
    enum status status = picture ? inference_analog(scratch, request->network, input, picture,
                                                    &request->stats, error)
                                 : error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t i = 0; i < run->num_pixels && status == STATUS_OK; i++)
        image[i] = (float)picture[i];
    mem_free(picture);
    return status;
}

static enum status infer_oip_compute(struct request *request, struct inference *scratch,
                                     const struct infer_oip *run, uint32_t sample,
                                     const real *input, struct error *error)
{
    uint64_t start = clock_now_us();
    enum status status = network_is_spiking(request->network)
                             ? infer_oip_spiking(request, scratch, run, sample, input, error)
                             : infer_oip_analog(request, scratch, run, sample, input, error);
    request->durations.network += clock_since_us(start);
    return status;
}

static enum status infer_oip_sample(struct request *request, struct inference *scratch,
                                    const struct infer_oip *run, uint32_t sample, real *input,
                                    struct error *error)
{
    enum status status = STATUS_OK;
    if (run->asked.files)
        status = infer_oip_hear(request, scratch, &run->asked.files[sample], input, error);
    else
        infer_oip_input(request, run, sample, input);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_oip_compute(request, scratch, run, sample, input, error);
    if (status != STATUS_OK && run->asked.files && status_http_code(status) < 500)
        error_prefix(error, status, "Element %u of 'audio': ", sample);
    return status;
}

static enum status infer_oip_samples(struct request *request, struct inference *scratch,
                                     const struct infer_oip *run, struct error *error)
{
    real *input = inference_input(scratch, request->network);
    enum status status = input ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t sample = 0; sample < run->asked.batch && status == STATUS_OK; sample++)
        status = infer_oip_sample(request, scratch, run, sample, input, error);
    /* several samples may have had a seed each: then there is none to tell */
    request->has_seed = run->asked.batch == 1 || (request->query.given & QUERY_SEED);
    return status;
}

/* --- the answer ---------------------------------------------------------------------------- */

static struct oip_output infer_oip_output(const struct infer_oip *run, struct oip_wanted wanted)
{
    const struct oip_tensor *tensor = &run->model.outputs[wanted.index];
    struct oip_output output = {
        .tensor = tensor, .shape = {run->asked.batch}, .binary = wanted.binary};
    if (wanted.index == SIGNATURE_LATENT) {
        output.shape[1] = run->num_steps;
        output.shape[2] = run->num_latents;
        output.values = run->latents;
    } else {
        output.shape[1] = (size_t)tensor->shape[1];
        output.shape[2] = (size_t)tensor->shape[2];
        output.values = run->images;
    }
    return output;
}

static enum status infer_oip_answer(struct request *request, const struct infer_oip *run,
                                    struct error *error)
{
    struct http_reply *answer = &request->exchange->reply;
    struct oip_reply reply = {
        .model = request->model,
        .id = run->asked.has_id ? run->asked.id : NULL,
        .has_seed = request->has_seed,
        .seed = request->seed,
        .has_confidence = request->has_confidence,
        .confidence = request->confidence,
        .spikes = request->stats.spikes,
        .synops = request->stats.synops,
    };
    for (int i = 0; i < run->asked.num_wanted; i++)
        reply.outputs[reply.num_outputs++] = infer_oip_output(run, run->asked.wanted[i]);
    struct buf body;
    size_t json_size;
    uint64_t start = clock_now_us();
    buf_init(&body, INFER_OIP_MAX_BODY);
    enum status status = oip_reply_write(&reply, &body, &json_size);
    request->durations.png = clock_since_us(start);
    if (status == STATUS_OK && json_size < body.size)
        http_reply_number(answer, "Inference-Header-Content-Length", json_size);
    if (status == STATUS_OK) {
        http_reply_text(answer, "Cache-Control", "no-store");
        http_reply_take(answer, 200,
                        json_size < body.size ? "application/octet-stream" : "application/json",
                        &body);
    } else {
        error_plain(error, status);
    }
    buf_free(&body);
    return status;
}

enum status infer_oip(struct request *request, struct inference *scratch, struct error *error)
{
    struct infer_oip run = {.asked = {.batch = 0}};
    signature_describe(request->network, &run.model);
    enum status status = infer_oip_read(request, &run, error);
    if (status == STATUS_OK)
        status = infer_input_select(request, request->network->task, error);
    if (status == STATUS_OK)
        status = infer_oip_make_room(request, &run, error);
    if (status == STATUS_OK)
        status = infer_oip_samples(request, scratch, &run, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_oip_answer(request, &run, error);
    oip_request_free(&run.asked);
    mem_free(run.images);
    mem_free(run.latents);
    return status;
}
