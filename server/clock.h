/*
 * Time for durations and deadlines.
 */
#ifndef SPIKELOOM_SERVER_CLOCK_H
#define SPIKELOOM_SERVER_CLOCK_H

#include <stdint.h>

/* Monotonic clock in microseconds. */
uint64_t clock_now_us(void);

#endif
