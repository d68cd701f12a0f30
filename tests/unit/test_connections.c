/* Who dawdles loses his place; who is being served keeps it. */
#include "server/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { NUM_PAIRS = 5 };

/* A connection to each pair of sockets; the other end sees what becomes of it. */
struct party {
    struct connections connections;
    struct connection *entries[NUM_PAIRS];
    int ours[NUM_PAIRS], theirs[NUM_PAIRS];
};

static void meet(struct party *party, int max)
{
    connections_init(&party->connections, max);
    for (int i = 0; i < NUM_PAIRS; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        party->ours[i] = pair[0];
        party->theirs[i] = pair[1];
        party->entries[i] = NULL;
    }
}

static void join(struct party *party, int i)
{
    party->entries[i] = connections_add(&party->connections, party->ours[i]);
    assert_non_null(party->entries[i]);
}

static void leave(struct party *party)
{
    for (int i = 0; i < NUM_PAIRS; i++) {
        connections_remove(&party->connections, party->entries[i]);
        close(party->ours[i]);
        close(party->theirs[i]);
    }
    assert_int_equal(connections_count(&party->connections).open, 0);
    connections_destroy(&party->connections);
}

static bool is_shut(const struct party *party, int i)
{
    return connections_hung_up(party->theirs[i]);
}

static void test_the_slowest_gives_way(void **state)
{
    (void)state;
    struct party party;
    meet(&party, 3);
    for (int i = 0; i < 3; i++) {
        join(&party, i);
        party.entries[i]->since_us -= 1000 * (3 - (uint64_t)i);
    }
    connections_mark(party.entries[0], false); /* a new request */
    join(&party, 3);
    assert_true(is_shut(&party, 1));
    for (int i = 0; i < 4; i++)
        assert_int_equal(is_shut(&party, i), i == 1);
    join(&party, 4); /* before the first is removed */
    assert_true(is_shut(&party, 2));
    assert_false(is_shut(&party, 0));
    assert_false(is_shut(&party, 4));
    assert_int_equal(connections_count(&party.connections).open, 3);
    assert_int_equal(connections_count(&party.connections).shut_full, 2);
    leave(&party);
}

static void test_those_being_served_stay(void **state)
{
    (void)state;
    struct party party;
    meet(&party, 2);
    for (int i = 0; i < 2; i++) {
        join(&party, i);
        connections_mark(party.entries[i], true);
        party.entries[i]->since_us = 0;
    }
    join(&party, 2);
    assert_true(is_shut(&party, 2));
    connections_mark(party.entries[1], false);
    party.entries[1]->since_us = 0;
    join(&party, 3);
    assert_true(is_shut(&party, 1));
    assert_false(is_shut(&party, 0));
    assert_false(is_shut(&party, 3));
    leave(&party);
}

static void test_sweeps_the_late(void **state)
{
    (void)state;
    struct party party;
    meet(&party, NUM_PAIRS);
    for (int i = 0; i < 3; i++)
        join(&party, i);
    party.entries[0]->since_us -= 61000000;
    party.entries[1]->since_us -= 61000000;
    party.entries[1]->busy = true;
    party.entries[2]->since_us += 1000000; /* it begins while they are looked at */
    connections_sweep(&party.connections, 60);
    connections_sweep(&party.connections, 60);
    for (int i = 0; i < 3; i++)
        assert_int_equal(is_shut(&party, i), i == 0);
    assert_int_equal(connections_count(&party.connections).shut_late, 1);
    assert_int_equal(connections_count(&party.connections).open, 2);
    leave(&party);
}

static void test_sees_what_is_unread(void **state)
{
    (void)state;
    struct party party;
    meet(&party, NUM_PAIRS);
    join(&party, 0);
    join(&party, 1);
    assert_false(connections_unread(&party.connections));
    assert_int_equal(write(party.theirs[0], "x", 1), 1);
    assert_true(connections_unread(&party.connections));
    leave(&party);
}

