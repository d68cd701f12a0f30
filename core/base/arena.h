/*
 * Memory for one task of a thread, in many blocks: they are carved from one piece that the thread
 * keeps for its next task, so that the heap is not asked for each. What the piece has no room for
 * comes from the heap nevertheless. A build with AddressSanitizer takes all from the heap, as it
 * watches over the heap's blocks alone.
 */
#ifndef SPIKELOOM_CORE_BASE_ARENA_H
#define SPIKELOOM_CORE_BASE_ARENA_H

#include <stddef.h>

struct arena;

/*
 * The arena of the calling thread, released when the thread ends. NULL when a task of this thread
 * has it already, or when memory is out: that is an arena without room, which the other functions
 * take as well.
 */
struct arena *arena_open(void);

/*
 * A block that is not zeroed, aligned as malloc does it; NULL when memory is out. It counts as an
 * allocation for mem_fail_after.
 */
void *arena_alloc(struct arena *arena, size_t size);

/* Releases a block of the heap; the room of another comes back with arena_close. Allows NULL. */
void arena_free(struct arena *arena, void *block);

/* Ends the task. No block of the arena may be used any more. */
void arena_close(struct arena *arena);

#endif
