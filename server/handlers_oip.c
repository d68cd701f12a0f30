#include "server/handlers.h"

#include "api/oip.h"
#include "server/reply.h"
#include "server/signature.h"

#include <string.h>

enum { HANDLERS_METADATA_SIZE = 64 * 1024 };

/* Sends metadata, or the reason why there is none. */
static bool handlers_metadata(struct request *request, enum status status, struct buf *json)
{
    struct error error;
    if (status == STATUS_OK) {
        reply_representation(request, "application/json", json);
    } else {
        error_plain(&error, status);
        reply_problem(request, &error);
    }
    buf_free(json);
    return true;
}

bool handlers_server(struct request *request)
{
    struct buf json;
    buf_init(&json, HANDLERS_METADATA_SIZE);
    enum status status = oip_server_write("spikeloom", SPIKELOOM_VERSION, &json);
    return handlers_metadata(request, status, &json);
}

/* The model that the path names, in the version that there is. */
static enum status handlers_find_model(struct request *request, struct error *error)
{
    const struct request_names *names = &request->names;
    struct network *network;
    if (!service_is_serving(request->service))
        return error_set(error, STATUS_NOT_READY, "The models are being loaded.");
    enum status status = registry_find(request->service->registry, names->model, &network, error);
    if (status != STATUS_OK)
        return status;
    request_take_network(request, network);
    if (names->version[0] && strcmp(names->version, OIP_VERSION) != 0)
        return error_set(error, STATUS_NOT_FOUND,
                         "The model '%s' has no version '%s'; its only one is '%s'.", names->model,
                         names->version, OIP_VERSION);
    return STATUS_OK;
}

void handlers_oip_begin(struct request *request)
{
    struct error error;
    if (handlers_find_model(request, &error) != STATUS_OK)
        reply_problem(request, &error);
}

bool handlers_oip_model(struct request *request)
{
    struct oip_model model;
    struct buf json;
    signature_describe(request->network, &model);
    buf_init(&json, HANDLERS_METADATA_SIZE);
    return handlers_metadata(request, oip_model_write(&model, &json), &json);
}

/* A model that is known but not served answers here too, with 503 and "ready": false. */
bool handlers_oip_ready(struct request *request)
{
    struct error error;
    struct buf json;
    enum status found = handlers_find_model(request, &error);
    if (found != STATUS_OK &&
        (found != STATUS_NOT_READY || !service_is_serving(request->service))) {
        reply_problem(request, &error);
        return true;
    }
    buf_init(&json, HANDLERS_METADATA_SIZE);
    enum status written = oip_ready_write(request->names.model, found == STATUS_OK, &json);
    reply_json(request, found == STATUS_OK ? 200 : 503, written, &json);
    return true;
}
