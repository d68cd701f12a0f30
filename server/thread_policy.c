#include "server/thread_policy.h"

#include <pthread.h>
#include <sched.h>

int thread_policy_be_patient(void)
{
    struct sched_param priority;
    int policy;
    if (pthread_getschedparam(pthread_self(), &policy, &priority) != 0)
        return SCHED_OTHER;
    if (policy == SCHED_OTHER)
        pthread_setschedparam(pthread_self(), SCHED_BATCH, &priority);
    return policy;
}

void thread_policy_restore(int policy)
{
    const struct sched_param priority = {0}; /* the only one that SCHED_OTHER has */
    if (policy == SCHED_OTHER)
        pthread_setschedparam(pthread_self(), policy, &priority);
}
