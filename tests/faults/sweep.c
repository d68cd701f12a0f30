/*
 * Asks a daemon under faulty.c again and again, each time with another allocation failing, until
 * the one to fail lies behind the answer. Between these, nothing fails and the answer must be the
 * known one.
 *
 *   sweep PORT ARM_FILE STEP REQUEST_FILE      the request must ask for "Connection: close"
 *
 * Prints "FAULTS faults: N right, N refused with 503, N closed, N other"; exit status 0 when no
 * answer was any other, and every one in between was right.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 1 << 22, PATIENCE_MS = 20000, LONGEST_SWEEP = 20000 };

struct answer {
    char *bytes;
    size_t size;
    int code;         /* 0: there was none */
    const char *body; /* behind the head */
    size_t body_size;
};

enum outcome { RIGHT, REFUSED, CLOSED, OTHER, OUTCOMES };

static _Noreturn void stop(const char *what)
{
    perror(what);
    exit(2);
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        stop("sweep: the daemon is gone");
    return fd;
}

static void receive(int fd, struct answer *answer)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    ssize_t size = 1;
    while (size > 0 && answer->size < MOST) {
        if (poll(&watched, 1, PATIENCE_MS) <= 0) {
            fprintf(stderr, "sweep: no answer in %d ms\n", PATIENCE_MS);
            exit(1);
        }
        size = recv(fd, answer->bytes + answer->size, MOST - answer->size, 0);
        answer->size += size > 0 ? (size_t)size : 0;
    }
}

static void ask(int port, const char *request, size_t size, struct answer *answer)
{
    int fd = connect_to(port);
    answer->size = 0;
    for (size_t sent = 0; sent < size;) {
        ssize_t step = send(fd, request + sent, size - sent, MSG_NOSIGNAL);
        if (step <= 0)
            break;
        sent += (size_t)step;
    }
    receive(fd, answer);
    close(fd);
    answer->bytes[answer->size] = 0;
    answer->code = answer->size > 12 ? atoi(answer->bytes + 9) : 0;
    const char *end = strstr(answer->bytes, "\r\n\r\n");
    answer->body = end ? end + 4 : answer->bytes + answer->size;
    answer->body_size = answer->size - (size_t)(answer->body - answer->bytes);
}

static bool same(const struct answer *one, const struct answer *other)
{
    return one->code == other->code && one->body_size == other->body_size &&
           memcmp(one->body, other->body, one->body_size) == 0;
}

static enum outcome judge(const struct answer *answer, const struct answer *known)
{
    if (answer->size == 0)
        return CLOSED;
    if (same(answer, known))
        return RIGHT;
    return answer->code == 503 ? REFUSED : OTHER;
}

static char *read_file(const char *path, size_t *size)
{
    char *bytes = malloc(MOST);
    FILE *file = fopen(path, "rb");
    if (!bytes || !file)
        stop(path);
    *size = fread(bytes, 1, MOST, file);
    fclose(file);
    return bytes;
}

static _Atomic long *share(const char *path)
{
    int fd = open(path, O_RDWR);
    void *page =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        stop(path);
    return page;
}

int main(int argc, char **argv)
{
    long counts[OUTCOMES] = {0}, number = 1;
    struct answer known = {.bytes = malloc(MOST + 1)}, answer = {.bytes = malloc(MOST + 1)};
    if (argc != 5 || !known.bytes || !answer.bytes)
        return 2;
    int port = atoi(argv[1]), step = atoi(argv[3]), wrong = 0;
    _Atomic long *armed = share(argv[2]);
    size_t size;
    char *request = read_file(argv[4], &size);
    ask(port, request, size, &known);
    for (bool through = false; !through && number < LONGEST_SWEEP; number += step) {
        atomic_store(armed, number);
        ask(port, request, size, &answer);
        usleep(1000); /* the request's line in the log comes after its answer */
        through = atomic_exchange(armed, 0) > 0;
        enum outcome outcome = judge(&answer, &known);
        counts[outcome]++;
        if (outcome == OTHER)
            fprintf(stderr, "allocation %ld: %d %.*s\n", number, answer.code,
                    answer.body_size < 300 ? (int)answer.body_size : 300, answer.body);
        ask(port, request, size, &answer);
        wrong += !same(&answer, &known);
    }
    printf(
        "%ld faults: %ld right, %ld refused with 503, %ld closed, %ld other; %d wrong in between\n",
        counts[RIGHT] + counts[REFUSED] + counts[CLOSED] + counts[OTHER], counts[RIGHT],
        counts[REFUSED], counts[CLOSED], counts[OTHER], wrong);
    return counts[OTHER] > 0 || wrong > 0 || known.code == 0;
}
