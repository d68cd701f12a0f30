#include "server/infer_input.h"

#include "core/media/image.h"
#include "models/front_end.h"
#include "server/clock.h"
#include "server/infer_speech.h"

enum media_kind infer_input_sniff(const struct request *request, const char **name)
{
    const struct buf *body = &request->exchange->request.body;
    *name = "unknown";
    enum media_kind kind = audio_sniff(body->bytes, body->size, name);
    if (kind == MEDIA_UNKNOWN)
        *name = "of no known kind";
    return kind;
}

enum status infer_input_select(struct request *request, enum network_task task, struct error *error)
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
    return infer_speech_check(request, error);
}

void infer_input_choose_seed(struct request *request, const void *bytes, size_t size)
{
    request->seed = request->query.seed;
    if (!(request->query.given & QUERY_SEED)) {
        uint8_t digest[DIGEST_SIZE];
        digest_sha256(bytes, size, digest);
        request->seed = digest_seed(digest);
    }
    request->has_seed = true;
}

enum status infer_input_audio(struct request *request, const uint8_t *bytes, size_t size,
                              struct audio *audio, struct error *error)
{
    struct audio_limits limits = audio_default_limits;
    limits.max_seconds = request->service->config->max_audio_seconds;
    uint64_t start = clock_now_us();
    enum status status = audio_decode(bytes, size, &limits, audio, error);
    request->durations.decode += clock_since_us(start);
    return status == STATUS_OK ? request_check(request, error) : status;
}

enum status infer_input_hear(struct request *request, const uint8_t *bytes, size_t size,
                             real *input, struct error *error)
{
    struct audio audio = {0};
    enum status status = infer_input_audio(request, bytes, size, &audio, error);
    uint64_t start = clock_now_us();
    if (status == STATUS_OK)
        status = front_end_run(request->network, &audio, input, error);
    request->durations.cochlea += clock_since_us(start);
    audio_free(&audio);
    return status;
}

enum status infer_input_look(struct request *request, real *input, struct error *error)
{
    static const enum image_polarity polarities[] = {
        [QUERY_POLARITY_KEEP] = IMAGE_POLARITY_KEEP,
        [QUERY_POLARITY_INVERT] = IMAGE_POLARITY_INVERT,
        [QUERY_POLARITY_AUTO] = IMAGE_POLARITY_AUTO,
    };
    const struct buf *body = &request->exchange->request.body;
    const struct network *network = request->network;
    uint64_t start = clock_now_us();
    enum status status =
        image_decode_png(body->bytes, body->size, polarities[request->query.polarity],
                         network->image_width, network->image_height, input, error);
    request->durations.decode = clock_since_us(start);
    return status;
}

enum status infer_input_begin(struct request *request, struct inference *scratch, real **input,
                              struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    *input = inference_input(scratch, request->network);
    if (!*input)
        return error_plain(error, STATUS_NO_MEMORY);
    infer_input_choose_seed(request, body->bytes, body->size);
    return STATUS_OK;
}
