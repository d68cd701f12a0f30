/*
 * Sends standard input to a port of 127.0.0.1 byte for byte and prints what comes back, until the
 * server closes the connection or is silent for that many seconds: exit status 0 when it closed,
 * 3 when it did not, 2 when there was no connection. Says on standard error when it could not send
 * everything.
 *
 *   talk PORT SECONDS <REQUEST >ANSWER
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((unsigned short)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("talk");
        exit(2);
    }
    return fd;
}

/* A server that has closed already has its say in what is read. */
static void send_input(int fd)
{
    static char piece[PIECE];
    ssize_t size;
    while ((size = read(STDIN_FILENO, piece, sizeof piece)) > 0)
        for (ssize_t sent = 0, step; sent < size; sent += step) {
            step = send(fd, piece + sent, (size_t)(size - sent), MSG_NOSIGNAL);
            if (step <= 0) {
                perror("talk: send");
                return;
            }
        }
}

int main(int argc, char **argv)
{
    static char piece[PIECE];
    if (argc != 3) {
        fprintf(stderr, "talk: see the head of talk.c\n");
        return 2;
    }
    int fd = connect_to(atoi(argv[1]));
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    send_input(fd);
    while (poll(&watched, 1, 1000 * atoi(argv[2])) > 0) {
        ssize_t size = recv(fd, piece, sizeof piece, 0);
        if (size <= 0)
            return 0;
        fwrite(piece, 1, (size_t)size, stdout);
    }
    return 3;
}
