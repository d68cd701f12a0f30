/*
 * The open connections: how long each has been at its present request, so that those who send or
 * read a byte now and then cannot hold a place for ever.
 */
#ifndef SPIKELOOM_SERVER_CONNECTIONS_H
#define SPIKELOOM_SERVER_CONNECTIONS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct connection {
    struct connection *previous, *next;
    int fd;
    uint64_t since_us; /* when its present request or reply began to be waited for */
    bool busy;         /* its request is being computed: time does not count */
};

/* All functions may be called from any thread. */
struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
};

void connections_init(struct connections *connections);
void connections_destroy(struct connections *connections);

/* A new entry, or NULL when memory is out. Removed before its socket is closed. */
struct connection *connections_add(struct connections *connections, int fd);
void connections_remove(struct connections *connections, struct connection *connection);

/* Starts the connection's clock anew. NULL is allowed. */
void connections_mark(struct connections *connections, struct connection *connection, bool busy);

/* Shuts down the sockets of those that have been at it for longer than `seconds`; their number. */
int connections_sweep(struct connections *connections, int seconds);

/* Whether bytes have arrived on any of them that nobody has read. */
bool connections_unread(struct connections *connections);

/* Whether the other side of a socket has closed it. */
bool connections_hung_up(int fd);

#endif
