/* Who is still sending gets the reply and no reset. */
#include "server/lingering.h"

#include "server/clock.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MEBIBYTES = 32 }; /* more than the buffers of two sockets hold */

/* The two ends of a connection. */
struct ends {
    int server, client;
};

static struct ends meet(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    struct ends ends = {.client = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(ends.client, (struct sockaddr *)&address, size), 0);
    ends.server = accept(listener, NULL, NULL);
    assert_true(ends.server >= 0);
    assert_int_equal(fcntl(ends.server, F_SETFL, O_NONBLOCK), 0);
    return ends;
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 64), 0);
    return listener;
}

/* Replies and closes, as the event loop does. */
static void reply(struct lingering *lingering, const struct ends *ends)
{
    assert_int_equal(send(ends->server, "413", 3, 0), 3);
    lingering_take(lingering, ends->server);
    close(ends->server);
}

static bool send_much(int fd)
{
    static char piece[1 << 20];
    for (size_t left = sizeof piece * MEBIBYTES; left > 0;) {
        size_t size = left < sizeof piece ? left : sizeof piece;
        ssize_t sent = send(fd, piece, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        left -= (size_t)sent;
    }
    return true;
}

/* Until there are no more than that; not for ever. */
static void wait_for(struct lingering *lingering, int count)
{
    for (int i = 0; i < 1000 && lingering_count(lingering) > count; i++)
        usleep(10000);
    assert_int_equal(lingering_count(lingering), count);
}

static void test_a_sender_gets_its_reply(void **state)
{
    (void)state;
    struct lingering *lingering;
    struct error error;
    char got[8];
    int listener = listen_somewhere();
    assert_int_equal(lingering_open(&lingering, &error), STATUS_OK);
    struct ends ends = meet(listener);
    assert_int_equal(send(ends.client, "POST", 4, 0), 4);
    reply(lingering, &ends);
    assert_true(send_much(ends.client));
    assert_int_equal(recv(ends.client, got, sizeof got, 0), 3);
    assert_memory_equal(got, "413", 3);
    assert_int_equal(recv(ends.client, got, sizeof got, 0), 0);
    assert_int_equal(lingering_count(lingering), 1);
    close(ends.client);
    wait_for(lingering, 0);
    lingering_close(lingering);
    close(listener);
}

static void *send_for_ever(void *fd)
{
    while (send_much(*(int *)fd)) {
    }
    return NULL;
}

/* Neither who is silent nor who never stops keeps a place for long. */
static void test_nobody_stays(void **state)
{
    (void)state;
    struct lingering *lingering;
    struct error error;
    pthread_t sender;
    int listener = listen_somewhere();
    assert_int_equal(lingering_open(&lingering, &error), STATUS_OK);
    struct ends silent = meet(listener), endless = meet(listener);
    uint64_t start = clock_now_us();
    reply(lingering, &silent);
    reply(lingering, &endless);
    assert_int_equal(pthread_create(&sender, NULL, send_for_ever, &endless.client), 0);
    wait_for(lingering, 0);
    assert_true(clock_since_us(start) >= 2000000);
    assert_int_equal(pthread_join(sender, NULL), 0);
    close(silent.client);
    close(endless.client);
    lingering_close(lingering);
    close(listener);
}

static void test_so_many_at_once(void **state)
{
    (void)state;
    struct lingering *lingering;
    struct error error;
    struct ends ends[LINGERING_MAX + 1];
    int listener = listen_somewhere();
    assert_int_equal(lingering_open(&lingering, &error), STATUS_OK);
    for (int i = 0; i <= LINGERING_MAX; i++) {
        ends[i] = meet(listener);
        reply(lingering, &ends[i]);
    }
    assert_int_equal(lingering_count(lingering), LINGERING_MAX);
    close(ends[3].client);
    close(ends[LINGERING_MAX - 1].client);
    wait_for(lingering, LINGERING_MAX - 2);
    lingering_close(lingering); /* with the others there */
    struct pollfd watched = {.fd = ends[0].client, .events = POLLRDHUP};
    assert_int_equal(poll(&watched, 1, 0), 1);
    for (int i = 0; i <= LINGERING_MAX; i++)
        if (i != 3 && i != LINGERING_MAX - 1)
            close(ends[i].client);
    close(listener);
}

static void test_nothing_is_allowed(void **state)
{
    (void)state;
    lingering_take(NULL, 0);
    lingering_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sender_gets_its_reply),
        cmocka_unit_test(test_nobody_stays),
        cmocka_unit_test(test_so_many_at_once),
        cmocka_unit_test(test_nothing_is_allowed),
    };
    return cmocka_run_group_tests_name("lingering", tests, NULL, NULL);
}
