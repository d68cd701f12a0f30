/*
 * Bytes on a connection to the daemon: one request or several, in two pieces that the first byte
 * divides.
 */
#include "tests/fuzz/daemon.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Whether a head is complete and the body that it announces is there. */
static bool is_whole(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end)
        return false;
    size_t head = (size_t)(end - bytes);
    const char *length = memmem(bytes, head, "Content-Length: ", 16);
    return !length || strtoul(length + 16, NULL, 10) <= size - head - 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return 0;
    size_t split = bytes[0] * (size - 1) / 256;
    daemon_talk(bytes + 1, size - 1, split, is_whole(bytes + 1, size - 1));
    return 0;
}
