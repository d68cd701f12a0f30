#include "server/connections.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

void connections_init(struct connections *connections)
{
    connections->first = NULL;
    pthread_mutex_init(&connections->mutex, NULL);
}

void connections_destroy(struct connections *connections)
{
    pthread_mutex_destroy(&connections->mutex);
}

struct connection *connections_add(struct connections *connections, int fd)
{
    struct connection *connection = mem_alloc(1, sizeof *connection);
    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->since_us = clock_now_us();
    pthread_mutex_lock(&connections->mutex);
    connection->next = connections->first;
    if (connection->next)
        connection->next->previous = connection;
    connections->first = connection;
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

int connections_sweep(struct connections *connections, int seconds)
{
    uint64_t now = clock_now_us();
    int count = 0;
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next)
        if (!each->busy && now - each->since_us > (uint64_t)seconds * 1000000) {
            shutdown(each->fd, SHUT_RDWR);
            count++;
        }
    pthread_mutex_unlock(&connections->mutex);
    return count;
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
