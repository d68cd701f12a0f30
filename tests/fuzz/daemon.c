#include "tests/fuzz/daemon.h"

#include "server/clock.h"
#include "server/log.h"
#include "server/service.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_models.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LOG_NOTHING = LOG_ERROR + 1,
    PATIENCE_MS = 25, /* for an answer; past it the client leaves, which is a case as well */
    END_MS = 15000,   /* until the daemon has forgotten the connection; more is a hang */
    FIRST_LINE = 16,
    ADDRESSES = 200, /* of clients */
    MAX_BODY = 1 << 16
};

static struct service service;
static struct config config;

static void daemon_stop(void)
{
    service_close(&service);
}

static void daemon_start(void)
{
    static char name[] = "fuzz";
    char *const arguments[] = {name, NULL};
    struct error error;
    FUZZ_PROMISE(config_read(1, arguments, &config, &error) == STATUS_OK);
    config.port = 0;
    config.io_threads = config.infer_threads = 1;
    config.max_audio_seconds = 2;
    config.max_body_bytes = MAX_BODY;
    config.model_repository = small_models_folder();
    small_models_write(config.model_repository);
    log_set_level((enum log_level)LOG_NOTHING);
    enum status status = service_open(&config, &service, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", error.detail);
    FUZZ_PROMISE(status == STATUS_OK);
    atexit(daemon_stop);
}

/* connect, which the fuzzer's own alarm may interrupt; it goes on all the same. */
static bool daemon_reach(int fd, const struct sockaddr_in *address)
{
    struct pollfd watched = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return true;
    if (errno != EINTR)
        error = errno;
    while (error == 0 && poll(&watched, 1, END_MS) < 0 && errno == EINTR) {
    }
    if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return true;
    fprintf(stderr, "connect: %s\n", strerror(error));
    return false;
}

/*
 * Clients come from many addresses: where the daemon closes first, a port of theirs is taken for a
 * minute more, and one address has not enough of them.
 */
static int daemon_connect(void)
{
    static unsigned turn;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)http_port(service.http)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn++ % ADDRESSES)};
    struct linger now = {.l_onoff = 1, .l_linger = 0}; /* no port is left waiting by this side */
    int at_once = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FUZZ_PROMISE(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &at_once, sizeof at_once);
    FUZZ_PROMISE(bind(fd, (struct sockaddr *)&from, sizeof from) == 0);
    FUZZ_PROMISE(daemon_reach(fd, &address));
    return fd;
}

static void daemon_send(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* it has closed already */
        bytes += sent;
        size -= (size_t)sent;
    }
}

/* Reads what is there within that time; false when the connection is closed. */
static bool daemon_receive(int fd, int milliseconds, char *first, size_t *received)
{
    char piece[1 << 14];
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    if (poll(&watched, 1, milliseconds) <= 0)
        return true;
    ssize_t size = recv(fd, piece, sizeof piece, 0);
    if (size <= 0)
        return false;
    size_t room = *received < FIRST_LINE ? FIRST_LINE - *received : 0;
    memcpy(first + (*received < FIRST_LINE ? *received : 0), piece,
           (size_t)size < room ? (size_t)size : room);
    *received += (size_t)size;
    return true;
}

/* "HTTP/1.1 404": no 5xx but those that tell of load. */
static void daemon_check(const char *first, size_t received)
{
    if (received == 0)
        return;
    FUZZ_PROMISE(received >= 12 && strncmp(first, "HTTP/1.", 7) == 0);
    int code = atoi(first + 9);
    FUZZ_PROMISE(code >= 100 && code < 600 &&
                 (code < 500 || code == 503 || code == 504 || code == 501 || code == 505));
}

/* The client is gone: nothing of it may stay. */
static void daemon_wait_idle(void)
{
    uint64_t start = clock_now_us();
    while (http_num_exchanges(service.http) > 0 || http_connections(service.http).open > 0) {
        FUZZ_PROMISE(clock_since_us(start) < 1000 * (uint64_t)END_MS);
        usleep(100);
    }
}

void daemon_talk(const uint8_t *bytes, size_t size, size_t split, bool whole)
{
    char first[FIRST_LINE + 1] = "";
    size_t received = 0;
    if (!service.http)
        daemon_start();
    int fd = daemon_connect();
    if (split > size)
        split = size;
    daemon_send(fd, bytes, split);
    if (split > 0 && split < size)
        sched_yield();
    daemon_send(fd, bytes + split, size - split);
    bool open = daemon_receive(fd, whole ? PATIENCE_MS : 1, first, &received);
    shutdown(fd, SHUT_WR);
    for (size_t before = 0; open && before < received;) {
        before = received;
        open = daemon_receive(fd, 1, first, &received);
    }
    close(fd);
    daemon_check(first, received);
    daemon_wait_idle();
}
