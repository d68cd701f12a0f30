#include "server/handlers.h"

#include "api/oip.h"
#include "api/oip_request.h"
#include "api/oip_statistics.h"
#include "core/base/mem.h"
#include "server/infer.h"
#include "server/reply.h"
#include "server/signature.h"

#include <string.h>
#include <strings.h>

enum { HANDLERS_METADATA_SIZE = 64 * 1024, HANDLERS_STATISTICS_SIZE = 4 * 1024 * 1024 };

bool handlers_server(struct request *request)
{
    struct buf json;
    buf_init(&json, HANDLERS_METADATA_SIZE);
    enum status status = oip_server_write("spikeloom", SPIKELOOM_VERSION, &json);
    reply_json_representation(request, status, &json);
    return true;
}

/* The model that the path names, in the version that there is. */
static enum status handlers_find_model(struct request *request, struct error *error)
{
    const struct request_names *names = &request->names;
    struct network *network;
    enum status status = service_check_serving(request->service, error);
    if (status == STATUS_OK)
        status = registry_find(request->service->registry, names->model, &network, error);
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
    reply_json_representation(request, oip_model_write(&model, &json), &json);
    return true;
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

/* --- inference ----------------------------------------------------------------------------- */

static enum status handlers_check_coding(const struct request *request, struct error *error)
{
    char *coding = http_header_value(request->exchange, "Content-Encoding");
    bool plain = !coding || strcasecmp(coding, "identity") == 0;
    enum status status = STATUS_OK;
    if (!plain)
        status = error_set(error, STATUS_UNSUPPORTED_MEDIA,
                           "Bodies are taken as they are, without a Content-Encoding.");
    mem_free(coding);
    return status;
}

void handlers_oip_infer_begin(struct request *request)
{
    struct error error;
    enum status status = handlers_check_coding(request, &error);
    if (status == STATUS_OK)
        status = handlers_find_model(request, &error);
    if (status == STATUS_OK && pool_is_full(request->service->pool))
        status = error_plain(&error, STATUS_OVERLOADED);
    if (status != STATUS_OK)
        reply_problem(request, &error);
}

/* Lets the deadline that the client has put into the body hold in the queue already. */
static void handlers_peek_timeout(struct request *request)
{
    const struct buf *body = &request->exchange->request.body;
    size_t json_size;
    char *header = http_header_value(request->exchange, "Inference-Header-Content-Length");
    if (oip_request_json_size(header, body->size, &json_size, NULL) == STATUS_OK)
        request->query.timeout_ms = oip_request_peek_timeout(body->bytes, json_size);
    mem_free(header);
    if (request->query.timeout_ms)
        request->query.given |= QUERY_TIMEOUT_MS;
}

bool handlers_oip_infer(struct request *request)
{
    handlers_peek_timeout(request);
    return handlers_submit(request, infer_oip);
}

/* --- statistics ---------------------------------------------------------------------------- */

static void handlers_write_statistics(struct request *request, const char *name,
                                      struct writer *writer)
{
    struct oip_statistics statistics;
    statistics_get(request->service->statistics, name, &statistics);
    oip_statistics_write(name, &statistics, writer);
}

/* Of the model that the path names, or of all that are served. */
bool handlers_oip_statistics(struct request *request)
{
    struct error error;
    struct buf json;
    struct writer writer;
    bool one = request->names.model[0] != 0;
    enum status found = one ? handlers_find_model(request, &error)
                            : service_check_serving(request->service, &error);
    if (found != STATUS_OK) {
        reply_problem(request, &error);
        return true;
    }
    buf_init(&json, HANDLERS_STATISTICS_SIZE);
    writer_init(&writer, &json);
    writer_object(&writer, NULL);
    writer_array(&writer, "model_stats");
    if (one)
        handlers_write_statistics(request, request->names.model, &writer);
    struct registry_list *list = registry_models(request->service->registry);
    for (size_t i = 0; i < list->count && !one; i++)
        if (list->models[i].network)
            handlers_write_statistics(request, list->models[i].name, &writer);
    registry_list_release(list);
    writer_end_array(&writer);
    writer_end_object(&writer);
    reply_json(request, 200, writer.status, &json);
    return true;
}
