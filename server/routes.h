/*
 * The table of routes and what all of them share: finding the route, its methods, parameters and
 * media types, the answer to a failure, the line in the log.
 */
#ifndef SPIKELOOM_SERVER_ROUTES_H
#define SPIKELOOM_SERVER_ROUTES_H

#include "server/http.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/service.h"

enum route_method { ROUTE_GET = 1 << 0, ROUTE_POST = 1 << 1 };

/* Who may ask, and on which of the two ports. */
enum route_audience {
    ROUTE_FOR_USERS,  /* holders of an API key, where there are keys */
    ROUTE_FOR_ADMINS, /* holders of an admin key; nobody where there are none */
    ROUTE_FOR_ANYONE,
    ROUTE_FOR_PROBES,  /* anyone, on the port of the metrics as well */
    ROUTE_FOR_SCRAPERS /* anyone on the port of the metrics, where it is another */
};

struct route {
    const char *pattern; /* segments {name} and {version} match what may be a model's name */
    enum route_method method;
    enum route_audience audience;
    unsigned parameters;      /* bits of query_parameter */
    const char *const *media; /* what it can answer with, favourite first; NULL: not negotiated */
    /* Refuses by the headers alone; may be NULL. The reply is set where it fails. */
    void (*begin)(struct request *request);
    /* See http.h: true with a reply, false when another thread owns the exchange. */
    bool (*handle)(struct request *request);
};

/* The route of a path and what the path names; NULL when there is none. */
const struct route *routes_find(const char *path, struct request_names *names);

/* The hooks for http_open; the port is borrowed. */
struct http_hooks routes_hooks(struct service_port *port);

/* Metrics with a row for each route and one for all unknown paths. NULL: out of memory. */
struct metrics *routes_open_metrics(void);

#endif
