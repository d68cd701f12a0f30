/*
 * Time for durations and deadlines.
 */
#ifndef SPIKELOOM_SERVER_CLOCK_H
#define SPIKELOOM_SERVER_CLOCK_H

#include <stdint.h>

/* Monotonic clock in microseconds. */
uint64_t clock_now_us(void);

/* Microseconds since `then_us` of that clock. */
uint64_t clock_since_us(uint64_t then_us);

#endif
