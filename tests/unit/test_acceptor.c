/* Each connection is handed over once, also when the system had no room for it at first. */
#include "server/acceptor.h"

#include "core/base/mem.h"
#include "server/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 40 };

/* What has been handed over. */
struct hands {
    _Atomic int count;
    int fds[MANY];
    bool as_promised; /* all of them */
};

static void take(void *context, int fd, const struct sockaddr *address, socklen_t address_size)
{
    struct hands *hands = context;
    const struct sockaddr_in *from = (const void *)address;
    hands->as_promised = hands->as_promised && (fcntl(fd, F_GETFL) & O_NONBLOCK) &&
                         (fcntl(fd, F_GETFD) & FD_CLOEXEC) && address_size == sizeof *from &&
                         from->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    hands->fds[hands->count] = fd;
    atomic_fetch_add(&hands->count, 1);
}

struct fixture {
    int listener;
    struct acceptor *acceptor;
    struct hands hands;
    int clients[MANY];
    int num_clients;
};

static struct fixture open_fixture(void)
{
    struct fixture fixture = {.hands.as_promised = true};
    assert_int_equal(listener_open("127.0.0.1", 0, &fixture.listener, NULL), STATUS_OK);
    return fixture;
}

static void start(struct fixture *fixture)
{
    assert_int_equal(
        acceptor_open(fixture->listener, take, &fixture->hands, &fixture->acceptor, NULL),
        STATUS_OK);
}

static void close_fixture(struct fixture *fixture)
{
    for (int i = 0; i < fixture->num_clients; i++)
        close(fixture->clients[i]);
    for (int i = 0; i < fixture->hands.count; i++)
        close(fixture->hands.fds[i]);
    close(fixture->listener);
}

static void connect_one(struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((in_port_t)listener_port(fixture->listener))};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(client >= 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    fixture->clients[fixture->num_clients++] = client;
}

/* Until there are so many; not for ever. */
static void wait_for(struct hands *hands, int count)
{
    for (int i = 0; i < 1000 && atomic_load(&hands->count) < count; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&hands->count), count);
}

static void test_all_are_handed_over(void **state)
{
    (void)state;
    struct fixture fixture = open_fixture();
    for (int i = 0; i < MANY / 2; i++)
        connect_one(&fixture); /* some wait already */
    start(&fixture);
    while (fixture.num_clients < MANY)
        connect_one(&fixture);
    wait_for(&fixture.hands, MANY);
    for (int i = 0; i < 1000 && acceptor_is_busy(fixture.acceptor); i++)
        usleep(10000);
    assert_false(acceptor_is_busy(fixture.acceptor));
    assert_true(fixture.hands.as_promised);
    acceptor_close(fixture.acceptor);
    close_fixture(&fixture);
}

/* With as many files open as may be, a connection waits until one is closed. */
static void test_without_files(void **state)
{
    (void)state;
    struct fixture fixture = open_fixture();
    struct rlimit before, none;
    start(&fixture);
    connect_one(&fixture);
    wait_for(&fixture.hands, 1);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((in_port_t)listener_port(fixture.listener))};
    int connected = connect(client, (struct sockaddr *)&address, sizeof address);
    usleep(100000);
    int handed = atomic_load(&fixture.hands.count);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    fixture.clients[fixture.num_clients++] = client;
    assert_int_equal(connected, 0);
    assert_int_equal(handed, 1);
    wait_for(&fixture.hands, 2);
    acceptor_close(fixture.acceptor);
    close_fixture(&fixture);
}

static void test_none_after_the_end(void **state)
{
    (void)state;
    struct fixture fixture = open_fixture();
    start(&fixture);
    acceptor_close(fixture.acceptor);
    connect_one(&fixture);
    usleep(50000);
    assert_int_equal(atomic_load(&fixture.hands.count), 0);
    assert_int_equal(listener_backlog(fixture.listener), 1);
    close_fixture(&fixture);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct fixture fixture = open_fixture();
    mem_fail_after(0);
    assert_int_equal(acceptor_open(fixture.listener, take, &fixture.hands, &fixture.acceptor, NULL),
                     STATUS_NO_MEMORY);
    mem_fail_never();
    assert_null(fixture.acceptor);
    acceptor_close(NULL);
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_handed_over),
        cmocka_unit_test(test_without_files),
        cmocka_unit_test(test_none_after_the_end),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("acceptor", tests, NULL, NULL);
}
