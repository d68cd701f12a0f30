/* The length of a safetensors header: up to the last brace that closes it. */
#include "tests/fuzz/fuzz.h"

enum { BEFORE = 8 };

size_t fuzz_repair(uint8_t *bytes, size_t size, size_t max_size)
{
    (void)max_size;
    int depth = 0, quoted = 0;
    for (size_t i = BEFORE; i < size; i++) {
        if (quoted && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            quoted = !quoted;
        else if (!quoted && bytes[i] == '{')
            depth++;
        else if (!quoted && bytes[i] == '}' && --depth == 0) {
            size_t length = i + 1 - BEFORE;
            for (int k = 0; k < BEFORE; k++)
                bytes[k] = (uint8_t)(length >> 8 * k);
            return size;
        }
    }
    return size;
}
