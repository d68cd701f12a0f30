/*
 * How long a daemon takes from its start until it is ready, and the memory that it holds then.
 *
 *   bench_startup PORT PROGRAM [ARGUMENT ...]     the program has to listen on 127.0.0.1:PORT
 *
 * Asks GET /v2/health/ready every millisecond; ends the program after its first 200.
 */
#include "bench/measure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double patience = 20; /* seconds */

static bool is_ready(in_port_t port)
{
    static const char request[] = "GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    char answer[16] = "";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    bool ready = connection >= 0 &&
                 connect(connection, (struct sockaddr *)&address, sizeof address) == 0 &&
                 send(connection, request, strlen(request), MSG_NOSIGNAL) > 0 &&
                 recv(connection, answer, sizeof answer - 1, MSG_WAITALL) > 0 &&
                 strncmp(answer, "HTTP/1.1 200", 12) == 0;
    if (connection >= 0)
        close(connection);
    return ready;
}

static double resident_mib(pid_t pid)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %lf", &kib);
    if (file)
        fclose(file);
    return kib / 1024;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_startup PORT PROGRAM [ARGUMENT ...]\n");
        return 2;
    }
    in_port_t port = (in_port_t)measure_number(argv[1]);
    double start = measure_now();
    pid_t pid = fork();
    if (pid == 0) {
        execv(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    bool ready = false;
    while (pid > 0 && !ready && measure_now() - start < patience &&
           waitpid(pid, NULL, WNOHANG) == 0) {
        const struct timespec pause = {.tv_nsec = 1000000};
        ready = is_ready(port);
        if (!ready)
            nanosleep(&pause, NULL);
    }
    double seconds = measure_now() - start;
    if (ready) {
        measure_print(seconds * 1000, "startup.ready_ms");
        measure_print(resident_mib(pid), "startup.resident_mib");
    }
    if (pid > 0) {
        kill(pid, SIGTERM);
        waitpid(pid, NULL, 0);
    }
    return ready ? 0 : 1;
}
