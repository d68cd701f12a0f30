#include "api/base64.h"

#include "core/base/mem.h"

#include <nettle/base64.h>
#include <stdbool.h>
#include <string.h>

enum status base64_append(struct buf *out, const uint8_t *bytes, size_t size)
{
    if (size > out->cap / 4 * 3)
        return STATUS_TOO_LARGE;
    size_t length = BASE64_ENCODE_RAW_LENGTH(size);
    if (length > out->cap - out->size)
        return STATUS_TOO_LARGE;
    enum status status = buf_reserve(out, out->size + length);
    if (status != STATUS_OK || length == 0)
        return status;
    base64_encode_raw((char *)out->bytes + out->size, size, bytes);
    out->size += length;
    out->bytes[out->size] = 0;
    return STATUS_OK;
}

enum status base64_decode(const char *text, size_t length, uint8_t *bytes, size_t size,
                          struct error *error)
{
    /* white space is skipped by the decoder, so the length alone says too little */
    if (length / 4 > size / 3 + 64 || length < size)
        return error_set(error, STATUS_MALFORMED, "The base64 text does not hold %zu bytes.", size);
    size_t room = BASE64_DECODE_LENGTH(length);
    uint8_t *decoded = mem_alloc(1, room);
    if (!decoded)
        return error_plain(error, STATUS_NO_MEMORY);
    struct base64_decode_ctx context;
    base64_decode_init(&context);
    bool valid = base64_decode_update(&context, &room, decoded, length, text) &&
                 base64_decode_final(&context) && room == size;
    if (valid && size)
        memcpy(bytes, decoded, size);
    mem_free(decoded);
    if (!valid)
        return error_set(error, STATUS_MALFORMED, "The base64 text does not hold %zu bytes.", size);
    return STATUS_OK;
}
