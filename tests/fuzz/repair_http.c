/* The length of the body that a request announces: all that follows its head. */
#include "tests/fuzz/fuzz.h"

#include <ctype.h>
#include <string.h>

size_t fuzz_repair(uint8_t *bytes, size_t size, size_t max_size)
{
    static const char name[] = "Content-Length: ";
    char number[24];
    const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    uint8_t *digits = end ? memmem(bytes, (size_t)(end - bytes), name, strlen(name)) : NULL;
    if (!digits)
        return size;
    digits += strlen(name);
    uint8_t *after = digits;
    while (after < end && isdigit(*after))
        after++;
    size_t width = (size_t)snprintf(number, sizeof number, "%zu", size - (size_t)(end - bytes) - 4);
    size_t grown = size - (size_t)(after - digits) + width;
    if (grown > max_size)
        return size;
    memmove(digits + width, after, size - (size_t)(after - bytes));
    memcpy(digits, number, width);
    return grown;
}
