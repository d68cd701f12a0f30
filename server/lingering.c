#include "server/lingering.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINGERING_US = 2000000,
    LINGERING_WATCH_MS = 100, /* how exactly the two seconds are kept */
    LINGERING_READS = 4       /* of one connection before the next has its turn */
};

struct lingering_socket {
    int fd;
    uint64_t until_us;
};

struct lingering {
    pthread_mutex_t mutex;
    pthread_t thread;
    bool has_thread, stopping;
    int wake;  /* an eventfd: there is a new one, or the end */
    int count; /* of those, which any thread appends to and ours alone removes from */
    struct lingering_socket sockets[LINGERING_MAX];
    char discarded[1 << 16];
};

static void lingering_wake(struct lingering *lingering)
{
    (void)eventfd_write(lingering->wake, 1);
}

/* Whether there may be more to come. */
static bool lingering_discard(struct lingering *lingering, int fd)
{
    for (int i = 0; i < LINGERING_READS; i++) {
        ssize_t size = read(fd, lingering->discarded, sizeof lingering->discarded);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (size <= 0)
            return false;
    }
    return true;
}

/* Reads from those that `watched` says, closes those that are through. Holds the mutex. */
static void lingering_read(struct lingering *lingering, const struct pollfd *watched, int count)
{
    uint64_t now = clock_now_us();
    int kept = 0;
    for (int i = 0; i < lingering->count; i++) {
        struct lingering_socket *each = &lingering->sockets[i];
        bool ready = i < count && watched[i].revents;
        if (now >= each->until_us || (ready && !lingering_discard(lingering, each->fd)))
            close(each->fd);
        else
            lingering->sockets[kept++] = *each;
    }
    lingering->count = kept;
}

static void *lingering_work(void *argument)
{
    struct lingering *lingering = argument;
    struct pollfd watched[LINGERING_MAX + 1];
    pthread_mutex_lock(&lingering->mutex);
    while (!lingering->stopping) {
        int count = lingering->count;
        for (int i = 0; i < count; i++)
            watched[i] = (struct pollfd){.fd = lingering->sockets[i].fd, .events = POLLIN};
        watched[count] = (struct pollfd){.fd = lingering->wake, .events = POLLIN};
        pthread_mutex_unlock(&lingering->mutex);
        (void)poll(watched, (nfds_t)count + 1, count ? LINGERING_WATCH_MS : -1);
        eventfd_t ignored;
        if (watched[count].revents)
            (void)eventfd_read(lingering->wake, &ignored);
        pthread_mutex_lock(&lingering->mutex);
        lingering_read(lingering, watched, count);
    }
    pthread_mutex_unlock(&lingering->mutex);
    return NULL;
}

enum status lingering_open(struct lingering **out, struct error *error)
{
    *out = NULL;
    struct lingering *lingering = mem_alloc(1, sizeof *lingering);
    if (!lingering)
        return error_plain(error, STATUS_NO_MEMORY);
    pthread_mutex_init(&lingering->mutex, NULL);
    lingering->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    lingering->has_thread = lingering->wake >= 0 && pthread_create(&lingering->thread, NULL,
                                                                   lingering_work, lingering) == 0;
    if (!lingering->has_thread) {
        lingering_close(lingering);
        return error_set(error, STATUS_INTERNAL,
                         "The thread for connections that end cannot be started.");
    }
    *out = lingering;
    return STATUS_OK;
}

void lingering_take(struct lingering *lingering, int fd)
{
    if (!lingering)
        return;
    pthread_mutex_lock(&lingering->mutex);
    int kept = lingering->count < LINGERING_MAX ? dup(fd) : -1;
    if (kept >= 0) {
        shutdown(kept, SHUT_WR); /* the client is to see the reply's end at once */
        lingering->sockets[lingering->count++] =
            (struct lingering_socket){.fd = kept, .until_us = clock_now_us() + LINGERING_US};
        lingering_wake(lingering);
    }
    pthread_mutex_unlock(&lingering->mutex);
}

int lingering_count(struct lingering *lingering)
{
    pthread_mutex_lock(&lingering->mutex);
    int count = lingering->count;
    pthread_mutex_unlock(&lingering->mutex);
    return count;
}

void lingering_close(struct lingering *lingering)
{
    if (!lingering)
        return;
    pthread_mutex_lock(&lingering->mutex);
    lingering->stopping = true;
    lingering_wake(lingering);
    pthread_mutex_unlock(&lingering->mutex);
    if (lingering->has_thread)
        pthread_join(lingering->thread, NULL);
    for (int i = 0; i < lingering->count; i++)
        close(lingering->sockets[i].fd);
    if (lingering->wake >= 0)
        close(lingering->wake);
    pthread_mutex_destroy(&lingering->mutex);
    mem_free(lingering);
}
