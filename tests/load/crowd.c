/*
 * Many clients that take their time, each on a connection of its own to 127.0.0.1.
 *
 *   crowd PORT CLIENTS SECONDS MODE [again]
 *
 *   idle   sends nothing
 *   head   sends the head of a request a byte a second
 *   body   sends the body of a request a byte a second
 *   read   asks for much and reads a byte a second
 *
 * A client whose connection is closed stays away, or comes `again`. Ends after SECONDS, or when
 * all have stayed away. Prints "opened N closed N failed N open N longest S": connections made;
 * those that the server closed; those it did not take; those still open; the longest life of a
 * closed one in seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 10000, ROUND_MS = 1000, ASKED_AT_ONCE = 400 };

struct client {
    int fd;
    double since;
};

struct crowd {
    struct sockaddr_in address;
    int num_clients;
    const char *mode;
    int again;
    struct client clients[MAX_CLIENTS];
    int opened, closed, failed, open;
    double longest;
};

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a client says first. */
static void greet(const struct crowd *crowd, int fd)
{
    static const char head[] = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ";
    static const char body[] =
        "POST /v1/synthesize HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    static const char ask[] = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
    if (strcmp(crowd->mode, "head") == 0)
        send(fd, head, sizeof head - 1, MSG_NOSIGNAL);
    else if (strcmp(crowd->mode, "body") == 0)
        send(fd, body, sizeof body - 1, MSG_NOSIGNAL);
    for (int i = 0; strcmp(crowd->mode, "read") == 0 && i < ASKED_AT_ONCE; i++)
        send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL);
}

static void join(struct crowd *crowd, struct client *client)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int small = 4096;
    client->fd = -1;
    if (fd < 0) {
        crowd->failed++;
        return;
    }
    if (strcmp(crowd->mode, "read") == 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    int result = connect(fd, (struct sockaddr *)&crowd->address, sizeof crowd->address);
    struct pollfd made = {.fd = fd, .events = POLLOUT};
    int fault = 0;
    socklen_t length = sizeof fault;
    if ((result != 0 && (errno != EINPROGRESS || poll(&made, 1, ROUND_MS) <= 0)) ||
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &length) != 0 || fault) {
        close(fd);
        crowd->failed++;
        return;
    }
    client->fd = fd;
    client->since = now_seconds();
    crowd->opened++;
    crowd->open++;
    greet(crowd, fd);
}

/* One byte; whether the connection is still there. */
static int move(const struct crowd *crowd, int fd)
{
    char byte = 'a';
    ssize_t result = recv(fd, &byte, 1, MSG_DONTWAIT);
    if (result == 0 || (result < 0 && errno != EAGAIN))
        return 0;
    if (strcmp(crowd->mode, "head") == 0 || strcmp(crowd->mode, "body") == 0)
        result = send(fd, "a", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return result >= 0 || errno == EAGAIN;
}

static void leave(struct crowd *crowd, struct client *client)
{
    double life = now_seconds() - client->since;
    close(client->fd);
    client->fd = -1;
    crowd->closed++;
    crowd->open--;
    crowd->longest = life > crowd->longest ? life : crowd->longest;
}

/* Every client has its byte; spread over the round, as a real crowd would be. */
static void go_round(struct crowd *crowd)
{
    double start = now_seconds();
    for (int i = 0; i < crowd->num_clients; i++) {
        struct client *client = &crowd->clients[i];
        if (client->fd >= 0 && !move(crowd, client->fd))
            leave(crowd, client);
        if (client->fd < 0 && crowd->again)
            join(crowd, client);
        double due = start + (double)i * ROUND_MS / 1000 / crowd->num_clients;
        double wait = due - now_seconds();
        if (wait > 0.01)
            usleep((useconds_t)(wait * 1e6));
    }
    double rest = start + (double)ROUND_MS / 1000 - now_seconds();
    if (rest > 0)
        usleep((useconds_t)(rest * 1e6));
}

int main(int argc, char **argv)
{
    static struct crowd crowd;
    struct rlimit files;
    if (argc < 5 || atoi(argv[2]) < 1 || atoi(argv[2]) > MAX_CLIENTS) {
        fprintf(stderr, "crowd: see the head of crowd.c\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    crowd.address = (struct sockaddr_in){.sin_family = AF_INET,
                                         .sin_port = htons((unsigned short)atoi(argv[1])),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    crowd.num_clients = atoi(argv[2]);
    crowd.mode = argv[4];
    crowd.again = argc > 5;
    double end = now_seconds() + atof(argv[3]);
    for (int i = 0; i < crowd.num_clients; i++)
        join(&crowd, &crowd.clients[i]);
    while (now_seconds() < end && (crowd.open || crowd.again))
        go_round(&crowd);
    printf("opened %d closed %d failed %d open %d longest %.1f\n", crowd.opened, crowd.closed,
           crowd.failed, crowd.open, crowd.longest);
    return 0;
}
