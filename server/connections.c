#include "server/connections.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Files that the process has open besides: sockets of its own, models, the log. */
enum { CONNECTIONS_OTHER_FILES = 64 };

enum { CONNECTIONS_MAX_NEIGHBOURS = 64 };

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
    pthread_mutex_destroy(&connections->mutex);
}

/* Holds the mutex. The socket is closed, and the entry removed, by whoever reads from it. */
static void connections_shut(struct connections *connections, struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    connection->shut = true;
    connections->counts.open--;
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

struct connection *connections_add(struct connections *connections, int fd)
{
    struct connection *connection = mem_alloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->thread = pthread_self();
    connection->since_us = clock_now_us();
    pthread_mutex_lock(&connections->mutex);
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
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
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (!connection->shut)
        connections->counts.open--;
    pthread_mutex_unlock(&connections->mutex);
    mem_free(connection);
}

void connections_mark(struct connections *connections, struct connection *connection, bool busy)
{
    if (!connection)
        return;
    pthread_mutex_lock(&connections->mutex);
    connection->since_us = clock_now_us();
    connection->busy = busy;
    pthread_mutex_unlock(&connections->mutex);
}

void connections_sweep(struct connections *connections, int seconds)
{
    uint64_t now = clock_now_us();
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next)
        if (!each->busy && !each->shut && now - each->since_us > (uint64_t)seconds * 1000000) {
            connections_shut(connections, each);
            connections->counts.shut_late++;
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

bool connections_neighbours_wait(struct connections *connections,
                                 const struct connection *connection)
{
    struct pollfd watched[CONNECTIONS_MAX_NEIGHBOURS];
    nfds_t count = 0;
    if (!connection)
        return true;
    pthread_mutex_lock(&connections->mutex);
    const struct connection *each = connections->first;
    for (; each && count < CONNECTIONS_MAX_NEIGHBOURS; each = each->next)
        if (each != connection && pthread_equal(each->thread, connection->thread))
            watched[count++] = (struct pollfd){.fd = each->fd, .events = POLLIN};
    pthread_mutex_unlock(&connections->mutex);
    /* none of them is closed meanwhile: that is done by the thread that asks */
    return each || (count && poll(watched, count, 0) > 0);
}

bool connections_hung_up(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLRDHUP};
    return poll(&watched, 1, 0) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR));
}
