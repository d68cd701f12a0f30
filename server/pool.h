/*
 * The inference threads and the bounded queue in front of them. An item is given in whole: until
 * one of the pool's callbacks has had it, nobody else touches it. Each item gets exactly one
 * callback: `run` on an inference thread, or `drop` when its deadline passes or its owner leaves
 * while it waits, or when the pool stops.
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
};

struct pool_hooks {
    void (*run)(struct pool_item *item, struct inference *scratch);
    void (*drop)(struct pool_item *item, enum status status); /* DEADLINE, CLIENT_GONE, NOT_READY */
    bool (*gone)(const struct pool_item *item); /* its owner no longer waits for the result */
};

struct pool;

/* NO_MEMORY, INTERNAL when threads cannot be started. */
enum status pool_open(int num_threads, int queue_size, const struct pool_hooks *hooks,
                      struct pool **pool, struct error *error);

/* OVERLOADED when the queue is full, NOT_READY when the pool stops: the item stays the caller's. */
enum status pool_submit(struct pool *pool, struct pool_item *item);

/* Items that wait. */
int pool_depth(struct pool *pool);

/* Drops what waits, lets what runs finish, ends the threads. Allows NULL. */
void pool_close(struct pool *pool);

#endif
