/* The queue: each item gets one callback, whatever happens. */
#include "server/clock.h"
#include "server/pool.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

struct job {
    struct pool_item item;
    _Atomic bool gone;
    bool crowded;
    int at_work; /* threads like the one that gives it */
    pthread_t ran_on;
    const struct inference *scratch; /* that it ran with */
    _Atomic int runs, drops;
    _Atomic int dropped_with;
};

/* Jobs run only while the gate is open. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static int started, finished, largest_batch;

static void run(struct pool_item *const *items, int count, struct inference *scratch)
{
    assert_non_null(scratch);
    pthread_mutex_lock(&gate);
    started += count;
    largest_batch = count > largest_batch ? count : largest_batch;
    pthread_cond_broadcast(&moved);
    while (!gate_open)
        pthread_cond_wait(&moved, &gate);
    for (int i = 0; i < count; i++) {
        ((struct job *)items[i])->ran_on = pthread_self();
        ((struct job *)items[i])->scratch = scratch;
        ((struct job *)items[i])->runs++;
    }
    finished += count;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

static void drop(struct pool_item *item, enum status status)
{
    struct job *job = (struct job *)item;
    pthread_mutex_lock(&gate);
    job->dropped_with = (int)status;
    job->drops++;
    finished++;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

static bool gone(const struct pool_item *item)
{
    return atomic_load(&((const struct job *)item)->gone);
}

static bool crowded(const struct pool_item *item)
{
    return ((const struct job *)item)->crowded;
}

static int at_work(const struct pool_item *item)
{
    return ((const struct job *)item)->at_work;
}

static const struct pool_hooks hooks = {
    .run = run, .drop = drop, .gone = gone, .crowded = crowded, .at_work = at_work};

/* A pool that takes no more than one at a time. */
static struct pool *open_pool(int num_threads, int queue_size)
{
    struct pool_settings settings = {
        .num_threads = num_threads, .queue_size = queue_size, .max_batch = 1};
    struct pool *pool;
    assert_int_equal(pool_open(&settings, &hooks, &pool, NULL), STATUS_OK);
    return pool;
}

static enum status submit(struct pool *pool, struct job *job)
{
    enum status status = pool_reserve(pool);
    return status == STATUS_OK ? pool_submit(pool, &job->item) : status;
}

/* The gate of another thread's, which has to run something first. */
static void *open_gate_soon(void *argument)
{
    (void)argument;
    usleep(20000);
    pthread_mutex_lock(&gate);
    gate_open = true;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
    return NULL;
}

static void wait_for(const int *counter, int value)
{
    pthread_mutex_lock(&gate);
    while (*counter < value)
        pthread_cond_wait(&moved, &gate);
    pthread_mutex_unlock(&gate);
}

/* While a thread of the pool is busy, until the gate opens, the other job runs here. */
static void check_runs_beside(struct pool *pool, struct job *busy, struct job *here)
{
    pthread_t opener;
    assert_int_equal(submit(pool, busy), STATUS_OK);
    wait_for(&started, 1);
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    assert_true(pool_run_here(pool, &here->item));
    pthread_join(opener, NULL);
    wait_for(&finished, 2);
    pool_close(pool);
}

