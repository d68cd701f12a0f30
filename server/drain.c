#include "server/drain.h"

#include "server/clock.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* How long there must be nothing to do: time for the last handshakes to turn into requests. */
enum { DRAIN_POLL_MS = 10, DRAIN_QUIET_MS = 100 };

static void drain_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
}

void drain_block_signals(void)
{
    sigset_t signals;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    drain_signals(&signals);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* A handler of its own, since the default action does not reach the first process of a container.
 */
static void drain_end_now(int signal)
{
    _exit(128 + signal);
}

/* Serves until one of the signals that end it. */
static int drain_serve(struct service *service)
{
    sigset_t signals;
    struct timespec second = {.tv_sec = 1};
    drain_signals(&signals);
    sigaddset(&signals, SIGHUP);
    for (;;) {
        int received = sigtimedwait(&signals, NULL, &second);
        if (received == SIGHUP)
            service_reload(service);
        else if (received > 0)
            return received;
        service_sweep(service);
    }
}

int drain_wait(struct service *service)
{
    sigset_t signals;
    struct sigaction end_now = {.sa_handler = drain_end_now};
    int received = drain_serve(service);
    drain_signals(&signals); /* SIGHUP stays blocked: there is nothing left to reload for */
    sigaction(SIGTERM, &end_now, NULL);
    sigaction(SIGINT, &end_now, NULL);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    return received;
}

static void drain_sleep(void)
{
    struct timespec pause = {.tv_nsec = DRAIN_POLL_MS * 1000000L};
    nanosleep(&pause, NULL);
}

int drain_run(struct service *service)
{
    const struct config *config = service->config;
    uint64_t start = clock_now_us();
    atomic_store(&service->phase, SERVICE_DRAINING);
    http_close_after_replies(service->http);
    while (clock_now_us() - start < (uint64_t)config->drain_delay_secs * 1000000)
        drain_sleep();

    http_stop_listening(service->http);
    uint64_t now = clock_now_us();
    uint64_t busy_us = now;
    while (now - busy_us < DRAIN_QUIET_MS * 1000 &&
           now - start < (uint64_t)config->exit_timeout_secs * 1000000) {
        drain_sleep();
        now = clock_now_us();
        if (!http_is_idle(service->http))
            busy_us = now;
    }
    return http_num_exchanges(service->http);
}
