/*
 * How often each API key may ask: the generic cell rate algorithm (ITU-T I.371), which is a token
 * bucket that stores one time a key. The table is of one size for ever. Safe to call from any
 * thread.
 */
#ifndef SPIKELOOM_SERVER_RATE_LIMIT_H
#define SPIKELOOM_SERVER_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct rate_limit;

/* `per_second` requests on average, `burst` of them at once. NULL when memory is out. */
struct rate_limit *rate_limit_open(int per_second, int burst);
void rate_limit_close(struct rate_limit *limit); /* allows NULL */

/*
 * Whether the key may ask at this moment (clock_now_us); it is counted then. If not,
 * `*retry_seconds` is how long to wait, rounded up.
 */
bool rate_limit_take(struct rate_limit *limit, uint64_t key_id, uint64_t now_us,
                     int *retry_seconds);

#endif
