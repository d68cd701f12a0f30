/*
 * Base64 (RFC 4648, section 4) of whole blocks, through nettle.
 */
#ifndef SPIKELOOM_API_BASE64_H
#define SPIKELOOM_API_BASE64_H

#include "core/base/buf.h"

/* Appends the text of `bytes`, padded. TOO_LARGE (the buffer's cap), NO_MEMORY. */
enum status base64_append(struct buf *out, const uint8_t *bytes, size_t size);

/*
 * Decodes `text` of `length` characters into exactly `size` bytes. MALFORMED when the text is no
 * base64 or holds another number of bytes; NO_MEMORY.
 */
enum status base64_decode(const char *text, size_t length, uint8_t *bytes, size_t size,
                          struct error *error);

#endif
