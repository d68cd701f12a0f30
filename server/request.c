#include "server/request.h"

#include "core/base/mem.h"
#include "server/clock.h"
#include "server/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

static bool request_id_is_sane(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length < REQUEST_ID_SIZE && id[length] == 0;
}

static void request_make_id(char id[REQUEST_ID_SIZE])
{
    uint64_t random[2] = {clock_now_us(), 0};
    /* without random numbers the clock alone must do: an id is for finding lines, not a secret */
    ssize_t filled = getrandom(random, sizeof random, GRND_NONBLOCK);
    (void)filled;
    snprintf(id, REQUEST_ID_SIZE, "%016llx%016llx", (unsigned long long)random[0],
             (unsigned long long)random[1]);
}

struct request *request_new(struct service *service, struct http_exchange *exchange)
{
    struct request *request = mem_alloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->service = service;
    request->exchange = exchange;
    char *id = http_header_value(exchange, "X-Request-Id");
    if (id && request_id_is_sane(id))
        strcpy(request->id, id);
    else
        request_make_id(request->id);
    mem_free(id);
    return request;
}

void request_free(struct request *request)
{
    if (!request)
        return;
    network_release(request->network);
    mem_free(request);
}

void request_take_network(struct request *request, struct network *network)
{
    request->network = network;
    snprintf(request->model, sizeof request->model, "%s", network->name);
}

enum status request_check(const struct request *request, struct error *error)
{
    if (clock_now_us() >= request->item.deadline_us)
        return error_plain(error, STATUS_DEADLINE);
    if (http_client_gone(request->exchange))
        return error_plain(error, STATUS_CLIENT_GONE);
    return STATUS_OK;
}

static void request_log(const struct request *request, const char *route_name, bool delivered,
                        uint64_t duration_us)
{
    const struct http_exchange *exchange = request->exchange;
    bool looks = strcmp(exchange->request.method, "POST") != 0; /* probes, above all */
    bool quiet = looks && strncmp(route_name, "/v1/", 4) != 0 && exchange->reply.code < 400;
    struct log_line line;
    log_begin(&line, quiet ? LOG_DEBUG : LOG_INFO, "request");
    writer_string(&line.writer, "request_id", request->id);
    writer_string(&line.writer, "method", exchange->request.method);
    writer_string(&line.writer, "route", route_name);
    if (request->has_key) {
        char key[17];
        snprintf(key, sizeof key, "%016llx", (unsigned long long)request->key_id);
        writer_string(&line.writer, "key", key);
    }
    if (request->model[0])
        writer_string(&line.writer, "model", request->model);
    writer_integer(&line.writer, "status", (uint64_t)exchange->reply.code);
    if (!delivered)
        writer_bool(&line.writer, "delivered", false);
    writer_integer(&line.writer, "bytes_in", exchange->request.body.size);
    writer_integer(&line.writer, "bytes_out", exchange->reply.body_size);
    writer_number(&line.writer, "duration_ms", (double)duration_us / 1000);
    if (request->computed) {
        writer_number(&line.writer, "queue_ms", (double)request->durations.queue / 1000);
        writer_number(&line.writer, "compute_ms", (double)request->durations.compute / 1000);
    }
    if (request->has_seed)
        writer_integer(&line.writer, "seed", request->seed);
    if (request->error.status != STATUS_OK)
        writer_string(&line.writer, "outcome", status_name(request->error.status));
    log_end(&line);
}

void request_finish(const struct request *request, const char *route_name, bool delivered)
{
    const struct http_exchange *exchange = request->exchange;
    uint64_t duration_us = clock_now_us() - exchange->request.started_us;
    struct metrics_sample sample = {
        .route = request->route,
        .code = exchange->reply.code,
        .status = request->error.status,
        .duration_us = duration_us,
        .computed = request->computed,
        .queue_us = request->durations.queue,
        .compute_us = request->durations.compute,
        .synops = request->stats.synops,
        .spikes = request->stats.spikes,
    };
    metrics_record(request->service->metrics, &sample);
    request_log(request, route_name, delivered, duration_us);
}
