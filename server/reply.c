#include "server/reply.h"

#include "api/negotiate.h"
#include "api/problem.h"
#include "core/base/mem.h"

#include <string.h>

enum { REPLY_PROBLEM_SIZE = 4096 };

/* Clients of the Open Inference Protocol read another form of errors. */
static bool reply_is_flat(const struct request *request)
{
    const char *path = request->exchange->request.path;
    return strncmp(path, "/v2", 3) == 0 && (path[3] == 0 || path[3] == '/');
}

static void reply_write_problem(struct request *request, const struct error *error)
{
    static const char fallback[] = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
                                   "\"status\":503,\"code\":\"no_memory\"}";
    static const char flat_fallback[] = "{\"error\":\"Out of memory; try again later.\"}";
    struct http_reply *reply = &request->exchange->reply;
    bool flat = reply_is_flat(request);
    const char *type = flat ? "application/json" : PROBLEM_CONTENT_TYPE;
    struct buf body;
    buf_init(&body, REPLY_PROBLEM_SIZE);
    enum status status = flat ? problem_write_flat(error, &body) : problem_write(error, &body);
    if (status == STATUS_OK)
        http_reply_take(reply, status_http_code(error->status), type, &body);
    else if (flat)
        http_reply_static(reply, 503, type, flat_fallback, sizeof flat_fallback - 1);
    else
        http_reply_static(reply, 503, type, fallback, sizeof fallback - 1);
    buf_free(&body);
}

void reply_problem(struct request *request, const struct error *error)
{
    struct http_reply *reply = &request->exchange->reply;
    request->error = *error;
    reply->abort = error->status == STATUS_CLIENT_GONE;
    reply_write_problem(request, error);
    http_reply_text(reply, "Cache-Control", "no-store");
    if (reply->code == 503)
        http_reply_text(reply, "Retry-After", "1");
}

void reply_status(struct request *request, enum status status)
{
    struct error error;
    error_plain(&error, status);
    reply_problem(request, &error);
}

/* Adds the fields that go with a representation; true when the client has it already. */
static bool reply_is_known(struct request *request, const char *etag)
{
    struct http_exchange *exchange = request->exchange;
    http_reply_text(&exchange->reply, "ETag", etag);
    http_reply_add_to(&exchange->reply, "Vary", "Accept");
    char *wanted = http_header_value(exchange, "If-None-Match");
    bool known = negotiate_etag_listed(wanted, etag);
    mem_free(wanted);
    return known;
}

static bool reply_refuse_known(struct request *request)
{
    if (strcmp(request->exchange->request.method, "POST") != 0)
        return false;
    reply_status(request, STATUS_PRECONDITION_FAILED);
    return true;
}

void reply_representation(struct request *request, const char *content_type, struct buf *body)
{
    struct http_reply *reply = &request->exchange->reply;
    char etag[NEGOTIATE_ETAG_SIZE];
    negotiate_etag(body->bytes, body->size, etag);
    bool known = reply_is_known(request, etag);
    if (known && reply_refuse_known(request)) {
        buf_free(body);
        return;
    }
    http_reply_text(reply, "Cache-Control", "no-cache");
    http_reply_take(reply, known ? 304 : 200, content_type,
                    body); /* the size alone goes with 304 */
}

void reply_document(struct request *request, const char *content_type, const char *etag,
                    const void *bytes, size_t size)
{
    struct http_reply *reply = &request->exchange->reply;
    bool known = reply_is_known(request, etag);
    http_reply_text(reply, "Cache-Control", "no-cache");
    http_reply_static(reply, known ? 304 : 200, content_type, bytes, size);
}

void reply_json_representation(struct request *request, enum status written, struct buf *json)
{
    if (written == STATUS_OK)
        reply_representation(request, "application/json", json);
    else
        reply_status(request, written);
    buf_free(json);
}

void reply_json(struct request *request, int code, enum status written, struct buf *json)
{
    struct http_reply *reply = &request->exchange->reply;
    if (written == STATUS_OK) {
        http_reply_text(reply, "Cache-Control", "no-store");
        http_reply_take(reply, code, "application/json", json);
        if (code == 503)
            http_reply_text(reply, "Retry-After", "1");
    } else {
        reply_status(request, written);
    }
    buf_free(json);
}

void reply_text(struct request *request, int code, const char *text)
{
    struct http_reply *reply = &request->exchange->reply;
    http_reply_text(reply, "Cache-Control", "no-store");
    http_reply_static(reply, code, "text/plain; charset=utf-8", text, strlen(text));
    if (code == 503)
        http_reply_text(reply, "Retry-After", "1");
}
