#include "server/pool.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <pthread.h>
#include <time.h>

/* How often the queue is searched for items that have expired or whose owner has left. */
enum { POOL_WATCH_MS = 20 };

struct pool {
    struct pool_hooks hooks;
    pthread_mutex_t mutex;
    pthread_cond_t filled;  /* an item waits, or the pool stops */
    pthread_cond_t watched; /* the same, for the watcher */
    struct pool_item *first, *last;
    int depth, queue_size;
    bool stopping;
    pthread_t watcher;
    bool has_watcher;
    int num_threads; /* that were started */
    pthread_t threads[];
};

static void pool_append(struct pool *pool, struct pool_item *item)
{
    item->next = NULL;
    item->previous = pool->last;
    if (pool->last)
        pool->last->next = item;
    else
        pool->first = item;
    pool->last = item;
    pool->depth++;
}

static void pool_unlink(struct pool *pool, struct pool_item *item)
{
    if (item->previous)
        item->previous->next = item->next;
    else
        pool->first = item->next;
    if (item->next)
        item->next->previous = item->previous;
    else
        pool->last = item->previous;
    pool->depth--;
}

/* What has become of an item that waits: STATUS_OK when it may still be run. */
static enum status pool_judge(const struct pool *pool, const struct pool_item *item, uint64_t now)
{
    if (pool->stopping)
        return STATUS_NOT_READY;
    if (item->deadline_us && now >= item->deadline_us)
        return STATUS_DEADLINE;
    return pool->hooks.gone(item) ? STATUS_CLIENT_GONE : STATUS_OK;
}

static void *pool_work(void *argument)
{
    struct pool *pool = argument;
    struct inference scratch = {.path = INFERENCE_EVENT_DRIVEN};
    pthread_mutex_lock(&pool->mutex);
    while (pool->first || !pool->stopping) {
        struct pool_item *item = pool->first;
        if (!item) {
            pthread_cond_wait(&pool->filled, &pool->mutex);
            continue;
        }
        pool_unlink(pool, item);
        enum status status = pool_judge(pool, item, clock_now_us());
        pthread_mutex_unlock(&pool->mutex);
        if (status == STATUS_OK)
            pool->hooks.run(item, &scratch);
        else
            pool->hooks.drop(item, status);
        pthread_mutex_lock(&pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
    inference_free(&scratch);
    return NULL;
}

static void pool_wait_a_little(struct pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += POOL_WATCH_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&pool->watched, &pool->mutex, &until);
}

/* Drops every waiting item that has nothing to wait for; holds the mutex. */
static void pool_weed(struct pool *pool)
{
    uint64_t now = clock_now_us();
    struct pool_item *next;
    for (struct pool_item *item = pool->first; item; item = next) {
        next = item->next;
        enum status status = pool_judge(pool, item, now);
        if (status == STATUS_OK)
            continue;
        pool_unlink(pool, item);
        pool->hooks.drop(item, status);
    }
}

static void *pool_watch(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping) {
        if (pool->first)
            pool_wait_a_little(pool);
        else
            pthread_cond_wait(&pool->watched, &pool->mutex);
        pool_weed(pool);
    }
    pool_weed(pool); /* what came between the last look and the stop */
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void pool_init_locks(struct pool *pool)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->filled, NULL);
    pthread_cond_init(&pool->watched, &attributes);
    pthread_condattr_destroy(&attributes);
}

enum status pool_open(int num_threads, int queue_size, const struct pool_hooks *hooks,
                      struct pool **out, struct error *error)
{
    *out = NULL;
    struct pool *pool = mem_alloc(1, sizeof *pool + (size_t)num_threads * sizeof pool->threads[0]);
    if (!pool)
        return error_plain(error, STATUS_NO_MEMORY);
    pool->hooks = *hooks;
    pool->queue_size = queue_size;
    pool_init_locks(pool);
    pool->has_watcher = pthread_create(&pool->watcher, NULL, pool_watch, pool) == 0;
    while (pool->num_threads < num_threads &&
           pthread_create(&pool->threads[pool->num_threads], NULL, pool_work, pool) == 0)
        pool->num_threads++;
    if (!pool->has_watcher || pool->num_threads < num_threads) {
        pool_close(pool);
        return error_set(error, STATUS_INTERNAL, "The inference threads cannot be started.");
    }
    *out = pool;
    return STATUS_OK;
}

enum status pool_submit(struct pool *pool, struct pool_item *item)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&pool->mutex);
    if (pool->stopping) {
        status = STATUS_NOT_READY;
    } else if (pool->depth >= pool->queue_size) {
        status = STATUS_OVERLOADED;
    } else {
        item->queued_us = clock_now_us();
        pool_append(pool, item);
        pthread_cond_signal(&pool->filled);
        pthread_cond_signal(&pool->watched);
    }
    pthread_mutex_unlock(&pool->mutex);
    return status;
}

int pool_depth(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    int depth = pool->depth;
    pthread_mutex_unlock(&pool->mutex);
    return depth;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_cond_broadcast(&pool->watched);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->num_threads; i++)
        pthread_join(pool->threads[i], NULL);
    if (pool->has_watcher)
        pthread_join(pool->watcher, NULL);
    pthread_cond_destroy(&pool->watched);
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool);
}
