/* The check sums of a PNG's chunks. */
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

enum { BEFORE = 1 + 8 /* our own byte, the signature */, AROUND = 12 /* length, type, sum */ };

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

size_t fuzz_repair(uint8_t *bytes, size_t size, size_t max_size)
{
    (void)max_size;
    size_t place = BEFORE;
    while (size >= AROUND && place <= size - AROUND) {
        size_t length = read_u32(bytes + place);
        if (length > size - place - AROUND)
            break;
        uint32_t sum = (uint32_t)crc32(0, bytes + place + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            bytes[place + 8 + length + (size_t)i] = (uint8_t)(sum >> 8 * (3 - i));
        place += AROUND + length;
    }
    return size;
}
