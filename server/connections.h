/*
 * The open connections: how long each has been at its present request, so that those who send or
 * read a byte now and then cannot hold a place for ever. When all places are taken, the one that
 * has been waited for longest gives way to a newcomer: whoever asks and reads without delay gets
 * through, however many dawdle.
 */
#ifndef SPIKELOOM_SERVER_CONNECTIONS_H
#define SPIKELOOM_SERVER_CONNECTIONS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A thread that reads from connections, and how many requests it has begun of late. */
struct connections_thread {
    struct connections_thread *next;
    pthread_t id;
    _Atomic uint64_t period; /* which `begun` is of */
    _Atomic uint32_t begun, begun_before;
    int num_connections;           /* that it reads from; these are its own to look at */
    const struct connection *last; /* that it saw to, until `left_us` */
    uint64_t left_us;
};

struct connection {
    struct connection *previous, *next;
    int fd;
    struct connections_thread *thread; /* which reads from it: the one that added it */
    _Atomic uint64_t since_us; /* when its present request or reply began to be waited for */
    _Atomic bool busy;         /* its request is being computed: time does not count */
    bool waited;               /* its request, for that of another connection */
    bool shut;                 /* it has been shut and will be removed */
    bool sending;              /* at its end the client may still be sending; of its thread */
};

/* What has become of connections so far. */
struct connections_counts {
    int open;
    int ending;         /* have been shut and are still to be removed */
    uint64_t shut_late; /* by connections_sweep */
    uint64_t shut_full; /* for want of a place */
};

/* All functions may be called from any thread. */
struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
    struct connections_thread *_Atomic threads; /* grows at its beginning */
    int max;
    struct connections_counts counts;
};

/*
 * How many of `wanted` connections the system's limit of open files leaves room for; raises that
 * limit where it may.
 */
int connections_room(int wanted);

/* Keeps up to `max`. */
void connections_init(struct connections *connections, int max);
void connections_destroy(struct connections *connections);

/*
 * A new entry, or NULL when memory is out. Removed before its socket is closed. When there are
 * too many, shuts the one that is not busy and has been waited for longest; the new one, when all
 * others are busy.
 */
struct connection *connections_add(struct connections *connections, int fd);
void connections_remove(struct connections *connections, struct connection *connection);

/* Starts the connection's clock anew. NULL is allowed. */
void connections_mark(struct connection *connection, bool busy);

/*
 * The same where a request begins, and where its thread is done with it for now. Called by the
 * thread that reads from it.
 */
void connections_begin(struct connection *connection);
void connections_leave(struct connection *connection, bool busy);

/* Shuts down the sockets of those that have been at it for longer than `seconds`. */
void connections_sweep(struct connections *connections, int seconds);

struct connections_counts connections_count(struct connections *connections);

/* Whether bytes have arrived on any of them that nobody has read. */
bool connections_unread(struct connections *connections);

/*
 * How many threads but the one of this connection are at work: in the last hundredth of a second
 * they have begun half as many requests as it, or more. NULL is allowed.
 */
int connections_threads_at_work(struct connections *connections,
                                const struct connection *connection);

/*
 * Whether its thread saw to another connection until the present request began: so that others may
 * be waiting for this one as well. NULL is allowed.
 */
bool connections_waited(const struct connection *connection);

/* Whether its thread, which calls, reads from no other one. NULL is none. */
bool connections_alone(const struct connection *connection);

/* Whether the other side of a socket has closed it. */
bool connections_hung_up(int fd);

#endif
