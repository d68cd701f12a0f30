/*
 * The inference threads and the bounded queue in front of them. An item is given in whole: until
 * one of the pool's callbacks has had it, nobody else touches it. Each item gets exactly one
 * callback: `run` on an inference thread, with what else its thread took at that moment; or `drop`
 * when its deadline passes or its owner leaves while it waits, or when the pool stops. It may run
 * on the thread that has it instead, by pool_run_here or pool_run_alone.
 */
#ifndef SPIKELOOM_SERVER_POOL_H
#define SPIKELOOM_SERVER_POOL_H

#include "core/base/status.h"
#include "models/inference.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what is queued. */
struct pool_item {
    struct pool_item *previous, *next;
    uint64_t deadline_us; /* on clock_now_us; 0: none */
    uint64_t queued_us;   /* set by pool_submit */
    bool brief;           /* set by pool_run_here: it was offered to it, */
    bool fed;             /* and a thread at work is to take it when it has finished */
    bool here;            /* set by both of these: it runs on the thread of who gave it */
};

enum { POOL_MAX_BATCH = 64 };

struct pool_settings {
    int num_threads;
    int queue_size;   /* items that may wait */
    int max_batch;    /* items that a thread takes at once, 1 .. POOL_MAX_BATCH */
    int max_delay_us; /* how long the first item waits for a whole batch; 0: not at all */
};

struct pool_hooks {
    /* 1 .. max_batch items, oldest first, none of which has expired or been given up. */
    void (*run)(struct pool_item *const *items, int count, struct inference *scratch);
    void (*drop)(struct pool_item *item, enum status status); /* DEADLINE, CLIENT_GONE, NOT_READY */
    bool (*gone)(const struct pool_item *item); /* its owner no longer waits for the result */
    /*
     * Of no use without pool_run_here: whether the thread that gives it has others to see to, and
     * how many threads like it are at work just now
     */
    bool (*crowded)(const struct pool_item *item);
    int (*at_work)(const struct pool_item *item);
};

struct pool;

/* NO_MEMORY, INTERNAL when threads cannot be started. */
enum status pool_open(const struct pool_settings *settings, const struct pool_hooks *hooks,
                      struct pool **pool, struct error *error);

/*
 * Runs a brief item on the calling thread, which saves two changes of threads. It may overtake
 * others that are brief; where something else waits or is run, it is as if the caller were of the
 * pool: nothing may wait, and a thread must be free. Not where the caller is `crowded` and fewer
 * threads are at work, those of the pool and those like the caller, than the pool has; nor when the
 * queue is full; nor with max_delay_us; nor for a while after an item that turned out to take long.
 * False: it has not been run, and belongs into the queue.
 */
bool pool_run_here(struct pool *pool, struct pool_item *item);

/*
 * The same of an item that may take long, where its caller has nobody else to see to: only while
 * nothing waits and fewer are run than the pool has threads.
 */
bool pool_run_alone(struct pool *pool, struct pool_item *item);

/*
 * Takes a place in the queue, which pool_submit then fills: so a request that finds it full is
 * answered by who holds it. OVERLOADED when the queue is full, NOT_READY when the pool stops.
 */
enum status pool_reserve(struct pool *pool);

/* Fills a reserved place. NOT_READY when the pool stops: the item stays the caller's. */
enum status pool_submit(struct pool *pool, struct pool_item *item);

/* Whether pool_reserve would say OVERLOADED at this moment. */
bool pool_is_full(struct pool *pool);

/* Items that wait, reserved places included. */
int pool_depth(struct pool *pool);

/*
 * Drops what waits, lets what runs finish, ends the threads; nothing is taken any more. Allows
 * NULL.
 */
void pool_stop(struct pool *pool);

/* Stops the pool if it has not been, and forgets it. Allows NULL. */
void pool_close(struct pool *pool);

#endif
