#include "core/base/parallel.h"

#include "core/base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

/*
 * Turns of a loop that looks again before its thread sleeps: some tens of microseconds. To sleep
 * and to be woken takes a virtual machine as long, and loops of a training are shorter.
 */
enum { PARALLEL_TURNS = 1000 };

struct parallel {
    int num_threads;
    int num_started; /* threads besides the caller's */
    pthread_t threads[PARALLEL_MAX_THREADS];
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    /* Changed with the mutex held; read without it by those who look again. */
    _Atomic uint64_t generation; /* counts loops; a worker joins each once at most */
    _Atomic int inside;          /* workers that have joined the current loop and not left it */
    bool open;                   /* the current loop may be joined */
    _Atomic bool stopping;
    parallel_body *body;
    void *argument;
    size_t count;
    _Atomic size_t next;
};

static void relax(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

static void parallel_drain(struct parallel *parallel)
{
    size_t index;
    while ((index = atomic_fetch_add(&parallel->next, 1)) < parallel->count)
        parallel->body(parallel->argument, index);
}

static void look_for_work(const struct parallel *parallel, uint64_t seen)
{
    for (int i = 0; i < PARALLEL_TURNS; i++) {
        if (atomic_load(&parallel->generation) != seen || atomic_load(&parallel->stopping))
            return;
        relax();
    }
}

/* With the mutex held. A loop that the others have finished meanwhile is none to join. */
static bool wait_for_work(struct parallel *parallel, uint64_t *seen)
{
    while (!parallel->stopping) {
        if (parallel->generation != *seen) {
            *seen = parallel->generation;
            if (parallel->open)
                return true;
        }
        pthread_cond_wait(&parallel->work, &parallel->mutex);
    }
    return false;
}

static void *parallel_worker(void *argument)
{
    struct parallel *parallel = argument;
    uint64_t seen = 0;
    for (;;) {
        look_for_work(parallel, seen);
        pthread_mutex_lock(&parallel->mutex);
        bool joins = wait_for_work(parallel, &seen);
        if (joins)
            parallel->inside++;
        pthread_mutex_unlock(&parallel->mutex);
        if (!joins)
            return NULL;
        parallel_drain(parallel);
        pthread_mutex_lock(&parallel->mutex);
        if (--parallel->inside == 0)
            pthread_cond_signal(&parallel->done);
        pthread_mutex_unlock(&parallel->mutex);
    }
}

static int parallel_default_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1)
        return 1;
    return processors > PARALLEL_MAX_THREADS ? PARALLEL_MAX_THREADS : (int)processors;
}

enum status parallel_new(int num_threads, struct parallel **out, struct error *error)
{
    *out = NULL;
    if (num_threads < 0 || num_threads > PARALLEL_MAX_THREADS)
        return error_set(error, STATUS_INVALID_ARGUMENT, "Threads must be 0 to %d, not %d.",
                         PARALLEL_MAX_THREADS, num_threads);
    struct parallel *parallel = mem_alloc(1, sizeof *parallel);
    if (!parallel)
        return error_plain(error, STATUS_NO_MEMORY);
    parallel->num_threads = num_threads ? num_threads : parallel_default_threads();
    pthread_mutex_init(&parallel->mutex, NULL);
    pthread_cond_init(&parallel->work, NULL);
    pthread_cond_init(&parallel->done, NULL);
    while (parallel->num_started < parallel->num_threads - 1) {
        if (pthread_create(&parallel->threads[parallel->num_started], NULL, parallel_worker,
                           parallel)) {
            parallel_free(parallel);
            return error_set(error, STATUS_NO_MEMORY, "A thread could not be started.");
        }
        parallel->num_started++;
    }
    *out = parallel;
    return STATUS_OK;
}

void parallel_free(struct parallel *parallel)
{
    if (!parallel)
        return;
    pthread_mutex_lock(&parallel->mutex);
    parallel->stopping = true;
    pthread_cond_broadcast(&parallel->work);
    pthread_mutex_unlock(&parallel->mutex);
    for (int i = 0; i < parallel->num_started; i++)
        pthread_join(parallel->threads[i], NULL);
    pthread_cond_destroy(&parallel->done);
    pthread_cond_destroy(&parallel->work);
    pthread_mutex_destroy(&parallel->mutex);
    mem_free(parallel);
}

int parallel_num_threads(const struct parallel *parallel)
{
    return parallel->num_threads;
}

static void begin_loop(struct parallel *parallel, size_t count, parallel_body *body, void *argument)
{
    pthread_mutex_lock(&parallel->mutex);
    parallel->body = body;
    parallel->argument = argument;
    parallel->count = count;
    atomic_store(&parallel->next, 0);
    parallel->open = true;
    parallel->generation++;
    pthread_cond_broadcast(&parallel->work);
    pthread_mutex_unlock(&parallel->mutex);
}

/* No index is left: those who have joined finish theirs, and nobody else comes. */
static void end_loop(struct parallel *parallel)
{
    for (int i = 0; i < PARALLEL_TURNS && atomic_load(&parallel->inside); i++)
        relax();
    pthread_mutex_lock(&parallel->mutex);
    parallel->open = false;
    while (parallel->inside)
        pthread_cond_wait(&parallel->done, &parallel->mutex);
    pthread_mutex_unlock(&parallel->mutex);
}

void parallel_for(struct parallel *parallel, size_t count, parallel_body *body, void *argument)
{
    begin_loop(parallel, count, body, argument);
    parallel_drain(parallel);
    end_loop(parallel);
}
