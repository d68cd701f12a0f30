/* Who is patient starts threads that are, and takes nothing back from a policy that was chosen. */
#include "server/thread_policy.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int policy_of_this(void)
{
    struct sched_param priority;
    int policy;
    assert_int_equal(pthread_getschedparam(pthread_self(), &policy, &priority), 0);
    return policy;
}

static void *tell_policy(void *policy)
{
    *(int *)policy = policy_of_this();
    return NULL;
}

static int policy_of_new(void)
{
    pthread_t thread;
    int policy = -1;
    assert_int_equal(pthread_create(&thread, NULL, tell_policy, &policy), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return policy;
}

static void test_threads_inherit_patience(void **state)
{
    (void)state;
    assert_int_equal(policy_of_this(), SCHED_OTHER);
    int before = thread_policy_be_patient();
    assert_int_equal(before, SCHED_OTHER);
    assert_int_equal(policy_of_new(), SCHED_BATCH);
    thread_policy_restore(before);
    assert_int_equal(policy_of_this(), SCHED_OTHER);
    assert_int_equal(policy_of_new(), SCHED_OTHER);
}

/* In a thread of its own: nobody may come back from being idle without privileges. */
static void *be_idle(void *unused)
{
    const struct sched_param priority = {0};
    (void)unused;
    assert_int_equal(pthread_setschedparam(pthread_self(), SCHED_IDLE, &priority), 0);
    int before = thread_policy_be_patient();
    assert_int_equal(before, SCHED_IDLE);
    assert_int_equal(policy_of_new(), SCHED_IDLE);
    thread_policy_restore(before);
    assert_int_equal(policy_of_this(), SCHED_IDLE);
    return NULL;
}

static void test_a_policy_that_was_chosen_stays(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, be_idle, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_inherit_patience),
        cmocka_unit_test(test_a_policy_that_was_chosen_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
