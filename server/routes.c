#include "server/routes.h"

#include "api/negotiate.h"
#include "core/base/mem.h"
#include "server/authorize.h"
#include "server/cors.h"
#include "server/handlers.h"
#include "server/reply.h"

#include <stdio.h>
#include <string.h>

static const char *const routes_pictures[] = {"image/png", "application/json", "image/apng", NULL};
static const char *const routes_animations[] = {"image/apng", "image/png", "application/json",
                                                NULL};
static const char *const routes_json[] = {"application/json", NULL};
static const char *const routes_tensors[] = {"application/json", "application/octet-stream", NULL};
static const char *const routes_html[] = {"text/html", NULL};

enum {
    ROUTES_PICTURE = QUERY_MODEL | QUERY_SCALE | QUERY_FRAMES | QUERY_ENCODING | QUERY_TIMEOUT_MS,
    ROUTES_INPUT = QUERY_SEED | QUERY_STEPS,
    ROUTES_UPLOAD = ROUTES_PICTURE | ROUTES_INPUT | QUERY_INPUT,
    ROUTES_SPEECH = QUERY_STYLE | QUERY_MIN_CONFIDENCE | QUERY_SPLIT
};

static const struct route routes_table[] = {
    {"/v1/synthesize", ROUTE_POST, ROUTE_FOR_USERS, ROUTES_UPLOAD | ROUTES_SPEECH, routes_pictures,
     handlers_infer_begin, handlers_synthesize},
    {"/v1/reconstruct", ROUTE_POST, ROUTE_FOR_USERS, ROUTES_UPLOAD | QUERY_POLARITY,
     routes_pictures, handlers_infer_begin, handlers_reconstruct},
    {"/v1/encode", ROUTE_POST, ROUTE_FOR_USERS,
     QUERY_MODEL | QUERY_ENCODING | QUERY_TIMEOUT_MS | ROUTES_INPUT | QUERY_POLARITY |
         ROUTES_SPEECH,
     routes_json, handlers_infer_begin, handlers_encode},
    {"/v1/decode", ROUTE_POST, ROUTE_FOR_USERS, ROUTES_PICTURE, routes_pictures,
     handlers_infer_begin, handlers_decode},
    {"/v1/models", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL, handlers_models},
    {"/v1/models/{name}", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL, handlers_model},
    {"/v2", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL, handlers_server},
    {"/v2/", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL, handlers_server},
    {"/v2/models/stats", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL, handlers_oip_statistics},
    {"/v2/models/{name}", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, handlers_oip_begin,
     handlers_oip_model},
    {"/v2/models/{name}/versions/{version}", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json,
     handlers_oip_begin, handlers_oip_model},
    {"/v2/models/{name}/ready", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL,
     handlers_oip_ready},
    {"/v2/models/{name}/versions/{version}/ready", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL,
     handlers_oip_ready},
    {"/v2/models/{name}/stats", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL,
     handlers_oip_statistics},
    {"/v2/models/{name}/versions/{version}/stats", ROUTE_GET, ROUTE_FOR_USERS, 0, routes_json, NULL,
     handlers_oip_statistics},
    {"/v2/models/{name}/infer", ROUTE_POST, ROUTE_FOR_USERS, 0, routes_tensors,
     handlers_oip_infer_begin, handlers_oip_infer},
    {"/v2/models/{name}/versions/{version}/infer", ROUTE_POST, ROUTE_FOR_USERS, 0, routes_tensors,
     handlers_oip_infer_begin, handlers_oip_infer},
    {"/v2/repository/index", ROUTE_POST, ROUTE_FOR_USERS, 0, routes_json, handlers_repository_begin,
     handlers_index},
    {"/v2/repository/models/{name}/load", ROUTE_POST, ROUTE_FOR_ADMINS, 0, routes_json,
     handlers_repository_begin, handlers_load},
    {"/v2/repository/models/{name}/unload", ROUTE_POST, ROUTE_FOR_ADMINS, 0, routes_json,
     handlers_repository_begin, handlers_unload},
    {"/v2/health/live", ROUTE_GET, ROUTE_FOR_PROBES, 0, NULL, NULL, handlers_live},
    {"/v2/health/ready", ROUTE_GET, ROUTE_FOR_PROBES, 0, NULL, NULL, handlers_ready},
    {"/healthz", ROUTE_GET, ROUTE_FOR_PROBES, 0, NULL, NULL, handlers_live},
    {"/readyz", ROUTE_GET, ROUTE_FOR_PROBES, 0, NULL, NULL, handlers_ready},
    {"/metrics", ROUTE_GET, ROUTE_FOR_SCRAPERS, 0, NULL, NULL, handlers_metrics},
    {"/openapi.json", ROUTE_GET, ROUTE_FOR_ANYONE, 0, routes_json, NULL, handlers_openapi},
    {"/docs", ROUTE_GET, ROUTE_FOR_ANYONE, 0, routes_html, NULL, handlers_docs},
    {"/page/{file}", ROUTE_GET, ROUTE_FOR_ANYONE, 0, NULL, NULL, handlers_page_part},
    {"/", ROUTE_GET, ROUTE_FOR_ANYONE, 0, routes_html, NULL, handlers_page},
};