/* Only a request that follows another connection's at once has waited for it. */
static void test_sees_who_has_waited(void **state)
{
    (void)state;
    struct party party;
    int tries = 0; /* until both come in time */
    meet(&party, NUM_PAIRS);
    join(&party, 0);
    join(&party, 1);
    connections_begin(party.entries[0]);
    assert_false(connections_waited(party.entries[0]));
    assert_false(connections_waited(NULL));
    do {
        connections_leave(party.entries[0], false);
        connections_begin(party.entries[1]);
    } while (!connections_waited(party.entries[1]) && ++tries < 1000);
    assert_in_range(tries, 0, 999);
    connections_leave(party.entries[1], true);
    assert_true(party.entries[1]->busy);
    connections_begin(party.entries[1]);
    assert_false(connections_waited(party.entries[1]));
    assert_false(party.entries[1]->busy);
    connections_leave(party.entries[1], false);
    usleep(1000);
    connections_begin(party.entries[0]);
    assert_false(connections_waited(party.entries[0]));
    leave(&party);
}

static void *join_second(void *party)
{
    join(party, 1);
    return NULL;
}

/* Connections of other threads do not count. */
static void test_sees_who_is_alone(void **state)
{
    (void)state;
    struct party party;
    pthread_t other;
    meet(&party, NUM_PAIRS);
    join(&party, 0);
    assert_int_equal(pthread_create(&other, NULL, join_second, &party), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_true(connections_alone(party.entries[0]));
    assert_true(connections_alone(party.entries[1]));
    assert_false(connections_alone(NULL));
    join(&party, 2);
    assert_false(connections_alone(party.entries[0]));
    connections_remove(&party.connections, party.entries[0]);
    party.entries[0] = NULL;
    assert_true(connections_alone(party.entries[2]));
    leave(&party);
}

enum { OTHERS_REQUESTS = 100 };

static void *join_and_begin(void *argument)
{
    struct party *party = argument;
    join(party, 1);
    for (int i = 0; i < OTHERS_REQUESTS; i++)
        connections_begin(party->entries[1]);
    return NULL;
}

/* A thread counts for as long as it begins half as many requests as the one that asks. */
static void test_sees_threads_at_work(void **state)
{
    (void)state;
    struct party party;
    pthread_t other;
    meet(&party, NUM_PAIRS);
    join(&party, 0);
    connections_begin(party.entries[0]);
    assert_int_equal(connections_threads_at_work(&party.connections, party.entries[0]), 0);
    assert_int_equal(connections_threads_at_work(&party.connections, NULL), 0);
    int tries = 0; /* until the other's requests have been begun and asked for in time */
    do {
        connections_remove(&party.connections, party.entries[1]);
        assert_int_equal(pthread_create(&other, NULL, join_and_begin, &party), 0);
        assert_int_equal(pthread_join(other, NULL), 0);
    } while (connections_threads_at_work(&party.connections, party.entries[0]) == 0 &&
             ++tries < 1000);
    assert_in_range(tries, 0, 999);
    assert_int_equal(connections_threads_at_work(&party.connections, party.entries[1]), 0);
    usleep(50000);
    connections_begin(party.entries[0]);
    assert_int_equal(connections_threads_at_work(&party.connections, party.entries[0]), 0);
    leave(&party);
}

static void test_asks_for_no_more_than_there_is(void **state)
{
    (void)state;
    struct rlimit before, files = {128, 256};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(connections_room(10), 10);
    assert_int_equal(connections_room(150), 150);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(files.rlim_cur, 214);
    assert_int_equal(connections_room(1000), 192);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_int_equal(files.rlim_cur, 256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_slowest_gives_way),
        cmocka_unit_test(test_those_being_served_stay),
        cmocka_unit_test(test_sweeps_the_late),
        cmocka_unit_test(test_sees_what_is_unread),
        cmocka_unit_test(test_sees_who_has_waited),
        cmocka_unit_test(test_sees_who_is_alone),
        cmocka_unit_test(test_sees_threads_at_work),
        cmocka_unit_test(test_asks_for_no_more_than_there_is), /* last: the limit stays */
    };
    return cmocka_run_group_tests_name("connections", tests, NULL, NULL);
}
