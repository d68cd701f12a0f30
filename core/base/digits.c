#include "core/base/digits.h"

char *digits_decimal(uint64_t value, char *end)
{
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

char *digits_thousandths(uint64_t value, char *end)
{
    char *point = digits_decimal(1000 + value % 1000, end); /* and so with zeros in front */
    *point = '.';
    return digits_decimal(value / 1000, point);
}

char *digits_hex(uint64_t value, char *text)
{
    for (int i = 0; i < DIGITS_HEX; i++, value <<= 4)
        *text++ = "0123456789abcdef"[value >> 60];
    return text;
}
