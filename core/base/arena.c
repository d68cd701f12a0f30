#include "core/base/arena.h"

#include "core/base/mem.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

enum { ARENA_SIZE = 64 * 1024 };

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_UNUSED true
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_UNUSED true
#endif
#ifndef ARENA_UNUSED
#define ARENA_UNUSED false
#endif

struct arena {
    size_t used;
    bool open;
    alignas(MEM_ALIGNMENT) uint8_t bytes[ARENA_SIZE];
};

static pthread_once_t arena_once = PTHREAD_ONCE_INIT;
static pthread_key_t arena_key;
static bool arena_has_key;

static void arena_make_key(void)
{
    arena_has_key = pthread_key_create(&arena_key, mem_free) == 0;
}

/* The thread's, which is made where there is none; NULL when it cannot be kept. */
static struct arena *arena_of_thread(void)
{
    pthread_once(&arena_once, arena_make_key);
    if (!arena_has_key)
        return NULL;
    struct arena *arena = pthread_getspecific(arena_key);
    if (arena)
        return arena;
    arena = mem_alloc(1, sizeof *arena);
    if (!arena)
        return NULL;
    if (pthread_setspecific(arena_key, arena) == 0)
        return arena;
    mem_free(arena);
    return NULL;
}

struct arena *arena_open(void)
{
    struct arena *arena = ARENA_UNUSED ? NULL : arena_of_thread();
    if (!arena || arena->open)
        return NULL;
    arena->open = true;
    arena->used = 0;
    return arena;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (!arena || size > ARENA_SIZE - arena->used)
        return mem_alloc_raw(size);
    if (mem_must_fail())
        return NULL;
    void *block = arena->bytes + arena->used;
    size_t taken = (size + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
    size_t left = ARENA_SIZE - arena->used;
    arena->used += taken < left ? taken : left;
    return block;
}

void arena_free(struct arena *arena, void *block)
{
    uintptr_t place = (uintptr_t)block;
    if (arena && place >= (uintptr_t)arena->bytes && place < (uintptr_t)arena->bytes + ARENA_SIZE)
        return;
    mem_free(block);
}

void arena_close(struct arena *arena)
{
    if (arena)
        arena->open = false;
}
