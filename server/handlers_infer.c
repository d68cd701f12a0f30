#include "server/handlers.h"

#include "api/latent.h"
#include "server/infer.h"
#include "server/reply.h"

void handlers_infer_begin(struct request *request)
{
    struct error error;
    struct network *network = NULL;
    enum status status = service_check_serving(request->service, &error);
    if (status == STATUS_OK && pool_is_full(request->service->pool))
        status = error_plain(&error, STATUS_OVERLOADED);
    if (status == STATUS_OK && (request->query.given & QUERY_MODEL))
        status = service_acquire_any(request->service, request->query.model, &network, &error);
    if (network)
        request_take_network(request, network);
    if (status != STATUS_OK)
        reply_problem(request, &error);
}

/*
 * Runs on the thread of the event loop what is brief, and a short recording of the only client that
 * it has; as long as the queue has a place for every connection: so nobody is kept waiting who
 * should be turned away.
 */
static bool handlers_run_here(struct request *request)
{
    const struct service *service = request->service;
    bool brief = infer_is_brief(request);
    if (!brief && !(http_is_alone(request->exchange) && infer_is_short(request)))
        return false;
    if (http_connections(service->http).open > service->config->queue_size)
        return false;
    return brief ? pool_run_here(service->pool, &request->item)
                 : pool_run_alone(service->pool, &request->item);
}

static bool handlers_queue(struct request *request)
{
    struct http_exchange *exchange = request->exchange;
    enum status status = pool_reserve(request->service->pool);
    if (status != STATUS_OK) {
        reply_status(request, status);
        return true;
    }
    http_suspend(exchange);
    status = pool_submit(request->service->pool, &request->item);
    if (status == STATUS_OK)
        return false;
    /* once suspended, the way back leads through the event loop */
    reply_status(request, status);
    http_resume(exchange);
    return false;
}

bool handlers_submit(struct request *request, infer_function function)
{
    if (request->exchange->request.body.size == 0) {
        reply_status(request, STATUS_EMPTY);
        return true;
    }
    int timeout_ms = request->query.given & QUERY_TIMEOUT_MS ? request->query.timeout_ms
                                                             : request->service->config->timeout_ms;
    request->item.deadline_us =
        request->exchange->request.received_us + (uint64_t)timeout_ms * 1000;
    request->infer = function;
    return handlers_run_here(request) || handlers_queue(request);
}

bool handlers_synthesize(struct request *request)
{
    return handlers_submit(request, infer_synthesize);
}

bool handlers_reconstruct(struct request *request)
{
    return handlers_submit(request, infer_reconstruct);
}

bool handlers_encode(struct request *request)
{
    return handlers_submit(request, infer_encode);
}

bool handlers_decode(struct request *request)
{
    return handlers_submit(request, infer_decode);
}
