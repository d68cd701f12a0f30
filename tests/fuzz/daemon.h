/* The daemon inside this process, on a free port of the loopback address, with small models. */
#ifndef SPIKELOOM_TESTS_FUZZ_DAEMON_H
#define SPIKELOOM_TESTS_FUZZ_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sends `size` bytes over a new connection, the first `split` of them ahead of the others, and
 * reads until the daemon closes it. `whole`: there is a request in it that may be answered, so the
 * end is not announced before the daemon has had the time. What it says must be HTTP, and no
 * failure of its own.
 */
void daemon_talk(const uint8_t *bytes, size_t size, size_t split, bool whole);

#endif
