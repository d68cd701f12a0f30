/*
 * The least that an HTTP server on libmicrohttpd can cost: with as many threads and as much memory
 * as in server/http.c it reads the body and answers with a constant PNG.
 *
 *   empty_handler PORT PNG_FILE
 *
 * Serves on 127.0.0.1 until SIGTERM.
 */
#include "bench/measure.h"
#include "core/base/file.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>

enum {
    IO_THREADS = 2,
    CONNECTIONS = 1024,
    MEMORY = 32 * 1024,
    IDLE_SECONDS = 30,
    MAX_PNG = 1 << 20
};

static struct buf picture;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *bytes,
                              size_t *size, void **request)
{
    static int begun;
    (void)context, (void)url, (void)method, (void)version, (void)bytes;
    if (!*request) {
        *request = &begun;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(picture.size, picture.bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "image/png");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

int main(int argc, char **argv)
{
    struct error error;
    sigset_t end;
    int signal_number;
    if (argc != 3) {
        fprintf(stderr, "usage: empty_handler PORT PNG_FILE\n");
        return 2;
    }
    buf_init(&picture, MAX_PNG);
    measure_expect(file_read(argv[2], &picture, &error), &error);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((in_port_t)measure_number(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* its threads inherit it */
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, answer, NULL,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)IO_THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "The port %s cannot be served.\n", argv[1]);
        return 1;
    }
    sigwait(&end, &signal_number);
    MHD_stop_daemon(daemon);
    buf_free(&picture);
    return 0;
}
