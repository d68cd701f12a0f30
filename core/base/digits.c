#include "core/base/digits.h"

char *digits_decimal(uint64_t value, char *end)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

char *digits_hex(uint64_t value, char *text)
{
    for (int i = 0; i < DIGITS_HEX; i++, value <<= 4)
        *text++ = "0123456789abcdef"[value >> 60];
    return text;
}
