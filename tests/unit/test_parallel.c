/* Every iteration runs exactly once, whatever the number of threads. */
#include "core/base/mem.h"
#include "core/base/parallel.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_COUNT = 1000 };

static void count_visit(void *argument, size_t index)
{
    _Atomic int *visits = argument;
    atomic_fetch_add(&visits[index], 1);
}

static void check_loop(struct parallel *parallel, size_t count)
{
    static _Atomic int visits[MAX_COUNT];
    for (size_t i = 0; i < MAX_COUNT; i++)
        atomic_store(&visits[i], 0);
    parallel_for(parallel, count, count_visit, visits);
    for (size_t i = 0; i < MAX_COUNT; i++)
        assert_int_equal(atomic_load(&visits[i]), i < count);
}

static void test_each_index_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 9; threads++) {
        struct parallel *parallel;
        assert_int_equal(parallel_new(threads, &parallel, NULL), STATUS_OK);
        assert_int_equal(parallel_num_threads(parallel), threads);
        check_loop(parallel, 0);
        check_loop(parallel, 1);
        check_loop(parallel, (size_t)threads);
        check_loop(parallel, MAX_COUNT);
        parallel_free(parallel);
    }
}

/* Many short loops: a worker that wakes late must not run an index of a later loop twice. */
static void test_loops_in_a_row(void **state)
{
    (void)state;
    struct parallel *parallel;
    _Atomic int visits[3];
    assert_int_equal(parallel_new(5, &parallel, NULL), STATUS_OK);
    memset(visits, 0, sizeof visits);
    for (int i = 0; i < 3000; i++) {
        parallel_for(parallel, (size_t)(i % 4), count_visit, visits);
        assert_int_equal(atomic_load(&visits[2]), (i + 1) / 4);
    }
    assert_int_equal(atomic_load(&visits[0]), 2250);
    assert_int_equal(atomic_load(&visits[1]), 1500);
    parallel_free(parallel);
}

/* Threads that sleep when a loop begins come to it nevertheless: each index here waits for the
 * others. */
static void meet(void *argument, size_t index)
{
    _Atomic int *present = argument;
    (void)index;
    atomic_fetch_add(present, 1);
    while (atomic_load(present) < 3)
        sched_yield();
}

static void test_sleepers_are_woken(void **state)
{
    (void)state;
    struct parallel *parallel;
    assert_int_equal(parallel_new(3, &parallel, NULL), STATUS_OK);
    for (int i = 0; i < 5; i++) {
        _Atomic int present = 0;
        usleep(20000); /* much longer than they look for work */
        parallel_for(parallel, 3, meet, &present);
        assert_int_equal(atomic_load(&present), 3);
    }
    parallel_free(parallel);
}

/* What a body wrote is seen by the caller without further care. */
static void write_square(void *argument, size_t index)
{
    uint64_t *squares = argument;
    squares[index] = index * index;
}

static void test_results_are_visible(void **state)
{
    (void)state;
    struct parallel *parallel;
    uint64_t squares[MAX_COUNT];
    assert_int_equal(parallel_new(4, &parallel, NULL), STATUS_OK);
    parallel_for(parallel, MAX_COUNT, write_square, squares);
    for (uint64_t i = 0; i < MAX_COUNT; i++)
        assert_int_equal(squares[i], i * i);
    parallel_free(parallel);
}

static void test_numbers_of_threads(void **state)
{
    (void)state;
    struct parallel *parallel;
    struct error error;
    assert_int_equal(parallel_new(-1, &parallel, &error), STATUS_INVALID_ARGUMENT);
    assert_null(parallel);
    assert_int_equal(parallel_new(PARALLEL_MAX_THREADS + 1, &parallel, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(parallel_new(0, &parallel, &error), STATUS_OK);
    assert_true(parallel_num_threads(parallel) >= 1);
    parallel_free(parallel);
    mem_fail_after(0);
    assert_int_equal(parallel_new(2, &parallel, &error), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_null(parallel);
    parallel_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_index_once),    cmocka_unit_test(test_loops_in_a_row),
        cmocka_unit_test(test_sleepers_are_woken), cmocka_unit_test(test_results_are_visible),
        cmocka_unit_test(test_numbers_of_threads),
    };
    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
