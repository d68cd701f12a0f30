/*
 * All heap memory of the project. Blocks are zeroed and aligned to MEM_ALIGNMENT (a cache line, and
 * the widest SIMD register), but for those of functions named raw, which are as malloc gives them.
 * A hook makes the Nth allocation fail, so that tests can walk every out-of-memory path.
 */
#ifndef SPIKELOOM_CORE_BASE_MEM_H
#define SPIKELOOM_CORE_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEM_ALIGNMENT = 64 };

/*
 * A zeroed block of count elements of `size` bytes, owned by the caller, released by mem_free.
 * NULL when memory is out, when the product overflows, or when the hook says so. A product of
 * zero gives a block that may be freed but not read.
 */
void *mem_alloc(size_t count, size_t size);

/* A block for bytes, or for libraries that ask for no more; malloc has small ones at hand. */
void *mem_alloc_raw(size_t size);

/* A copy of `size` bytes, or NULL. */
void *mem_copy(const void *bytes, size_t size);

/* A copy of a NUL-terminated string, or NULL. */
char *mem_copy_string(const char *string);

/* Grows or shrinks a block from old_size to new_size bytes; NULL leaves the old block alone. */
void *mem_resize(void *block, size_t old_size, size_t new_size);

/*
 * The same of a block whose first `kept` bytes alone matter, kept <= new_size: what follows them is
 * not zeroed.
 */
void *mem_resize_raw(void *block, size_t kept, size_t new_size);

/* Releases a block; NULL is allowed. */
void mem_free(void *block);

/*
 * Test hook: let `successes` allocations pass, then fail every one until mem_fail_never.
 * Affects all threads.
 */
void mem_fail_after(int64_t successes);
void mem_fail_never(void);

/* The hook's word on one more allocation, for those who hand out memory of their own. */
bool mem_must_fail(void);

#endif
