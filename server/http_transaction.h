/*
 * An exchange, and what the files about libmicrohttpd know of it beyond that. Transactions are used
 * again, with the room of their body and their fields. For http*.c alone.
 */
#ifndef SPIKELOOM_SERVER_HTTP_TRANSACTION_H
#define SPIKELOOM_SERVER_HTTP_TRANSACTION_H

#include "server/http.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct MHD_PostProcessor;

enum http_stage { HTTP_HEADERS, HTTP_BODY, HTTP_HANDLED };

struct http_transaction {
    struct http_exchange exchange; /* first: the two convert into one another */
    struct http_server *server;
    struct http_transaction *next; /* of those that are spare */
    int num_behind;                /* how many follow it there */
    struct MHD_Connection *connection;
    enum http_stage stage;
    char target[HTTP_MAX_TARGET + 1];
    uint64_t announced;  /* size of the body, if the head told it */
    uint64_t wire_bytes; /* of the body, envelope included */
    size_t charged;      /* of the bodies that the server holds */
    struct MHD_PostProcessor *form;
    int num_files;
};

/*
 * Those that are spare, of each thread its own: what one has worked with is in its processor's
 * caches. All functions may be called from any thread.
 */
struct http_transactions {
    pthread_key_t spare; /* the first one of the thread */
    bool has_key;        /* else none are kept */
};

void http_transactions_init(struct http_transactions *transactions);

/* Releases those of this thread; those of others have gone with them. */
void http_transactions_destroy(struct http_transactions *transactions);

/* A transaction as new, whose body may have room already; NULL when memory is out. */
struct http_transaction *http_transactions_take(struct http_transactions *transactions);

/* Takes one back, its form closed, for another request; releases it where there are many. */
void http_transactions_give(struct http_transactions *transactions,
                            struct http_transaction *transaction);

/* The transaction of an exchange. */
struct http_transaction *http_transaction(struct http_exchange *exchange);

#endif
