#include "server/acceptor.h"

#include "core/base/mem.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { ACCEPTOR_PAUSE_MS = 20 }; /* until the system may be able to again */

struct acceptor {
    int listen_fd;
    acceptor_hand_over *hand_over;
    void *context;
    pthread_t thread;
    bool has_thread;
    int stop; /* an eventfd: `stopping` has been set */
    _Atomic bool busy, stopping;
};

/* Takes all that wait. False: the system cannot give another one at the moment. */
static bool acceptor_take(struct acceptor *acceptor)
{
    while (!atomic_load(&acceptor->stopping)) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept4(acceptor->listen_fd, (struct sockaddr *)&address, &size,
                         SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            acceptor->hand_over(acceptor->context, fd, (struct sockaddr *)&address, size);
        else if (errno == EAGAIN)
            return true;
        else if (errno != EINTR && errno != ECONNABORTED)
            return false; /* out of files or memory, as a rule */
    }
    return true;
}

static void *acceptor_work(void *argument)
{
    struct acceptor *acceptor = argument;
    struct pollfd watched[] = {{.fd = acceptor->stop, .events = POLLIN},
                               {.fd = acceptor->listen_fd, .events = POLLIN}};
    bool able = true;
    for (;;) {
        if (poll(watched, able ? 2 : 1, able ? -1 : ACCEPTOR_PAUSE_MS) < 0)
            continue;
        if (watched[0].revents)
            return NULL;
        atomic_store(&acceptor->busy, true);
        able = acceptor_take(acceptor);
        atomic_store(&acceptor->busy, false);
    }
}

enum status acceptor_open(int listen_fd, acceptor_hand_over *hand_over, void *context,
                          struct acceptor **out, struct error *error)
{
    *out = NULL;
    struct acceptor *acceptor = mem_alloc(1, sizeof *acceptor);
    if (!acceptor)
        return error_plain(error, STATUS_NO_MEMORY);
    acceptor->listen_fd = listen_fd;
    acceptor->hand_over = hand_over;
    acceptor->context = context;
    acceptor->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    acceptor->has_thread = acceptor->stop >= 0 &&
                           pthread_create(&acceptor->thread, NULL, acceptor_work, acceptor) == 0;
    if (!acceptor->has_thread) {
        acceptor_close(acceptor);
        return error_set(error, STATUS_INTERNAL,
                         "The thread that accepts connections cannot be started.");
    }
    *out = acceptor;
    return STATUS_OK;
}

bool acceptor_is_busy(const struct acceptor *acceptor)
{
    return atomic_load(&acceptor->busy);
}

void acceptor_close(struct acceptor *acceptor)
{
    if (!acceptor)
        return;
    if (acceptor->has_thread) {
        atomic_store(&acceptor->stopping, true);
        (void)eventfd_write(acceptor->stop, 1);
        pthread_join(acceptor->thread, NULL);
    }
    if (acceptor->stop >= 0)
        close(acceptor->stop);
    mem_free(acceptor);
}