static void set_gate(bool open)
{
    pthread_mutex_lock(&gate);
    gate_open = open;
    if (!open)
        started = finished = largest_batch = 0;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

static void test_runs_all(void **state)
{
    (void)state;
    static struct job jobs[500];
    set_gate(false);
    set_gate(true);
    struct pool *pool = open_pool(4, 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
    wait_for(&finished, 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(jobs[i].runs, 1);
    pool_close(pool);
}

static void test_is_bounded(void **state)
{
    (void)state;
    struct job jobs[4] = {0};
    set_gate(false);
    struct pool *pool = open_pool(1, 2);
    assert_int_equal(submit(pool, &jobs[0]), STATUS_OK);
    wait_for(&started, 1);
    assert_int_equal(submit(pool, &jobs[1]), STATUS_OK);
    assert_int_equal(submit(pool, &jobs[2]), STATUS_OK);
    assert_int_equal(pool_depth(pool), 2);
    assert_int_equal(submit(pool, &jobs[3]), STATUS_OVERLOADED);
    set_gate(true);
    wait_for(&finished, 3);
    assert_int_equal(jobs[3].runs + jobs[3].drops, 0);
    assert_int_equal(jobs[0].runs + jobs[1].runs + jobs[2].runs, 3);
    pool_close(pool);
}

static void test_drops_the_expired_and_the_abandoned(void **state)
{
    (void)state;
    struct job running = {0}, expired = {0}, abandoned = {0}, patient = {0};
    set_gate(false);
    struct pool *pool = open_pool(1, 8);
    assert_int_equal(submit(pool, &running), STATUS_OK);
    wait_for(&started, 1);
    expired.item.deadline_us = clock_now_us() + 1000;
    patient.item.deadline_us = clock_now_us() + UINT64_C(3600) * 1000000;
    assert_int_equal(submit(pool, &patient), STATUS_OK);
    assert_int_equal(submit(pool, &expired), STATUS_OK);
    assert_int_equal(submit(pool, &abandoned), STATUS_OK);
    atomic_store(&abandoned.gone, true);
    wait_for(&finished, 2); /* while the only thread is still busy */
    assert_int_equal(expired.dropped_with, STATUS_DEADLINE);
    assert_int_equal(abandoned.dropped_with, STATUS_CLIENT_GONE);
    assert_int_equal(pool_depth(pool), 1);
    set_gate(true);
    wait_for(&finished, 4);
    assert_int_equal(running.runs, 1);
    assert_int_equal(patient.runs, 1);
    assert_int_equal(expired.runs + abandoned.runs, 0);
    pool_close(pool);
}

static void test_a_reserved_place_counts(void **state)
{
    (void)state;
    struct job job = {0};
    set_gate(false);
    set_gate(true);
    struct pool *pool = open_pool(1, 1);
    assert_int_equal(pool_reserve(pool), STATUS_OK);
    assert_true(pool_is_full(pool));
    assert_int_equal(pool_depth(pool), 1);
    assert_int_equal(pool_reserve(pool), STATUS_OVERLOADED);
    assert_int_equal(pool_submit(pool, &job.item), STATUS_OK);
    wait_for(&finished, 1);
    assert_int_equal(submit(pool, &job), STATUS_OK);
    wait_for(&finished, 2);
    assert_false(pool_is_full(pool));
    pool_close(pool);
    assert_int_equal(job.runs, 2);
}

/* Eight jobs that wait behind another, to be run by one thread in batches of three and two. */
static void test_takes_what_waits(void **state)
{
    (void)state;
    struct job jobs[9] = {0};
    struct pool_settings settings = {.num_threads = 1, .queue_size = 8, .max_batch = 3};
    struct pool *pool;
    set_gate(false);
    assert_int_equal(pool_open(&settings, &hooks, &pool, NULL), STATUS_OK);
    assert_int_equal(submit(pool, &jobs[0]), STATUS_OK);
    wait_for(&started, 1);
    for (int i = 1; i < 9; i++)
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
    atomic_store(&jobs[2].gone, true);
    set_gate(true);
    wait_for(&finished, 9);
    assert_int_equal(largest_batch, 3);
    assert_int_equal(jobs[2].runs, 0);
    assert_int_equal(jobs[2].dropped_with, STATUS_CLIENT_GONE);
    for (int i = 0; i < 9; i++)
        assert_int_equal(jobs[i].runs + jobs[i].drops, 1);
    pool_close(pool);
}

/* With a delay that never ends a thread starts when its batch is whole, and not before. */
static void test_waits_for_a_whole_batch(void **state)
{
    (void)state;
    struct job jobs[4] = {0};
    struct pool_settings settings = {
        .num_threads = 2, .queue_size = 8, .max_batch = 3, .max_delay_us = 1000000000};
    struct pool *pool;
    set_gate(false);
    set_gate(true);
    assert_int_equal(pool_open(&settings, &hooks, &pool, NULL), STATUS_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
    assert_int_equal(pool_depth(pool), 2);
    assert_int_equal(submit(pool, &jobs[2]), STATUS_OK);
    wait_for(&finished, 3);
    assert_int_equal(largest_batch, 3);
    assert_int_equal(submit(pool, &jobs[3]), STATUS_OK);
    assert_int_equal(pool_depth(pool), 1);
    pool_close(pool);
    assert_int_equal(jobs[3].runs, 0);
    assert_int_equal(jobs[3].dropped_with, STATUS_NOT_READY);
}

/* A short delay ends: an incomplete batch is run. */
static void test_does_not_wait_for_ever(void **state)
{
    (void)state;
    struct job jobs[2] = {0};
    struct pool_settings settings = {
        .num_threads = 1, .queue_size = 8, .max_batch = 3, .max_delay_us = 1000};
    struct pool *pool;
    set_gate(false);
    set_gate(true);
    assert_int_equal(pool_open(&settings, &hooks, &pool, NULL), STATUS_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
    wait_for(&finished, 2);
    pool_close(pool);
    assert_int_equal(jobs[0].runs + jobs[1].runs, 2);
}

static void test_runs_where_it_is_given(void **state)
{
    (void)state;
    struct job job = {0}, crowded_one = {.crowded = true};
    set_gate(false);
    set_gate(true);
    struct pool *pool = open_pool(2, 4);
    assert_true(pool_run_here(pool, &job.item));
    assert_int_equal(job.runs, 1);
    assert_true(pthread_equal(job.ran_on, pthread_self()));
    assert_true(job.item.here);
    assert_false(pool_run_here(pool, &crowded_one.item));
    assert_int_equal(crowded_one.runs + crowded_one.drops, 0);
    assert_false(crowded_one.item.here);
    assert_true(pool_run_here(pool, &job.item));
    pool_close(pool);
}

/* What takes long runs where it is given; those who come later are not sent away for that. */
static void test_runs_alone(void **state)
{
    (void)state;
    struct job lengthy = {.crowded = true}, brief = {0};
    pthread_t opener;
    set_gate(false);
    struct pool *pool = open_pool(1, 4);
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    assert_true(pool_run_alone(pool, &lengthy.item));
    assert_true(lengthy.item.here);
    assert_true(pthread_equal(lengthy.ran_on, pthread_self()));
    pthread_join(opener, NULL);
    assert_true(pool_run_here(pool, &brief.item));
    pool_close(pool);
}

/* Only while fewer are run than there are threads. */
static void test_waits_its_turn(void **state)
{
    (void)state;
    struct job busy = {0}, more = {0}, lengthy = {0};
    pthread_t opener;
    set_gate(false);
    struct pool *pool = open_pool(2, 4);
    assert_int_equal(submit(pool, &busy), STATUS_OK);
    wait_for(&started, 1);
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    assert_true(pool_run_alone(pool, &lengthy.item));
    pthread_join(opener, NULL);
    wait_for(&finished, 2);

    set_gate(false);
    assert_int_equal(submit(pool, &busy), STATUS_OK);
    assert_int_equal(submit(pool, &more), STATUS_OK);
    wait_for(&started, 2);
    assert_false(pool_run_alone(pool, &lengthy.item));
    set_gate(true);
    wait_for(&finished, 2);
    pool_close(pool);
}

struct visit {
    struct pool *pool;
    struct job job;
};

/* Runs it here, though not at once where something before was slow on a busy machine. */
static void *run_here(void *argument)
{
    struct visit *visit = argument;
    bool runs = false;
    for (int i = 0; i < 100 && !runs; i++)
        runs = pool_run_here(visit->pool, &visit->job.item);
    assert_true(runs);
    return NULL;
}

static void *open_gate_for_two(void *argument)
{
    (void)argument;
    wait_for(&started, 2);
    return open_gate_soon(NULL);
}

/* The memory that a thread has worked with, and its processor has at hand, not the last one's. */
static void test_runs_with_what_it_had(void **state)
{
    (void)state;
    struct pool *pool = open_pool(2, 4);
    struct visit own = {.pool = pool}, others = {.pool = pool};
    set_gate(true);
    run_here(&own);
    const struct inference *first = own.job.scratch;
    for (int i = 0; i < 3; i++) {
        pthread_t other, opener;
        set_gate(false);
        pthread_create(&other, NULL, run_here, &others);
        wait_for(&started, 1);
        pthread_create(&opener, NULL, open_gate_for_two, NULL);
        run_here(&own);
        pthread_join(opener, NULL);
        pthread_join(other, NULL);
        assert_ptr_not_equal(others.job.scratch, first);
        run_here(&own);
        assert_ptr_equal(own.job.scratch, first);
    }
    pool_close(pool);
}

/* A crowd is no reason where as many are at work as the pool has threads, whoever they are. */
static void test_shares_with_the_idle(void **state)
{
    (void)state;
    struct job job = {.crowded = true, .at_work = 1}, busy = {0};
    set_gate(false);
    set_gate(true);
    struct pool *pool = open_pool(3, 4);
    assert_false(pool_run_here(pool, &job.item));
    job.at_work = 2;
    assert_true(pool_run_here(pool, &job.item));
    pool_close(pool);

    job.at_work = 1;
    set_gate(false);
    pool = open_pool(3, 4);
    check_runs_beside(pool, &busy, &job);
}

/* A thread of the pool that is at work on something brief gets its next, but no more. */
static void test_gives_its_next_to_a_thread(void **state)
{
    (void)state;
    struct job busy = {.item = {.brief = true}}, next = {.crowded = true}, here = {.crowded = true};
    set_gate(false);
    struct pool *pool = open_pool(2, 4);
    assert_int_equal(submit(pool, &busy), STATUS_OK);
    wait_for(&started, 1);
    assert_false(pool_run_here(pool, &next.item));
    assert_int_equal(submit(pool, &next), STATUS_OK);
    pthread_t opener;
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    assert_true(pool_run_here(pool, &here.item));
    pthread_join(opener, NULL);
    wait_for(&finished, 3);
    assert_int_equal(next.runs, 1);
    pool_close(pool);
}

/* Three that are brief, or not, the third of which waits; whether a fourth is run at once. */
static bool runs_beside(bool brief)
{
    struct job jobs[3] = {0}, here = {.crowded = true};
    set_gate(false);
    struct pool *pool = open_pool(2, 2);
    for (int i = 0; i < 3; i++) {
        jobs[i].item.brief = brief;
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
        if (i < 2)
            wait_for(&started, i + 1);
    }
    pthread_t opener;
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    bool runs = pool_run_here(pool, &here.item);
    assert_int_equal(here.runs, runs);
    assert_true(here.item.brief);
    pthread_join(opener, NULL);
    wait_for(&finished, 3 + runs);
    pool_close(pool);
    return runs;
}

static void test_overtakes_only_what_is_brief(void **state)
{
    (void)state;
    assert_true(runs_beside(true));
    assert_false(runs_beside(false));
}

/* Beside what is not brief, guests and threads together are no more than there are threads. */
static void test_runs_no_more_than_threads(void **state)
{
    (void)state;
    struct job jobs[2] = {0}, here = {0};
    set_gate(false);
    struct pool *pool = open_pool(2, 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(submit(pool, &jobs[i]), STATUS_OK);
        wait_for(&started, i + 1);
    }
    assert_false(pool_run_here(pool, &here.item));
    set_gate(true);
    wait_for(&finished, 2);
    pool_close(pool);

    set_gate(false);
    pool = open_pool(2, 4);
    check_runs_beside(pool, &jobs[0], &here);
}

/* A full queue turns away what is brief as well, and delays make batches of it. */
static void test_refuses_to_run_here(void **state)
{
    (void)state;
    struct job waiting = {0}, here = {0};
    struct pool_settings settings = {
        .num_threads = 2, .queue_size = 8, .max_batch = 3, .max_delay_us = 1000000000};
    struct pool *pool;
    assert_int_equal(pool_open(&settings, &hooks, &pool, NULL), STATUS_OK);
    assert_false(pool_run_here(pool, &here.item));
    pool_close(pool);
    pool = open_pool(2, 1);
    assert_int_equal(pool_reserve(pool), STATUS_OK);
    assert_false(pool_run_here(pool, &here.item));
    set_gate(false);
    set_gate(true);
    assert_int_equal(pool_submit(pool, &waiting.item), STATUS_OK);
    wait_for(&finished, 1);
    pool_stop(pool);
    assert_false(pool_run_here(pool, &here.item));
    pool_close(pool);
    assert_int_equal(here.runs + here.drops, 0);
}

/* What took long where it was given is not taken for brief at once again. */
static void test_grows_wary(void **state)
{
    (void)state;
    struct job job = {0};
    set_gate(false);
    struct pool *pool = open_pool(1, 4);
    pthread_t opener;
    pthread_create(&opener, NULL, open_gate_soon, NULL);
    assert_true(pool_run_here(pool, &job.item));
    pthread_join(opener, NULL);
    int refused = 0;
    while (refused < 1000 && !pool_run_here(pool, &job.item))
        refused++;
    assert_in_range(refused, 1, 999);
    assert_int_equal(job.runs, 2);
    pool_close(pool);
}

static void *close_pool(void *argument)
{
    pool_close(argument);
    return NULL;
}

static void test_closing_drops_what_waits(void **state)
{
    (void)state;
    struct job running = {0}, waiting[3] = {0};
    pthread_t closer;
    set_gate(false);
    struct pool *pool = open_pool(1, 8);
    assert_int_equal(submit(pool, &running), STATUS_OK);
    wait_for(&started, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(submit(pool, &waiting[i]), STATUS_OK);
    pthread_create(&closer, NULL, close_pool, pool);
    wait_for(&finished, 3);
    set_gate(true);
    pthread_join(closer, NULL);
    assert_int_equal(running.runs, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(waiting[i].drops, 1);
        assert_int_equal(waiting[i].runs, 0);
        assert_int_equal(waiting[i].dropped_with, STATUS_NOT_READY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_all),
        cmocka_unit_test(test_is_bounded),
        cmocka_unit_test(test_drops_the_expired_and_the_abandoned),
        cmocka_unit_test(test_a_reserved_place_counts),
        cmocka_unit_test(test_takes_what_waits),
        cmocka_unit_test(test_waits_for_a_whole_batch),
        cmocka_unit_test(test_does_not_wait_for_ever),
        cmocka_unit_test(test_runs_where_it_is_given),
        cmocka_unit_test(test_runs_alone),
        cmocka_unit_test(test_waits_its_turn),
        cmocka_unit_test(test_runs_with_what_it_had),
        cmocka_unit_test(test_shares_with_the_idle),
        cmocka_unit_test(test_gives_its_next_to_a_thread),
        cmocka_unit_test(test_overtakes_only_what_is_brief),
        cmocka_unit_test(test_runs_no_more_than_threads),
        cmocka_unit_test(test_refuses_to_run_here),
        cmocka_unit_test(test_grows_wary),
        cmocka_unit_test(test_closing_drops_what_waits),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
