#include "server/healthcheck.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEALTHCHECK_SECONDS = 5 };

static const char *healthcheck_host(const char *host)
{
    if (strcmp(host, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(host, "::") == 0 ? "::1" : host;
}

/* A connected socket, or -1 with errno set. */
static int healthcheck_connect(const char *host, int port)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    struct timeval patience = {.tv_sec = HEALTHCHECK_SECONDS};
    snprintf(service, sizeof service, "%d", port);
    errno = EADDRNOTAVAIL;
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *each = found; each && fd < 0; each = each->ai_next) {
        fd = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, each->ai_addr, each->ai_addrlen) != 0) {
            int reason = errno;
            close(fd);
            errno = reason;
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

enum status healthcheck_run(const char *host, int port, struct error *error)
{
    static const char request[] = "GET /v2/health/ready HTTP/1.0\r\n\r\n";
    char answer[64] = "";
    size_t size = 0;
    ssize_t got = 1;
    int fd = healthcheck_connect(healthcheck_host(host), port);
    if (fd < 0)
        return error_set(error, STATUS_IO, "No answer from %s port %d: %s.", host, port,
                         strerror(errno));
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1)
        while (size < sizeof answer - 1 && got > 0) {
            got = recv(fd, answer + size, sizeof answer - 1 - size, 0);
            size += got > 0 ? (size_t)got : 0;
        }
    close(fd);
    if (strncmp(answer, "HTTP/1.", 7) != 0)
        return error_set(error, STATUS_IO, "No HTTP answer from %s port %d.", host, port);
    if (strncmp(answer + 8, " 200", 4) != 0)
        return error_set(error, STATUS_NOT_READY, "The daemon is not ready.");
    return STATUS_OK;
}
