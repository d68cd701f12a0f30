#include "api/latent.h"
#include "server/clock.h"
#include "server/infer.h"
#include "server/infer_answer.h"
#include "server/infer_input.h"

/* The wire's latent to a raster of the model's shape. */
static enum status infer_decode_raster(struct request *request, const struct latent *latent,
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
    if (!network_is_spiking(network))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' has no spikes: it is an analog network.", network->name);
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
    enum media_kind kind = infer_input_sniff(request, &name);
    if (kind != MEDIA_JSON && kind != MEDIA_UNKNOWN)
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "The body is %s; /v1/decode takes the JSON of /v1/encode.", name);
    uint64_t start = clock_now_us();
    enum status status = latent_read(body->bytes, body->size, &latent, error);
    request->durations.decode = clock_since_us(start);
    if (status == STATUS_OK) {
        request->has_seed = latent.has_seed;
        request->seed = latent.seed;
        status = infer_decode_raster(request, &latent, &raster, error);
    }
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK)
        status = infer_answer_picture(request, scratch, &raster, error);
    latent_free(&latent);
    raster_free(&raster);
    return status;
}
