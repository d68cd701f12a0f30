/*
 * A growing byte buffer with a cap. Everything whose size a client or a file decides is collected
 * in one of these, so nothing grows without a bound.
 */
#ifndef SPIKELOOM_CORE_BASE_BUF_H
#define SPIKELOOM_CORE_BASE_BUF_H

#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *bytes; /* NULL while empty; otherwise bytes[size] is always 0 */
    size_t size;
    size_t capacity;
    size_t cap; /* size never exceeds this */
};

/* An empty buffer that takes up to `cap` bytes. Allocates nothing. */
void buf_init(struct buf *buf, size_t cap);

/* An empty buffer that takes up to size - 1 bytes, in `storage`, which outlives it. Not freed. */
void buf_borrow(struct buf *buf, uint8_t *storage, size_t size);

/* Releases the bytes; the buffer is empty and usable again. */
void buf_free(struct buf *buf);

/* Appends; TOO_LARGE past the cap, NO_MEMORY: the content stays as it was. */
enum status buf_append(struct buf *buf, const void *bytes, size_t size);
enum status buf_append_string(struct buf *buf, const char *string);
enum status buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `size` bytes in all without changing the content. */
enum status buf_reserve(struct buf *buf, size_t size);

/* Hands the bytes to the caller, who releases them with mem_free; the buffer is empty again. */
uint8_t *buf_take(struct buf *buf, size_t *size);

#endif
