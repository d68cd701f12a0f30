/*
 * HTTP as the rest of the daemon sees it: requests, replies and the exchange of one for the other.
 * libmicrohttpd is behind http*.c and nowhere else.
 *
 * One request's way: `begin` is called when the headers are in; what it refuses is answered
 * without keeping the body. `handle` is called when the whole body is in, in the event loop's
 * thread: it fills the reply and returns true, or calls http_suspend, hands the exchange to another
 * thread and returns false. That thread then owns the exchange alone, fills the reply and gives it
 * back by http_resume. `done` comes last, when the reply is sent or the client is gone.
 */
#ifndef SPIKELOOM_SERVER_HTTP_H
#define SPIKELOOM_SERVER_HTTP_H

#include "core/base/buf.h"
#include "core/base/status.h"
#include "server/connections.h"
#include "server/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_MAX_REPLY_HEADERS = 24,
    HTTP_HEADER_VALUE_SIZE = 520,
    HTTP_MAX_TARGET = 2048 /* characters of a request's target */
};

/* What has been asked. Strings and bytes live until `done` returns. */
struct http_request {
    const char *method;
    const char *path;     /* as sent, without scheme, authority and query; "*" for OPTIONS * */
    const char *query;    /* as sent, what follows the '?'; "" if nothing */
    struct buf body;      /* the file alone where the body was multipart/form-data */
    size_t max_body;      /* bytes taken, set by `begin` */
    uint64_t started_us;  /* monotonic clock: request line in */
    uint64_t received_us; /* whole body in */
};

struct http_header {
    const char *name; /* static */
    char value[HTTP_HEADER_VALUE_SIZE];
};

/* What to answer; begins zeroed. code 0 means that there is no reply yet. */
struct http_reply {
    int code;
    const char *content_type; /* static; NULL without a body */
    int num_headers;
    void *body; /* released by mem_free when body_owned */
    size_t body_size;
    bool body_owned;
    bool close; /* close the connection afterwards */
    bool abort; /* close it without a word: the client is gone */
    struct http_header headers[HTTP_MAX_REPLY_HEADERS]; /* last, as http_reply_clear leaves them */
};

struct http_exchange {
    struct http_request request;
    struct http_reply reply;
    struct error failure; /* set by http.c when the body could not be taken; else STATUS_OK */
    void *context;        /* the application's own, from begin to done */
    void *kept; /* memory that it leaves from one exchange to a later one; released by mem_free */
};

/* All are called with the `context` of this struct. */
struct http_hooks {
    void *context;
    /* With exchange->failure set already, the request is refused whatever `begin` does. */
    void (*begin)(void *context, struct http_exchange *exchange);
    bool (*handle)(void *context, struct http_exchange *exchange);
    /* Fills the reply for exchange->failure. */
    void (*fail)(void *context, struct http_exchange *exchange);
    /* `delivered`: the whole reply was handed to the system. Releases exchange->context. */
    void (*done)(void *context, struct http_exchange *exchange, bool delivered);
};

struct http_settings {
    const char *host;
    int port; /* 0: any free one */
    int num_threads;
    int max_connections;
    int max_connections_per_ip; /* 0: as many as there are */
    size_t max_header_bytes;    /* of a request's head */
    int idle_seconds;           /* without a byte */
    int transfer_seconds;       /* for a whole request, and for a whole reply */
    size_t max_total_body;      /* bytes of all bodies, of requests and replies, held at once */
    tls_provider tls;           /* NULL: plain HTTP */
};

struct http_server;

/*
 * Binds, listens and serves. IO with a sentence when the address cannot be had, NO_MEMORY. The
 * hooks are copied.
 */
enum status http_open(const struct http_settings *settings, const struct http_hooks *hooks,
                      struct http_server **server, struct error *error);

/* The port that is bound. */
int http_port(const struct http_server *server);

/* Shuts connections whose request or reply takes too long; to be called about once a second. */
void http_sweep(struct http_server *server);

/* From now on every reply closes its connection. */
void http_close_after_replies(struct http_server *server);

/* New connections are no longer established; those that are, are served as before. */
void http_stop_listening(struct http_server *server);

/* Nothing is being answered and nothing that has arrived waits to be read. */
bool http_is_idle(struct http_server *server);

/* Open connections, and those that were shut early. */
struct connections_counts http_connections(struct http_server *server);

/* Exchanges between request line and the end of the reply. */
int http_num_exchanges(struct http_server *server);

/* Stops all threads and closes all connections. No exchange may be suspended. Allows NULL. */
void http_close(struct http_server *server);

/*
 * All lines of a header field joined by ", ", in a string that the caller releases by mem_free;
 * NULL when there is none. Called by the owner of the exchange. A field that is lost for want of
 * memory sets exchange->failure: up to `begin` the request is refused then.
 */
char *http_header_value(struct http_exchange *exchange, const char *name);

/* The exchange is taken out of the event loop until http_resume, from any thread. */
void http_suspend(struct http_exchange *exchange);
void http_resume(struct http_exchange *exchange);

/*
 * Whether its request had to wait until the event loop's thread, which calls it in `handle`, had
 * seen to another one: there may be more of them.
 */
bool http_has_waited(const struct http_exchange *exchange);

/* Whether that thread reads from no connection but this one. Called in `handle`. */
bool http_is_alone(const struct http_exchange *exchange);

/* How many of the event loop's threads are about as busy as the one that calls it in `handle`. */
int http_threads_at_work(const struct http_exchange *exchange);

/* Whether the client of an exchange has closed the connection. */
bool http_client_gone(const struct http_exchange *exchange);

/* Adds a field; a value that is too long is cut. */
void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of a text as it is, which most are, and of a number. */
void http_reply_text(struct http_reply *reply, const char *name, const char *text);
void http_reply_number(struct http_reply *reply, const char *name, uint64_t value);

/* Adds a member to the list that a field holds, or the field. */
void http_reply_add_to(struct http_reply *reply, const char *name, const char *member);

/* Replaces whatever reply there was, but keeps the headers. The bytes of `body` are taken. */
void http_reply_take(struct http_reply *reply, int code, const char *content_type,
                     struct buf *body);

/* The same with bytes that outlive the server. */
void http_reply_static(struct http_reply *reply, int code, const char *content_type,
                       const void *body, size_t size);

/* Forgets the reply and its headers, and releases its body. */
void http_reply_clear(struct http_reply *reply);

#endif
