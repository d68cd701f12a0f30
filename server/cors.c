#include "server/cors.h"

#include "core/base/mem.h"

#include <string.h>

static bool cors_origin_is_sane(const char *origin, size_t length)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t scheme = strlen(schemes[i]);
        /* browsers send host and port in lower case and without a path */
        if (length > scheme && strncmp(origin, schemes[i], scheme) == 0)
            return strspn(origin + scheme, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") >=
                   length - scheme;
    }
    return false;
}

enum status cors_check_list(const char *list, struct error *error)
{
    for (const char *each = list;; each++) {
        size_t length = strcspn(each, ",");
        if (!cors_origin_is_sane(each, length))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "--cors-origin wants origins like https://example.org:8443 with "
                             "commas in between, not '%.*s'.",
                             (int)(length < 80 ? length : 80), each);
        each += length;
        if (!*each)
            return STATUS_OK;
    }
}

bool cors_allows(const char *list, const char *origin)
{
    size_t wanted = origin ? strlen(origin) : 0;
    if (wanted == 0 || strchr(origin, ','))
        return false;
    for (const char *each = list; *each; each += *each == ',') {
        size_t length = strcspn(each, ",");
        if (length == wanted && strncmp(each, origin, length) == 0)
            return true;
        each += length;
    }
    return false;
}

static bool cors_has(const struct http_reply *reply, const char *name)
{
    for (int i = 0; i < reply->num_headers; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return true;
    return false;
}

void cors_begin(struct http_exchange *exchange, const char *list)
{
    struct http_reply *reply = &exchange->reply;
    http_reply_add_to(reply, "Vary", "Origin");
    char *origin = http_header_value(exchange, "Origin");
    if (cors_allows(list, origin)) {
        http_reply_text(reply, "Access-Control-Allow-Origin", origin);
        http_reply_text(reply, "Access-Control-Expose-Headers",
                        "Spikeloom-Seed, Spikeloom-Model, Spikeloom-Synops, Spikeloom-Spikes, "
                        "Spikeloom-Confidence, Server-Timing, ETag, Retry-After, X-Request-Id, "
                        "traceparent, Inference-Header-Content-Length, WWW-Authenticate");
    }
    mem_free(origin);
}

void cors_preflight(struct http_exchange *exchange, const char *methods)
{
    struct http_reply *reply = &exchange->reply;
    char *method = http_header_value(exchange, "Access-Control-Request-Method");
    if (method && cors_has(reply, "Access-Control-Allow-Origin")) {
        http_reply_text(reply, "Access-Control-Allow-Methods", methods);
        http_reply_text(reply, "Access-Control-Allow-Headers",
                        "Authorization, Content-Type, Accept, If-None-Match, X-Request-Id, "
                        "traceparent, tracestate, Inference-Header-Content-Length");
        http_reply_text(reply, "Access-Control-Max-Age", "600");
    }
    mem_free(method);
}
