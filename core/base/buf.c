#include "core/base/buf.h"

#include "core/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUF_LARGE = 64 * 1024 };

void buf_init(struct buf *buf, size_t cap)
{
    *buf = (struct buf){.cap = cap};
}

void buf_borrow(struct buf *buf, uint8_t *storage, size_t size)
{
    *buf = (struct buf){.bytes = storage, .capacity = size, .cap = size - 1};
    storage[0] = 0;
}

void buf_free(struct buf *buf)
{
    mem_free(buf->bytes);
    buf_init(buf, buf->cap);
}

enum status buf_reserve(struct buf *buf, size_t size)
{
    if (size > buf->cap)
        return STATUS_TOO_LARGE;
    if (buf->bytes && size < buf->capacity)
        return STATUS_OK;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    if (!buf->capacity && size >= BUF_LARGE)
        capacity = size + 1; /* who asks for so much at once knows how much it is */
    while (capacity <= size)
        capacity = capacity > SIZE_MAX / 2 ? size + 1 : capacity * 2;
    uint8_t *grown = mem_resize_raw(buf->bytes, buf->size, capacity);
    if (!grown)
        return STATUS_NO_MEMORY;
    grown[buf->size] = 0;
    buf->bytes = grown;
    buf->capacity = capacity;
    return STATUS_OK;
}

enum status buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (size > buf->cap - buf->size)
        return STATUS_TOO_LARGE;
    /* most are small, and fit */
    enum status status =
        size < buf->capacity - buf->size ? STATUS_OK : buf_reserve(buf, buf->size + size);
    if (status != STATUS_OK)
        return status;
    if (size)
        memcpy(buf->bytes + buf->size, bytes, size);
    buf->size += size;
    buf->bytes[buf->size] = 0;
    return STATUS_OK;
}

enum status buf_append_string(struct buf *buf, const char *string)
{
    return buf_append(buf, string, strlen(string));
}

enum status buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int needed = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (needed < 0)
        return STATUS_INTERNAL;
    size_t size = (size_t)needed;
    if (size > buf->cap - buf->size)
        return STATUS_TOO_LARGE;
    enum status status = buf_reserve(buf, buf->size + size);
    if (status != STATUS_OK)
        return status;
    va_start(args, format);
    vsnprintf((char *)buf->bytes + buf->size, size + 1, format, args);
    va_end(args);
    buf->size += size;
    return STATUS_OK;
}

uint8_t *buf_take(struct buf *buf, size_t *size)
{
    uint8_t *bytes = buf->bytes;
    *size = buf->size;
    buf_init(buf, buf->cap);
    return bytes;
}
