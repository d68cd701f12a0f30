/*
 * Digits of integers, for places that write many of them: a fraction of what a format string costs.
 */
#ifndef SPIKELOOM_CORE_BASE_DIGITS_H
#define SPIKELOOM_CORE_BASE_DIGITS_H

#include <stdint.h>

enum {
    DIGITS_MAX = 20, /* of 64 bits in decimal */
    DIGITS_HEX = 16
};

/* Writes `value` in decimal so that it ends before `end`, without a NUL; its beginning. */
char *digits_decimal(uint64_t value, char *end);

/* The same of `value` thousandths, with a point and three digits behind it: at most DIGITS_MAX + 1.
 */
char *digits_thousandths(uint64_t value, char *end);

/* Writes DIGITS_HEX lower-case hexadecimal digits, without a NUL; what follows them. */
char *digits_hex(uint64_t value, char *text);

#endif
