#include "server/pool.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <pthread.h>
#include <time.h>

/* How often the queue is searched for items that have expired or whose owner has left. */
enum { POOL_WATCH_MS = 20 };

/* An item that took longer where it was given was not brief: so many after it go into the queue. */
enum { POOL_BRIEF_US = 5000, POOL_WARY = 32 };

/* What a thread that is not of the pool runs an item with. */
struct pool_guest {
    struct pool_guest *next;
    pthread_t last; /* thread that was it, whose caches may still hold what it has worked with */
    bool brief;     /* what it runs, or has run, is */
    struct inference scratch;
};

/* What goes on beside a guest. */
struct pool_view {
    int waiting, working, visiting;
    bool brief; /* all that waits or works is */
};

struct pool {
    struct pool_settings settings;
    struct pool_hooks hooks;
    pthread_mutex_t mutex;
    pthread_cond_t filled;  /* an item waits, or the pool stops */
    pthread_cond_t watched; /* an item waits that no thread is about to take, or the pool stops */
    struct pool_item *first, *last;
    int depth;                      /* items that wait */
    int reserved;                   /* places that items are about to take */
    int idle;                       /* threads that wait for something to do */
    int working;                    /* threads that run something */
    int visiting;                   /* guests that do */
    int long_waiting, long_working; /* items that wait, threads and guests at work: not brief */
    int wary;                       /* items that are not to run where they are given */
    bool stopping;
    struct pool_guest *guests; /* of which nobody makes use; the last one first */
    pthread_t watcher;
    bool has_watcher, watcher_asleep;
    int num_threads; /* that were started */
    pthread_t threads[];
};

/* Whether all that waits or is run is brief. Holds the mutex. */
static bool pool_is_brief(const struct pool *pool)
{
    return !pool->long_waiting && !pool->long_working;
}

/* Holds the mutex. */
static struct pool_view pool_look(const struct pool *pool)
{
    return (struct pool_view){.waiting = pool->depth + pool->reserved,
                              .working = pool->working,
                              .visiting = pool->visiting,
                              .brief = pool_is_brief(pool)};
}

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
    pool->long_waiting += !item->brief;
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
    pool->long_waiting -= !item->brief;
}

/* What has become of an item that waits: STATUS_OK when it may still be run. */
static enum status pool_judge(const struct pool *pool, const struct pool_item *item, uint64_t now)
{
    if (item->deadline_us && now >= item->deadline_us)
        return STATUS_DEADLINE;
    return pool->hooks.gone(item) ? STATUS_CLIENT_GONE : STATUS_OK;
}

/* Holds the mutex. */
static bool pool_has_no_place(const struct pool *pool)
{
    return pool->depth + pool->reserved >= pool->settings.queue_size;
}

static struct timespec pool_time(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000),
                             .tv_nsec = (long)(us % 1000000) * 1000};
}

/*
 * Until when a thread is to wait for more items, on clock_now_us; 0 when it is to take what there
 * is. Holds the mutex, and something waits.
 */
static uint64_t pool_gather_until(const struct pool *pool)
{
    uint64_t until_us = pool->first->queued_us + (uint64_t)pool->settings.max_delay_us;
    bool whole = pool->depth >= pool->settings.max_batch || pool_has_no_place(pool);
    return whole || pool->stopping || clock_now_us() >= until_us ? 0 : until_us;
}

/* Waits until there is a batch to take; false when the pool has stopped. Holds the mutex. */
static bool pool_wait_for_batch(struct pool *pool)
{
    while (pool->first || !pool->stopping) {
        uint64_t until_us = pool->first ? pool_gather_until(pool) : 0;
        if (until_us) {
            struct timespec until = pool_time(until_us);
            pthread_cond_timedwait(&pool->filled, &pool->mutex, &until);
        } else if (pool->first) {
            return true;
        } else {
            pool->idle++;
            pthread_cond_wait(&pool->filled, &pool->mutex);
            pool->idle--;
        }
    }
    return false;
}

/*
 * Takes a batch from the queue. What has not been waited for is shared fairly: a thread that took
 * everything would leave the others idle. *brief: all of it is. Holds the mutex.
 */
static int pool_take(struct pool *pool, struct pool_item **items, bool *brief)
{
    int num_threads = pool->settings.num_threads;
    int share = (pool->depth + num_threads - 1) / num_threads;
    int most = pool->settings.max_delay_us ? pool->depth : share;
    int count = 0;
    *brief = true;
    while (pool->first && count < most && count < pool->settings.max_batch) {
        *brief = *brief && pool->first->brief;
        items[count++] = pool->first;
        pool_unlink(pool, pool->first);
    }
    return count;
}

