/*
 * The body of a form, posted to the daemon. The first byte divides it into two pieces; the head
 * that announces it is always sound.
 */
#include "tests/fuzz/daemon.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MAX_BODY = 1 << 15, MAX_HEAD = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static uint8_t request[MAX_HEAD + MAX_BODY];
    if (size < 1 || size - 1 > MAX_BODY)
        return 0;
    int head = snprintf((char *)request, MAX_HEAD,
                        "POST /v1/encode HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n"
                        "Content-Type: multipart/form-data; boundary=seam\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        size - 1);
    memcpy(request + head, bytes + 1, size - 1);
    daemon_talk(request, (size_t)head + size - 1, (size_t)head + bytes[0] * (size - 1) / 256, true);
    return 0;
}
