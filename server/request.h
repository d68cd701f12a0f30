/*
 * What the daemon knows of one request, from its first header to its line in the log.
 */
#ifndef SPIKELOOM_SERVER_REQUEST_H
#define SPIKELOOM_SERVER_REQUEST_H

#include "api/query.h"
#include "api/traceparent.h"
#include "models/inference.h"
#include "server/http.h"
#include "server/pool.h"
#include "server/reload.h"
#include "server/service.h"

enum { REQUEST_ID_SIZE = 65 };

/* How long each part took, in microseconds. */
struct request_durations {
    uint64_t queue, decode, cochlea, network, png;
    uint64_t compute; /* on the inference thread in all */
};

/* What the path of a request names; "" where it does not. */
struct request_names {
    char model[QUERY_MODEL_SIZE]; /* or a part of the page */
    char version[QUERY_MODEL_SIZE];
};

struct request;

/* What an inference thread does with a request: see infer.h. */
typedef enum status (*infer_function)(struct request *request, struct inference *scratch,
                                      struct error *error);

struct request {
    struct pool_item item; /* first: the two convert into one another */
    infer_function infer;
    struct reload_task task;        /* of those requests that change models */
    struct service *service;        /* borrowed */
    struct http_exchange *exchange; /* which owns this */
    int route;                      /* index into the table of routes.c */
    struct request_names names;
    char id[REQUEST_ID_SIZE];
    struct traceparent trace;                /* its step is this request */
    char caller_step[TRACEPARENT_STEP_SIZE]; /* the step that asked; "" when it did not tell */
    bool minor; /* health, documents, OPTIONS: logged at the level debug unless it fails */
    struct query query;
    const char *media;       /* chosen from what the client accepts; static */
    struct network *network; /* with a reference, once it is known; else NULL */
    char model[NETWORK_NAME_SIZE];
    struct error error; /* what went wrong; STATUS_OK if nothing */
    bool has_key, has_seed, has_margin, has_confidence, computed;
    uint64_t key_id; /* see keys_find */
    uint64_t seed;
    uint64_t looked_us;   /* when the client was last seen to be there */
    uint32_t num_samples; /* of an inference request: 1, or what the client put into one */
    double margin;        /* of the latent that was heard, where that was a recording */
    double confidence;    /* of it */
    struct buf input_png; /* what the network was given, where that was asked for */
    struct inference_stats stats;
    struct request_durations durations;
};

/*
 * Takes the client's X-Request-Id and trace over when they are sane, else makes them. NULL: out of
 * memory.
 */
struct request *request_new(struct service *service, struct http_exchange *exchange);
void request_free(struct request *request); /* allows NULL */

/* Adds X-Request-Id, traceparent and tracestate to the reply. */
void request_identify(struct request *request);

/* Takes the reference of `network` and notes its name. */
void request_take_network(struct request *request, struct network *network);

/* DEADLINE or CLIENT_GONE when nobody waits any more: asked between the parts of the work. */
enum status request_check(struct request *request, struct error *error);

/* Counts the request and writes its line in the log. */
void request_finish(const struct request *request, const char *route_name, bool delivered);

#endif
