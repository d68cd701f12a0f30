#include "server/request.h"

#include "core/base/digits.h"
#include "core/base/mem.h"
#include "server/clock.h"
#include "server/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum {
    REQUEST_LOOK_US = 1000, /* looking after a client costs a call of the system */
    REQUEST_RANDOM_WORDS = 6,
    REQUEST_RANDOM_AHEAD = 16 /* requests for which a thread draws at once */
};

static bool request_id_is_sane(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length < REQUEST_ID_SIZE && id[length] == 0;
}

/*
 * Six random words, which are used once. Without random numbers the clock must do: an id is for
 * finding lines, it is no secret.
 */
static const uint64_t *request_draw(void)
{
    static _Thread_local uint64_t drawn[REQUEST_RANDOM_AHEAD][REQUEST_RANDOM_WORDS];
    static _Thread_local int left;
    if (left == 0) {
        left = REQUEST_RANDOM_AHEAD;
        if (getrandom(drawn, sizeof drawn, GRND_NONBLOCK) != sizeof drawn) {
            memset(drawn, 0, sizeof drawn);
            drawn[0][0] = drawn[0][2] = drawn[0][3] = drawn[0][5] = clock_now_us();
            left = 1;
        }
    }
    return drawn[--left];
}

static void request_choose_id(struct request *request, const uint64_t *random)
{
    char *id = http_header_value(request->exchange, "X-Request-Id");
    if (id && request_id_is_sane(id))
        strcpy(request->id, id);
    else
        *digits_hex(random[1], digits_hex(random[0], request->id)) = 0;
    mem_free(id);
}

static void request_choose_trace(struct request *request, const uint64_t *random)
{
    char *value = http_header_value(request->exchange, "traceparent");
    traceparent_read(value, &request->trace);
    memcpy(request->caller_step, request->trace.step, sizeof request->caller_step);
    traceparent_step(random, &request->trace);
    mem_free(value);
}

struct request *request_new(struct service *service, struct http_exchange *exchange)
{
    struct request *request = exchange->kept ? exchange->kept : mem_alloc(1, sizeof *request);
    if (!request)
        return NULL;
    exchange->kept = NULL;
    *request = (struct request){.service = service, .exchange = exchange};
    const uint64_t *random = request_draw();
    request_choose_id(request, random);
    request_choose_trace(request, random + REQUEST_RANDOM_WORDS / 2);
    return request;
}

void request_identify(struct request *request)
{
    struct http_reply *reply = &request->exchange->reply;
    char value[TRACEPARENT_SIZE];
    traceparent_write(&request->trace, value);
    http_reply_text(reply, "X-Request-Id", request->id);
    http_reply_text(reply, "traceparent", value);
    char *state = http_header_value(request->exchange, "tracestate");
    if (request->caller_step[0] && traceparent_state_is_sane(state))
        http_reply_text(reply, "tracestate", state);
    mem_free(state);
}

void request_free(struct request *request)
{
    if (!request)
        return;
    network_release(request->network);
    buf_free(&request->input_png);
    request->exchange->kept = request;
}

void request_take_network(struct request *request, struct network *network)
{
    request->network = network;
    snprintf(request->model, sizeof request->model, "%s", network->name);
}

enum status request_check(struct request *request, struct error *error)
{
    uint64_t now = clock_now_us();
    if (now >= request->item.deadline_us)
        return error_plain(error, STATUS_DEADLINE);
    if (now - request->looked_us < REQUEST_LOOK_US)
        return STATUS_OK;
    request->looked_us = now;
    if (http_client_gone(request->exchange))
        return error_plain(error, STATUS_CLIENT_GONE);
    return STATUS_OK;
}

static void request_log_ids(const struct request *request, struct writer *writer)
{
    writer_string(writer, "request_id", request->id);
    writer_string(writer, "trace_id", request->trace.trace);
    writer_string(writer, "span_id", request->trace.step);
    if (request->caller_step[0])
        writer_string(writer, "parent_span_id", request->caller_step);
    if (request->has_key) {
        char key[DIGITS_HEX + 1] = "";
        digits_hex(request->key_id, key);
        writer_string(writer, "key", key);
    }
}

static void request_log_milliseconds(struct writer *writer, const char *key, uint64_t duration_us)
{
    writer_thousandths(writer, key, duration_us);
}

static void request_log_durations(const struct request *request, struct writer *writer)
{
    const struct request_durations *durations = &request->durations;
    request_log_milliseconds(writer, "queue_ms", durations->queue);
    request_log_milliseconds(writer, "decode_ms", durations->decode);
    request_log_milliseconds(writer, "cochlea_ms", durations->cochlea);
    request_log_milliseconds(writer, "network_ms", durations->network);
    request_log_milliseconds(writer, "png_ms", durations->png);
    request_log_milliseconds(writer, "compute_ms", durations->compute);
}

static enum log_level request_log_level(const struct request *request)
{
    int code = request->exchange->reply.code;
    if (request->minor && code < 400)
        return LOG_DEBUG;
    return code < 500 ? LOG_INFO : LOG_WARN;
}

static void request_log(const struct request *request, const char *route_name, bool delivered,
                        uint64_t duration_us)
{
    const struct http_exchange *exchange = request->exchange;
    enum log_level level = request_log_level(request);
    struct log_line line;
    if (!log_wants(level))
        return;
    log_begin(&line, level, "request");
    request_log_ids(request, &line.writer);
    writer_string(&line.writer, "method", exchange->request.method);
    writer_string(&line.writer, "route", route_name);
    if (request->model[0])
        writer_string(&line.writer, "model", request->model);
    writer_integer(&line.writer, "status", (uint64_t)exchange->reply.code);
    if (!delivered)
        writer_bool(&line.writer, "delivered", false);
    writer_integer(&line.writer, "bytes_in", exchange->request.body.size);
    writer_integer(&line.writer, "bytes_out", exchange->reply.body_size);
    request_log_milliseconds(&line.writer, "duration_ms", duration_us);
    if (request->computed)
        request_log_durations(request, &line.writer);
    if (request->has_seed)
        writer_integer(&line.writer, "seed", request->seed);
    if (request->error.status != STATUS_OK)
        writer_string(&line.writer, "outcome", status_name(request->error.status));
    log_end(&line);
}

static void request_count_inference(const struct request *request, uint64_t now_us)
{
    const struct request_durations *durations = &request->durations;
    struct statistics_sample sample = {
        .model = request->model,
        .success = request->error.status == STATUS_OK,
        .computed = request->computed,
        .num_samples = request->num_samples ? request->num_samples : 1,
        .duration_us = now_us - request->exchange->request.received_us,
        .queue_us = durations->queue,
        .input_us = durations->decode + durations->cochlea,
        .infer_us = durations->network,
        .output_us = durations->png,
    };
    if (request->model[0])
        statistics_record(request->service->statistics, &sample);
}

void request_finish(const struct request *request, const char *route_name, bool delivered)
{
    const struct http_exchange *exchange = request->exchange;
    uint64_t now_us = clock_now_us(), duration_us = now_us - exchange->request.started_us;
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
    if (request->infer)
        request_count_inference(request, now_us);
    request_log(request, route_name, delivered, duration_us);
}
