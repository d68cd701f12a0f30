#include "server/connections.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Files that the process has open besides: sockets of its own, models, the log. */
enum { CONNECTIONS_OTHER_FILES = 64 };

/* Requests are counted by periods; the present one and the one before are "of late". */
enum { CONNECTIONS_PERIOD_US = 8000 };

/* A thread that goes from one connection to another in less has not slept in between. */
enum { CONNECTIONS_PAUSE_US = 15 };

int connections_room(int wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return wanted;
    rlim_t needed = (rlim_t)wanted + CONNECTIONS_OTHER_FILES;
    if (files.rlim_cur < needed) {
        struct rlimit raised = {files.rlim_max < needed ? files.rlim_max : needed, files.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            files = raised;
    }
    if (files.rlim_cur >= needed)
        return wanted;
    return files.rlim_cur > CONNECTIONS_OTHER_FILES
               ? (int)(files.rlim_cur - CONNECTIONS_OTHER_FILES)
               : 1;
}

void connections_init(struct connections *connections, int max)
{
    *connections = (struct connections){.max = max};
    pthread_mutex_init(&connections->mutex, NULL);
}

void connections_destroy(struct connections *connections)
{
    for (struct connections_thread *each = connections->threads, *next; each; each = next) {
        next = each->next;
        mem_free(each);
    }
    pthread_mutex_destroy(&connections->mutex);
}

/* Holds the mutex. The socket is closed, and the entry removed, by whoever reads from it. */
static void connections_shut(struct connections *connections, struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    connection->shut = true;
    connections->counts.open--;
    connections->counts.ending++;
}

/* Makes room for `newcomer`, which is in the list; holds the mutex. */
static void connections_make_room(struct connections *connections, struct connection *newcomer)
{
    struct connection *slowest = newcomer;
    for (struct connection *each = connections->first; each; each = each->next)
        if (!each->busy && !each->shut && each->since_us < slowest->since_us)
            slowest = each;
    connections_shut(connections, slowest);
    connections->counts.shut_full++;
}

/* The entry of the thread that calls; NULL when memory is out. Holds the mutex. */
static struct connections_thread *connections_this_thread(struct connections *connections)
{
    struct connections_thread *thread = connections->threads;
    while (thread && !pthread_equal(thread->id, pthread_self()))
        thread = thread->next;
    if (thread)
        return thread;
    thread = mem_alloc(1, sizeof *thread);
    if (!thread)
        return NULL;
    thread->id = pthread_self();
    thread->next = connections->threads;
    connections->threads = thread;
    return thread;
}

struct connection *connections_add(struct connections *connections, int fd)
{
    struct connection *connection = mem_alloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->since_us = clock_now_us();
    pthread_mutex_lock(&connections->mutex);
    connection->thread = connections_this_thread(connections);
    if (!connection->thread) {
        pthread_mutex_unlock(&connections->mutex);
        mem_free(connection);
        return NULL;
    }
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
    connection->thread->num_connections++;
    if (++connections->counts.open > connections->max)
        connections_make_room(connections, connection);
    pthread_mutex_unlock(&connections->mutex);
    return connection;
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    if (!connection)
        return;
    pthread_mutex_lock(&connections->mutex);
    connection->thread->num_connections--;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->shut)
        connections->counts.ending--;
    else
        connections->counts.open--;
    pthread_mutex_unlock(&connections->mutex);
    mem_free(connection);
}

void connections_mark(struct connection *connection, bool busy)
{
    if (!connection)
        return;
    /* what others see may be older by a moment */
    atomic_store_explicit(&connection->since_us, clock_now_us(), memory_order_relaxed);
    atomic_store_explicit(&connection->busy, busy, memory_order_relaxed);
}

/* Others read the counts while they change; which of two values they see does not matter. */
static void connections_count_request(struct connections_thread *thread, uint64_t period)
{
    uint64_t former = atomic_load_explicit(&thread->period, memory_order_relaxed);
    uint32_t begun = atomic_load_explicit(&thread->begun, memory_order_relaxed);
    if (former != period) {
        atomic_store_explicit(&thread->begun_before, former + 1 == period ? begun : 0,
                              memory_order_relaxed);
        atomic_store_explicit(&thread->period, period, memory_order_relaxed);
        begun = 0;
    }
    atomic_store_explicit(&thread->begun, begun + 1, memory_order_relaxed);
}

static uint64_t connections_begun_of_late(const struct connections_thread *thread, uint64_t period)
{
    uint64_t counted = atomic_load_explicit(&thread->period, memory_order_relaxed);
    uint64_t begun = atomic_load_explicit(&thread->begun, memory_order_relaxed);
    if (counted == period)
        return begun + atomic_load_explicit(&thread->begun_before, memory_order_relaxed);
    return counted + 1 == period ? begun : 0;
}

void connections_begin(struct connection *connection)
{
    if (!connection)
        return;
    struct connections_thread *thread = connection->thread;
    connections_mark(connection, false);
    uint64_t now = connection->since_us;
    connections_count_request(thread, now / CONNECTIONS_PERIOD_US);
    connection->waited = thread->last != connection && now - thread->left_us < CONNECTIONS_PAUSE_US;
}

void connections_leave(struct connection *connection, bool busy)
{
    if (!connection)
        return;
    connections_mark(connection, busy);
    connection->thread->last = connection;
    connection->thread->left_us = connection->since_us;
}

bool connections_waited(const struct connection *connection)
{
    return connection && connection->waited;
}

bool connections_alone(const struct connection *connection)
{
    return connection && connection->thread->num_connections == 1;
}

int connections_threads_at_work(struct connections *connections,
                                const struct connection *connection)
{
    int count = 0;
    if (!connection)
        return 0;
    uint64_t period = clock_now_us() / CONNECTIONS_PERIOD_US;
    uint64_t own = connections_begun_of_late(connection->thread, period);
    for (const struct connections_thread *each = connections->threads; each; each = each->next) {
        uint64_t begun = connections_begun_of_late(each, period);
        count += each != connection->thread && begun > 0 && 2 * begun >= own;
    }
    return count;
}

void connections_sweep(struct connections *connections, int seconds)
{
    uint64_t allowed = (uint64_t)seconds * 1000000, now = clock_now_us();
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next) {
        /* a request may begin after `now` */
        if (!each->busy && !each->shut && each->since_us + allowed < now) {
            connections_shut(connections, each);
            connections->counts.shut_late++;
        }
    }
    pthread_mutex_unlock(&connections->mutex);
}

struct connections_counts connections_count(struct connections *connections)
{
    pthread_mutex_lock(&connections->mutex);
    struct connections_counts counts = connections->counts;
    pthread_mutex_unlock(&connections->mutex);
    return counts;
}

bool connections_unread(struct connections *connections)
{
    bool unread = false;
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each && !unread; each = each->next) {
        int size = 0;
        unread = ioctl(each->fd, FIONREAD, &size) == 0 && size > 0;
    }
    pthread_mutex_unlock(&connections->mutex);
    return unread;
}

bool connections_hung_up(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLRDHUP};
    return poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR));
}
