#include "core/base/mem.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Allocations still allowed to succeed; negative means no limit. */
static _Atomic int64_t mem_allowance = -1;

bool mem_must_fail(void)
{
    int64_t left = atomic_load_explicit(&mem_allowance, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak(&mem_allowance, &left, left - 1))
            return false;
    return left == 0;
}

void *mem_alloc(size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - MEM_ALIGNMENT) / size)
        return NULL;
    if (mem_must_fail())
        return NULL;
    /* aligned_alloc wants a multiple of the alignment */
    size_t bytes = (count * size + MEM_ALIGNMENT) / MEM_ALIGNMENT * MEM_ALIGNMENT;
    void *block = aligned_alloc(MEM_ALIGNMENT, bytes);
    if (block)
        memset(block, 0, bytes);
    return block;
}

void *mem_alloc_raw(size_t size)
{
    return mem_must_fail() ? NULL : malloc(size ? size : 1);
}

void *mem_copy(const void *bytes, size_t size)
{
    void *copy = mem_alloc(1, size);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *mem_copy_string(const char *string)
{
    return mem_copy(string, strlen(string) + 1);
}

void *mem_resize(void *block, size_t old_size, size_t new_size)
{
    void *grown = mem_alloc(1, new_size);
    if (!grown)
        return NULL;
    size_t kept = old_size < new_size ? old_size : new_size;
    if (block && kept)
        memcpy(grown, block, kept);
    mem_free(block);
    return grown;
}

void *mem_resize_raw(void *block, size_t kept, size_t new_size)
{
    void *grown = mem_alloc_raw(new_size);
    if (!grown)
        return NULL;
    if (block && kept)
        memcpy(grown, block, kept);
    mem_free(block);
    return grown;
}

void mem_free(void *block)
{
    free(block);
}

void mem_fail_after(int64_t successes)
{
    atomic_store(&mem_allowance, successes);
}

void mem_fail_never(void)
{
    atomic_store(&mem_allowance, -1);
}