/* Drops the items of a batch that nobody waits for; the number of the others. */
static int pool_sift(struct pool *pool, struct pool_item **items, int count, bool stopping)
{
    uint64_t now = clock_now_us();
    int fit = 0;
    for (int i = 0; i < count; i++) {
        enum status status = stopping ? STATUS_NOT_READY : pool_judge(pool, items[i], now);
        if (status == STATUS_OK)
            items[fit++] = items[i];
        else
            pool->hooks.drop(items[i], status);
    }
    return fit;
}

static void *pool_work(void *argument)
{
    struct pool *pool = argument;
    struct inference scratch = {.path = INFERENCE_EVENT_DRIVEN};
    struct pool_item *items[POOL_MAX_BATCH];
    pthread_mutex_lock(&pool->mutex);
    while (pool_wait_for_batch(pool)) {
        bool stopping = pool->stopping, brief;
        int count = pool_take(pool, items, &brief);
        pool->working++;
        pool->long_working += !brief;
        pthread_mutex_unlock(&pool->mutex);
        count = pool_sift(pool, items, count, stopping);
        if (count)
            pool->hooks.run(items, count, &scratch);
        pthread_mutex_lock(&pool->mutex);
        pool->working--;
        pool->long_working -= !brief;
    }
    pthread_mutex_unlock(&pool->mutex);
    inference_free(&scratch);
    return NULL;
}

static void pool_wait_a_little(struct pool *pool)
{
    struct timespec until = pool_time(clock_now_us() + POOL_WATCH_MS * 1000);
    pthread_cond_timedwait(&pool->watched, &pool->mutex, &until);
}