enum { ROUTES_COUNT = sizeof routes_table / sizeof *routes_table, ROUTES_UNKNOWN = ROUTES_COUNT };

/* Names for metrics and log; the last one stands for every path that is no route. */
static const char *routes_names[ROUTES_COUNT + 1];

/* Takes the segment that `path` begins with as a name; what follows it, or NULL. */
static const char *routes_take_name(const char *path, char name[QUERY_MODEL_SIZE])
{
    size_t length = strcspn(path, "/");
    if (length >= QUERY_MODEL_SIZE)
        return NULL;
    memcpy(name, path, length);
    name[length] = 0;
    return query_is_model_name(name) ? path + length : NULL;
}

static bool routes_match(const char *pattern, const char *path, struct request_names *names)
{
    *names = (struct request_names){{0}, {0}};
    while (*pattern && path) {
        if (*pattern == '{') {
            bool version = strncmp(pattern, "{version}", strlen("{version}")) == 0;
            path = routes_take_name(path, version ? names->version : names->model);
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return path && *path == 0;
}

const struct route *routes_find(const char *path, struct request_names *names)
{
    for (int i = 0; i < ROUTES_COUNT; i++)
        if (routes_match(routes_table[i].pattern, path, names))
            return &routes_table[i];
    return NULL;
}

struct metrics *routes_open_metrics(void)
{
    for (int i = 0; i < ROUTES_COUNT; i++)
        routes_names[i] = routes_table[i].pattern;
    routes_names[ROUTES_UNKNOWN] = "unknown";
    return metrics_open(routes_names, ROUTES_COUNT + 1);
}

static const char *routes_allow(const struct route *route)
{
    if (!route)
        return "GET, HEAD, POST, OPTIONS";
    return route->method == ROUTE_GET ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
}

static bool routes_method_fits(const struct route *route, const char *method)
{
    if (route->method == ROUTE_POST)
        return strcmp(method, "POST") == 0;
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void routes_answer_options(struct request *request, const struct route *route)
{
    struct http_reply *reply = &request->exchange->reply;
    http_reply_text(reply, "Allow", routes_allow(route));
    cors_preflight(request->exchange, routes_allow(route));
    http_reply_static(reply, 204, NULL, NULL, 0);
}

/* The route of a path, if there is one on this port. */
static const struct route *routes_find_on(const struct service_port *port, const char *path,
                                          struct request_names *names)
{
    const struct route *route = routes_find(path, names);
    if (!route)
        return NULL;
    bool scraped = route->audience == ROUTE_FOR_SCRAPERS;
    if (port->scraped)
        return scraped || route->audience == ROUTE_FOR_PROBES ? route : NULL;
    return scraped && port->service->metrics_http ? NULL : route;
}

/* Whether nobody misses it in the log: health, documents, and states that orchestrators poll. */
static bool routes_is_minor(const struct route *route)
{
    if (!route || (route->audience != ROUTE_FOR_USERS && route->audience != ROUTE_FOR_ADMINS))
        return true;
    return route->method == ROUTE_GET && strncmp(route->pattern, "/v2", 3) == 0;
}

/* The route of the request; without one the reply is set. */
static const struct route *routes_choose(struct request *request, const struct service_port *port)
{
    const struct http_request *asked = &request->exchange->request;
    struct error error;
    const struct route *route = routes_find_on(port, asked->path, &request->names);
    bool options = strcmp(asked->method, "OPTIONS") == 0;
    request->route = route ? (int)(route - routes_table) : ROUTES_UNKNOWN;
    request->minor = options || routes_is_minor(route);
    if (options && (route || strcmp(asked->path, "*") == 0)) {
        routes_answer_options(request, route);
        return NULL;
    }
    if (!route) {
        error_set(&error, STATUS_NOT_FOUND, "There is no such path here; / tells what there is.");
        reply_problem(request, &error);
        return NULL;
    }
    if (routes_method_fits(route, asked->method))
        return route;
    http_reply_text(&request->exchange->reply, "Allow", routes_allow(route));
    error_set(&error, STATUS_METHOD_NOT_ALLOWED, "%s takes %s.", route->pattern,
              routes_allow(route));
    reply_problem(request, &error);
    return NULL;
}

static enum status routes_refuse_media(const char *const *media, struct error *error)
{
    char list[ERROR_DETAIL_SIZE / 2] = "";
    for (int i = 0; media[i]; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", media[i]);
    return error_set(error, STATUS_NOT_ACCEPTABLE, "This can be had as one of: %s.", list);
}

static enum status routes_negotiate(struct request *request, const char *const *media,
                                    struct error *error)
{
    if (!media)
        return STATUS_OK;
    if (media == routes_pictures && request->query.frames)
        media = routes_animations;
    int count = 0;
    while (media[count])
        count++;
    char *accept = http_header_value(request->exchange, "Accept");
    int chosen = negotiate_type(accept, media, count);
    mem_free(accept);
    if (chosen < 0)
        return routes_refuse_media(media, error);
    request->media = media[chosen];
    return STATUS_OK;
}

static void routes_begin(void *context, struct http_exchange *exchange)
{
    const struct service_port *port = context;
    struct service *service = port->service;
    struct request *request = request_new(service, exchange);
    exchange->context = request;
    exchange->request.max_body = (size_t)service->config->max_body_bytes;
    if (!request) {
        error_plain(&exchange->failure, STATUS_NO_MEMORY);
        return;
    }
    request->route = ROUTES_UNKNOWN;
    request_identify(request);
    http_reply_text(&exchange->reply, "X-Content-Type-Options", "nosniff");
    if (service->config->cors_origin)
        cors_begin(exchange, service->config->cors_origin);
    if (exchange->failure.status != STATUS_OK)
        return;
    const struct route *route = routes_choose(request, port);
    if (!route)
        return;
    struct error error;
    enum status status = authorize(request, route->audience, &error);
    if (status == STATUS_OK)
        status = query_parse(exchange->request.query, route->parameters, &request->query, &error);
    if (status == STATUS_OK)
        status = routes_negotiate(request, route->media, &error);
    if (status != STATUS_OK)
        reply_problem(request, &error);
    else if (route->begin)
        route->begin(request);
}

static bool routes_handle(void *context, struct http_exchange *exchange)
{
    (void)context;
    struct request *request = exchange->context;
    return routes_table[request->route].handle(request);
}

static void routes_fail(void *context, struct http_exchange *exchange)
{
    (void)context;
    if (exchange->context)
        reply_problem(exchange->context, &exchange->failure);
    else /* out of memory before anything began */
        http_reply_static(&exchange->reply, 503, NULL, NULL, 0);
}

static void routes_done(void *context, struct http_exchange *exchange, bool delivered)
{
    (void)context;
    struct request *request = exchange->context;
    if (!request)
        return;
    if (exchange->reply.code == 0) { /* the connection ended before there was an answer */
        if (exchange->failure.status == STATUS_OK)
            error_plain(&exchange->failure, STATUS_CLIENT_GONE);
        request->error = exchange->failure;
        exchange->reply.code = status_http_code(exchange->failure.status);
    }
    request_finish(request, routes_names[request->route], delivered);
    request_free(request);
}

struct http_hooks routes_hooks(struct service_port *port)
{
    return (struct http_hooks){.context = port,
                               .begin = routes_begin,
                               .handle = routes_handle,
                               .fail = routes_fail,
                               .done = routes_done};
}
