#include "server/listener.h"

#include <errno.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER_BACKLOG = 1024 };

static enum status listener_bind(const struct addrinfo *address, int *fd)
{
    *fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return STATUS_IO;
    int on = 1;
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(*fd, address->ai_addr, address->ai_addrlen) == 0 && listen(*fd, LISTENER_BACKLOG) == 0)
        return STATUS_OK;
    int reason = errno;
    close(*fd);
    errno = reason;
    return STATUS_IO;
}

enum status listener_open(const char *host, int port, int *fd, struct error *error)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    snprintf(service, sizeof service, "%d", port);
    int fault = getaddrinfo(host, service, &hints, &found);
    if (fault)
        return error_set(error, STATUS_IO, "Cannot resolve the host '%s': %s.", host,
                         gai_strerror(fault));
    enum status status = STATUS_IO;
    for (const struct addrinfo *each = found; each && status != STATUS_OK; each = each->ai_next)
        status = listener_bind(each, fd);
    int reason = errno;
    freeaddrinfo(found);
    if (status == STATUS_OK)
        return STATUS_OK;
    if (reason == EADDRINUSE)
        return error_set(error, STATUS_IO, "Port %d of %s is taken by another program.", port,
                         host);
    return error_set(error, STATUS_IO, "Cannot listen on port %d of %s: %s.", port, host,
                     strerror(reason));
}

static bool listener_address_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    const struct sockaddr_in *four = (const void *)address;
    return address->sa_family == AF_INET && ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool listener_is_loopback(const char *host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    bool loopback = true;
    for (const struct addrinfo *each = found; each; each = each->ai_next)
        loopback = loopback && listener_address_is_loopback(each->ai_addr);
    freeaddrinfo(found);
    return loopback;
}

void listener_limit_unread(int fd, int seconds)
{
    unsigned milliseconds = (unsigned)seconds * 1000; /* inherited by accepted sockets */
    /* without it only the memory of the system is held longer */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
}

int listener_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

void listener_stop(int fd)
{
    /* flags are the 14th byte of the TCP header; SYN without ACK is a newcomer */
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),          BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    /* where the system has no such filters, newcomers are served until the last moment */
    (void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

int listener_backlog(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        return 0;
    return (int)info.tcpi_unacked; /* of a listening socket: the length of its queue */
}
