/*
 * Clients that post one file over and over to 127.0.0.1, each request on a connection of its own,
 * and tell what became of every one.
 *
 *   clients PORT CLIENTS RATE SECONDS FILE
 *
 * Each client begins RATE requests a second, or as many as it gets answered; 0 is without pause.
 * Ends after SECONDS. Prints a line for each request: when it began, in milliseconds since the
 * start; how long it took; its status, 0 for a connection that failed or broke, or 1 for a 200
 * whose body was not that of the first 200.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CLIENTS = 256, MAX_BODY = 1 << 20, MAX_ANSWER = 1 << 16 };
enum { PATIENCE_SECONDS = 30 };

struct drill {
    struct sockaddr_in address;
    double interval_ms, seconds, start_ms;
    size_t request_size;
    char request[MAX_BODY + 256];
    pthread_mutex_t lock; /* of what follows, and of standard output */
    size_t first_size;
    char first[MAX_ANSWER];
};

static struct drill drill;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int read_request(const char *path)
{
    static char body[MAX_BODY];
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t size = fread(body, 1, sizeof body, file);
    fclose(file);
    int head = snprintf(drill.request, 256,
                        "POST /v1/synthesize HTTP/1.1\r\nHost: drill\r\nConnection: close\r\n"
                        "Content-Type: audio/wav\r\nContent-Length: %zu\r\n\r\n",
                        size);
    memcpy(drill.request + head, body, size);
    drill.request_size = (size_t)head + size;
    return size > 0;
}

/* The size of the answer; 0 when the connection failed or broke. */
static size_t exchange(char answer[MAX_ANSWER])
{
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    size_t size = 0;
    ssize_t got = -1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&drill.address, sizeof drill.address) == 0 &&
        send(fd, drill.request, drill.request_size, MSG_NOSIGNAL) == (ssize_t)drill.request_size)
        while ((got = recv(fd, answer + size, MAX_ANSWER - 1 - size, 0)) > 0)
            size += (size_t)got;
    close(fd);
    answer[size] = 0;
    return got == 0 ? size : 0;
}

/* Whether a body is that of the first 200; called with the lock held. */
static int is_same(const char *body, size_t size)
{
    if (!drill.first_size) {
        memcpy(drill.first, body, size);
        drill.first_size = size;
    }
    return size == drill.first_size && memcmp(body, drill.first, size) == 0;
}

/* Called with the lock held. */
static int status_of(const char *answer, size_t size)
{
    int status = 0;
    const char *body = strstr(answer, "\r\n\r\n");
    if (!body || sscanf(answer, "HTTP/1.1 %d", &status) != 1)
        return 0;
    body += 4;
    return status == 200 && !is_same(body, size - (size_t)(body - answer)) ? 1 : status;
}

static void *client(void *unused)
{
    char *answer = malloc(MAX_ANSWER);
    (void)unused;
    for (double next = now_ms(); answer && next < drill.start_ms + drill.seconds * 1e3;) {
        double began = now_ms();
        size_t size = exchange(answer);
        double ended = now_ms();
        pthread_mutex_lock(&drill.lock);
        printf("%.0f %.1f %d\n", began - drill.start_ms, ended - began, status_of(answer, size));
        fflush(stdout);
        pthread_mutex_unlock(&drill.lock);
        next = next + drill.interval_ms > ended ? next + drill.interval_ms : ended;
        usleep((useconds_t)((next - ended) * 1e3));
    }
    free(answer);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[MAX_CLIENTS];
    int num_clients = argc == 6 ? atoi(argv[2]) : 0;
    if (num_clients < 1 || num_clients > MAX_CLIENTS || !read_request(argv[5])) {
        fprintf(stderr, "usage: clients PORT CLIENTS RATE SECONDS FILE\n");
        return 2;
    }
    drill.address.sin_family = AF_INET;
    drill.address.sin_port = htons((uint16_t)atoi(argv[1]));
    drill.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    drill.interval_ms = atof(argv[3]) > 0 ? 1e3 / atof(argv[3]) : 0;
    drill.seconds = atof(argv[4]);
    drill.start_ms = now_ms();
    pthread_mutex_init(&drill.lock, NULL);
    for (int i = 0; i < num_clients; i++)
        if (pthread_create(&threads[i], NULL, client, NULL) != 0)
            return 1;
    for (int i = 0; i < num_clients; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
