/*
 * The end of connections whose client is still sending when the reply is out already. Were such a
 * socket closed at once, the system would answer what still comes with a reset, which breaks the
 * client's sending off and may destroy the reply before it is read. So what comes is thrown away
 * until the client closes as well, for two seconds at most.
 */
#ifndef SPIKELOOM_SERVER_LINGERING_H
#define SPIKELOOM_SERVER_LINGERING_H

#include "core/base/status.h"

enum { LINGERING_MAX = 16 }; /* connections at once; more are closed without that grace */

struct lingering;

/* Starts the thread that reads. NO_MEMORY; INTERNAL with a sentence. */
enum status lingering_open(struct lingering **lingering, struct error *error);

/*
 * Keeps the connection of a socket that the caller is about to close and on which it sends nothing
 * more. From any thread. NULL for `lingering` is allowed.
 */
void lingering_take(struct lingering *lingering, int fd);

/* How many there are. */
int lingering_count(struct lingering *lingering);

/* Closes them all. Allows NULL. */
void lingering_close(struct lingering *lingering);

#endif
