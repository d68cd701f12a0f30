#include "server/rate_limit.h"

#include "core/base/mem.h"

#include <pthread.h>

enum {
    RATE_LIMIT_SLOTS = 16384, /* four for each key that there can be */
    RATE_LIMIT_WINDOW = 16    /* slots that a key may be in */
};

struct rate_limit_slot {
    uint64_t key_id;
    uint64_t free_ns; /* when a full burst is allowed again; nothing is known once it has passed */
};

struct rate_limit {
    pthread_mutex_t mutex;
    uint64_t interval_ns; /* from one request to the next on average */
    uint64_t burst_ns;    /* how far free_ns may lie ahead before a request is refused */
    struct rate_limit_slot slots[RATE_LIMIT_SLOTS];
};

struct rate_limit *rate_limit_open(int per_second, int burst)
{
    struct rate_limit *limit = mem_alloc(1, sizeof *limit);
    if (!limit)
        return NULL;
    limit->interval_ns = UINT64_C(1000000000) / (uint64_t)per_second;
    limit->burst_ns = limit->interval_ns * (uint64_t)(burst - 1);
    pthread_mutex_init(&limit->mutex, NULL);
    return limit;
}

void rate_limit_close(struct rate_limit *limit)
{
    if (!limit)
        return;
    pthread_mutex_destroy(&limit->mutex);
    mem_free(limit);
}

/* The key's slot, or the one that knows least: a key forgotten may ask a little more, never less.
 */
static struct rate_limit_slot *rate_limit_find(struct rate_limit *limit, uint64_t key_id)
{
    struct rate_limit_slot *best = &limit->slots[key_id % RATE_LIMIT_SLOTS];
    for (uint64_t i = 0; i < RATE_LIMIT_WINDOW; i++) {
        struct rate_limit_slot *slot = &limit->slots[(key_id + i) % RATE_LIMIT_SLOTS];
        if (slot->key_id == key_id)
            return slot;
        if (slot->free_ns < best->free_ns)
            best = slot;
    }
    *best = (struct rate_limit_slot){.key_id = key_id};
    return best;
}

bool rate_limit_take(struct rate_limit *limit, uint64_t key_id, uint64_t now_us, int *retry_seconds)
{
    uint64_t now_ns = now_us * 1000;
    pthread_mutex_lock(&limit->mutex);
    struct rate_limit_slot *slot = rate_limit_find(limit, key_id);
    uint64_t ahead_ns = slot->free_ns > now_ns ? slot->free_ns - now_ns : 0;
    bool allowed = ahead_ns <= limit->burst_ns;
    if (allowed)
        slot->free_ns = now_ns + ahead_ns + limit->interval_ns;
    pthread_mutex_unlock(&limit->mutex);
    *retry_seconds = allowed ? 0 : (int)((ahead_ns - limit->burst_ns + 999999999) / 1000000000);
    return allowed;
}
