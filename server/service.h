/*
 * The daemon as a whole: its parts, the phases of its life, and the models it serves.
 */
#ifndef SPIKELOOM_SERVER_SERVICE_H
#define SPIKELOOM_SERVER_SERVICE_H

#include "models/registry.h"
#include "server/config.h"
#include "server/http.h"
#include "server/keys.h"
#include "server/metrics.h"
#include "server/pool.h"
#include "server/rate_limit.h"
#include "server/reload.h"
#include "server/statistics.h"

#include <stdatomic.h>
#include <stdbool.h>

enum service_phase {
    SERVICE_LOADING, /* only health and documents are answered */
    SERVICE_READY,
    SERVICE_DRAINING /* still answers everything, but asks balancers for no more */
};

struct service;

/* What the requests of one listening socket have in common. */
struct service_port {
    struct service *service;
    bool scraped; /* it is the one of --metrics-port: health and metrics alone */
};

struct service {
    const struct config *config; /* borrowed */
    struct http_server *http;
    struct http_server *metrics_http; /* NULL: there is one port for all */
    struct service_port port, metrics_port;
    struct pool *pool;
    struct keys *keys;
    struct rate_limit *rate_limit; /* NULL: none */
    struct metrics *metrics;
    struct statistics *statistics;
    /* written before the phase turns READY, read after */
    struct registry *registry;
    struct reload *reload;
    _Atomic enum service_phase phase;
};

/* Reads the keys, binds the port, starts the threads, loads the models. service_close cleans up
 * after a failure. */
enum status service_open(const struct config *config, struct service *service, struct error *error);

/* Tells in the log what is set up in a way that is seldom meant: caution.h. */
void service_log_cautions(const struct service *service);

/* Reads the keys again and has the models read again; the log tells of both. */
void service_reload(struct service *service);

/* Whether balancers should send requests: there is a model, and no end in sight. */
bool service_is_ready(const struct service *service);

/* Whether requests are answered at all: a repository is loaded. */
bool service_is_serving(const struct service *service);

/* The same as an outcome: NOT_READY while models are being loaded. */
enum status service_check_serving(const struct service *service, struct error *error);

/*
 * A model with a reference that the caller gives back by network_release. `name` "" means the
 * default of the task, or the first of the task, one that spikes if there is one, where the
 * repository does not serve one of that name. INVALID_ARGUMENT when there is none, or when it is of
 * the other task; NOT_READY when there is one that is not served.
 */
enum status service_acquire(const struct service *service, const char *name, enum network_task task,
                            struct network **network, struct error *error);

/* The same by its name alone. */
enum status service_acquire_any(const struct service *service, const char *name,
                                struct network **network, struct error *error);

/* To be called about once a second: shuts slow connections. */
void service_sweep(struct service *service);

/* Stops everything in order. Waiting requests get 503. Allows a service half opened. */
void service_close(struct service *service);

#endif