/* Drops every waiting item that has nothing to wait for; holds the mutex. */
static void pool_weed(struct pool *pool)
{
    uint64_t now = clock_now_us();
    struct pool_item *next;
    for (struct pool_item *item = pool->first; item; item = next) {
        next = item->next;
        enum status status = pool->stopping ? STATUS_NOT_READY : pool_judge(pool, item, now);
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
        if (pool->first) {
            pool_wait_a_little(pool);
        } else {
            pool->watcher_asleep = true;
            pthread_cond_wait(&pool->watched, &pool->mutex);
            pool->watcher_asleep = false;
        }
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
    pthread_cond_init(&pool->filled, &attributes);
    pthread_cond_init(&pool->watched, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* As many as there are threads: no more than these may run something. */
static bool pool_add_guests(struct pool *pool)
{
    for (int i = 0; i < pool->settings.num_threads; i++) {
        struct pool_guest *guest = mem_alloc(1, sizeof *guest);
        if (!guest)
            return false;
        guest->scratch.path = INFERENCE_EVENT_DRIVEN;
        guest->next = pool->guests;
        pool->guests = guest;
    }
    return true;
}

enum status pool_open(const struct pool_settings *settings, const struct pool_hooks *hooks,
                      struct pool **out, struct error *error)
{
    int num_threads = settings->num_threads;
    *out = NULL;
    struct pool *pool = mem_alloc(1, sizeof *pool + (size_t)num_threads * sizeof pool->threads[0]);
    if (!pool)
        return error_plain(error, STATUS_NO_MEMORY);
    pool->hooks = *hooks;
    pool->settings = *settings;
    pool_init_locks(pool);
    if (!pool_add_guests(pool)) {
        pool_close(pool);
        return error_plain(error, STATUS_NO_MEMORY);
    }
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

enum status pool_reserve(struct pool *pool)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&pool->mutex);
    if (pool->stopping)
        status = STATUS_NOT_READY;
    else if (pool_has_no_place(pool))
        status = STATUS_OVERLOADED;
    else
        pool->reserved++;
    pthread_mutex_unlock(&pool->mutex);
    return status;
}

/*
 * Whether the watcher has to be woken for what has just been appended: not where there are threads
 * enough that are about to take it. Holds the mutex.
 */
static bool pool_needs_watching(const struct pool *pool)
{
    return pool->watcher_asleep && (pool->depth > pool->idle || pool->settings.max_delay_us);
}

/*
 * Whether a thread has to be woken for what has just been appended: not where it is the next of one
 * that is still at work on something brief. Holds the mutex.
 */
static bool pool_needs_waking(const struct pool *pool, const struct pool_item *item)
{
    return !item->fed || !pool_is_brief(pool) || pool->depth > pool->working;
}

enum status pool_submit(struct pool *pool, struct pool_item *item)
{
    pthread_mutex_lock(&pool->mutex);
    pool->reserved--;
    bool stopping = pool->stopping, watch = false, wake = false;
    if (!stopping) {
        item->queued_us = clock_now_us();
        pool_append(pool, item);
        watch = pool_needs_watching(pool);
        wake = pool_needs_waking(pool, item);
    }
    pthread_mutex_unlock(&pool->mutex);
    /* not while the mutex is held: who wakes would only wait for it */
    if (wake)
        pthread_cond_signal(&pool->filled);
    if (watch)
        pthread_cond_signal(&pool->watched);
    return stopping ? STATUS_NOT_READY : STATUS_OK;
}

/* Whether all that is given has to wait for its turn. Holds the mutex. */
static bool pool_is_taken(const struct pool *pool)
{
    return pool->first || pool->reserved ||
           pool->working + pool->visiting >= pool->settings.num_threads;
}

/* Whether a guest may run the item just now, whoever it is. Holds the mutex. */
static bool pool_admits(const struct pool *pool, const struct pool_item *item)
{
    if (!pool->guests || pool->stopping || pool->settings.max_delay_us || pool_has_no_place(pool))
        return false;
    return (item->brief && pool_is_brief(pool)) || !pool_is_taken(pool);
}

/*
 * The one that this thread was last, if nobody is it now, or the one that has not been for longest;
 * out of a list with some. Holds the mutex.
 */
static struct pool_guest *pool_choose_guest(struct pool *pool)
{
    struct pool_guest **place = &pool->guests;
    while ((*place)->next && !pthread_equal((*place)->last, pthread_self()))
        place = &(*place)->next;
    struct pool_guest *guest = *place;
    *place = guest->next;
    guest->last = pthread_self();
    return guest;
}

/* What a guest runs the item with; NULL when it is the queue's. Holds the mutex. */
static struct pool_guest *pool_take_guest(struct pool *pool, const struct pool_item *item)
{
    if (!pool_admits(pool, item))
        return NULL;
    pool->visiting++;
    pool->long_working += !item->brief;
    struct pool_guest *guest = pool_choose_guest(pool);
    guest->brief = item->brief;
    return guest;
}

static void pool_give_guest(struct pool *pool, struct pool_guest *guest, bool wary)
{
    pthread_mutex_lock(&pool->mutex);
    if (wary)
        pool->wary = POOL_WARY;
    guest->next = pool->guests;
    pool->guests = guest;
    pool->visiting--;
    pool->long_working -= !guest->brief;
    pthread_mutex_unlock(&pool->mutex);
}

/* Runs the item on the thread that calls, which is the guest; how long that took. */
static uint64_t pool_visit(struct pool *pool, struct pool_guest *guest, struct pool_item *item)
{
    uint64_t start = clock_now_us();
    item->here = true;
    item->queued_us = start;
    pool->hooks.run(&item, 1, &guest->scratch);
    return clock_since_us(start);
}

/*
 * Whether a thread of the pool should see to the item instead, so that the caller can see to
 * others: one that is idle, while fewer threads are at work than the pool has; or, of just as many,
 * one with something brief, which then has its next and need not sleep. Otherwise changes of
 * threads are all that would be gained.
 */
static bool pool_should_share(const struct pool *pool, struct pool_item *item,
                              const struct pool_view *view)
{
    int left = pool->settings.num_threads - view->working - 1; /* besides the caller */
    if (left < view->visiting || !pool->hooks.crowded(item))
        return false;
    int at_work = pool->hooks.at_work(item);
    left -= at_work > view->visiting ? at_work : view->visiting;
    item->fed = left == 0 && view->brief && view->waiting < view->working;
    return item->fed || left > view->waiting;
}

bool pool_run_here(struct pool *pool, struct pool_item *item)
{
    struct pool_guest *guest = NULL;
    item->fed = false;
    pthread_mutex_lock(&pool->mutex);
    struct pool_view view = pool_look(pool);
    item->brief = pool->wary == 0;
    if (item->brief)
        guest = pool_take_guest(pool, item);
    else
        pool->wary--;
    pthread_mutex_unlock(&pool->mutex);
    if (!guest)
        return false;
    if (pool_should_share(pool, item, &view)) {
        pool_give_guest(pool, guest, false);
        return false;
    }
    pool_give_guest(pool, guest, pool_visit(pool, guest, item) > POOL_BRIEF_US);
    return true;
}

bool pool_run_alone(struct pool *pool, struct pool_item *item)
{
    item->fed = item->brief = false;
    pthread_mutex_lock(&pool->mutex);
    struct pool_guest *guest = pool_take_guest(pool, item);
    pthread_mutex_unlock(&pool->mutex);
    if (!guest)
        return false;
    pool_visit(pool, guest, item);
    pool_give_guest(pool, guest, false);
    return true;
}

bool pool_is_full(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool full = pool_has_no_place(pool);
    pthread_mutex_unlock(&pool->mutex);
    return full;
}

int pool_depth(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    int depth = pool->depth + pool->reserved;
    pthread_mutex_unlock(&pool->mutex);
    return depth;
}

void pool_stop(struct pool *pool)
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
    pool->num_threads = 0;
    pool->has_watcher = false;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    pool_stop(pool);
    for (struct pool_guest *guest = pool->guests, *next; guest; guest = next) {
        next = guest->next;
        inference_free(&guest->scratch);
        mem_free(guest);
    }
    pthread_cond_destroy(&pool->watched);
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool);
}
