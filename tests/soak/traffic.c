/*
 * Mixed traffic for a long time: every request of a folder, whole, slow or broken off, drawn by a
 * seed, each answer compared with the one that it had at first.
 *
 *   traffic PORT SECONDS CLIENTS SEED REQUEST_FILE...     requests ask for "Connection: close"
 *
 * 503 and 504 are counted and let pass. Prints "requests N right N refused N aborted N slow N wrong
 * N"; the wrong ones on standard error. Exit status 0 when there was none.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1 << 22, MAX_REQUESTS = 64, MAX_CLIENTS = 64, PATIENCE_MS = 60000, SLOW_PIECES = 8 };

struct message {
    char *bytes;
    size_t size;
};

struct counts {
    long right, refused, aborted, slow, wrong;
};

struct client {
    pthread_t thread;
    uint64_t state; /* of its random numbers */
    char *answer;
    struct counts counts;
};

static int port, num_requests;
static time_t end;
static struct message requests[MAX_REQUESTS], known[MAX_REQUESTS];
static const char *names[MAX_REQUESTS];

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* xorshift64* */
static uint32_t draw(struct client *client, uint32_t bound)
{
    client->state ^= client->state >> 12;
    client->state ^= client->state << 25;
    client->state ^= client->state >> 27;
    return (uint32_t)((client->state * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static int connect_to_daemon(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static size_t receive_all(int fd, char *bytes)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    size_t size = 0;
    while (size < MOST && poll(&watched, 1, PATIENCE_MS) > 0) {
        ssize_t got = recv(fd, bytes + size, MOST - size, 0);
        if (got <= 0)
            return size;
        size += (size_t)got;
    }
    return 0; /* it never ended */
}

/* In pieces, `pause_ms` before each but the first. */
static void send_pieces(int fd, const struct message *request, int pieces, int pause_ms)
{
    size_t sent = 0;
    for (int i = 1; i <= pieces; i++) {
        size_t until = request->size * (size_t)i / (size_t)pieces;
        if (i > 1)
            usleep((useconds_t)pause_ms * 1000);
        if (!send_all(fd, request->bytes + sent, until - sent))
            return; /* refused early: the answer is there all the same */
        sent = until;
    }
}

static const char *body_of(const char *answer, size_t size)
{
    const char *found = memmem(answer, size, "\r\n\r\n", 4);
    return found ? found + 4 : answer + size;
}

static bool is_known(int index, const char *answer, size_t size)
{
    const char *body = body_of(answer, size);
    const char *expected = body_of(known[index].bytes, known[index].size);
    size_t length = size - (size_t)(body - answer);
    size_t wanted = known[index].size - (size_t)(expected - known[index].bytes);
    return size > 12 && strncmp(answer + 9, known[index].bytes + 9, 3) == 0 && length == wanted &&
           memcmp(body, expected, length) == 0;
}

static void judge(struct client *client, int index, size_t size)
{
    int code = size > 12 ? atoi(client->answer + 9) : 0;
    if (is_known(index, client->answer, size)) {
        client->counts.right++;
    } else if (code == 503 || code == 504) {
        client->counts.refused++;
    } else {
        client->counts.wrong++;
        fprintf(stderr, "%s: %zu bytes, %.*s\n", names[index], size, size < 200 ? (int)size : 200,
                client->answer);
    }
}

static void ask(struct client *client)
{
    int index = (int)draw(client, (uint32_t)num_requests);
    uint32_t manner = draw(client, 100);
    const struct message *request = &requests[index];
    int fd = connect_to_daemon();
    if (fd < 0) {
        client->counts.wrong++;
        perror("traffic: connect");
        sleep(1);
        return;
    }
    if (manner < 12) { /* leaves in the middle, without a word */
        struct linger reset = {.l_onoff = draw(client, 2) != 0};
        send_all(fd, request->bytes, draw(client, (uint32_t)request->size + 1));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        client->counts.aborted++;
    } else {
        bool slow = manner < 20;
        send_pieces(fd, request, slow ? SLOW_PIECES : 1, 50 + (int)draw(client, 250));
        client->counts.slow += slow;
        judge(client, index, receive_all(fd, client->answer));
    }
    close(fd);
}

static void *run(void *argument)
{
    while (now() < end)
        ask(argument);
    return NULL;
}

static struct message read_request(const char *path)
{
    struct message message = {.bytes = malloc(MOST)};
    FILE *file = fopen(path, "rb");
    if (!file || !message.bytes) {
        perror(path);
        exit(2);
    }
    message.size = fread(message.bytes, 1, MOST, file);
    fclose(file);
    return message;
}

static void learn(int index)
{
    int fd = connect_to_daemon();
    known[index].bytes = malloc(MOST);
    if (fd < 0 || !known[index].bytes || !send_all(fd, requests[index].bytes, requests[index].size))
        exit(2);
    known[index].size = receive_all(fd, known[index].bytes);
    close(fd);
    if (known[index].size <= 12) {
        fprintf(stderr, "traffic: %s has no answer\n", names[index]);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    static struct client clients[MAX_CLIENTS];
    struct counts sum = {0};
    if (argc < 6 || argc - 5 > MAX_REQUESTS || atoi(argv[3]) > MAX_CLIENTS)
        return 2;
    port = atoi(argv[1]);
    num_requests = argc - 5;
    for (int i = 0; i < num_requests; i++) {
        names[i] = argv[5 + i];
        requests[i] = read_request(names[i]);
        learn(i);
    }
    end = now() + atoi(argv[2]);
    int num_clients = atoi(argv[3]);
    for (int i = 0; i < num_clients; i++) {
        clients[i].state = (uint64_t)atoi(argv[4]) * 7919 + (uint64_t)i + 1;
        clients[i].answer = malloc(MOST);
        if (!clients[i].answer || pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
            return 2;
    }
    for (int i = 0; i < num_clients; i++) {
        pthread_join(clients[i].thread, NULL);
        sum.right += clients[i].counts.right;
        sum.refused += clients[i].counts.refused;
        sum.aborted += clients[i].counts.aborted;
        sum.slow += clients[i].counts.slow;
        sum.wrong += clients[i].counts.wrong;
    }
    printf("requests %ld right %ld refused %ld aborted %ld slow %ld wrong %ld\n",
           sum.right + sum.refused + sum.aborted + sum.wrong, sum.right, sum.refused, sum.aborted,
           sum.slow, sum.wrong);
    return sum.wrong > 0 || sum.right == 0;
}
