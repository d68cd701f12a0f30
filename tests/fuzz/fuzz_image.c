/* Any upload as a PNG; the first byte is the polarity and the size of the target. */
#include "core/media/image.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { SIDE = 28 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    float pixels[SIDE * SIDE];
    struct error error;
    if (size < 1)
        return 0;
    int width = 1 + bytes[0] / 3 % SIDE, height = 1 + bytes[0] / 9 % SIDE;
    enum image_polarity polarity = bytes[0] % 3;
    memset(pixels, 0xff, sizeof pixels); /* which are no numbers */
    enum status status =
        image_decode_png(bytes + 1, size - 1, polarity, width, height, pixels, &error);
    FUZZ_PROMISE(status_http_code(status) < 500);
    for (int i = 0; i < width * height && status == STATUS_OK; i++)
        FUZZ_PROMISE(pixels[i] >= 0 && pixels[i] <= 1);
    return 0;
}
