/*
 * The thread that takes connections from the listening socket and hands each to the thread that is
 * to read from it, in turn. Were these to accept for themselves, whichever is awake first would
 * get most of them, and the others would idle.
 */
#ifndef SPIKELOOM_SERVER_ACCEPTOR_H
#define SPIKELOOM_SERVER_ACCEPTOR_H

#include "core/base/status.h"

#include <stdbool.h>
#include <sys/socket.h>

struct acceptor;

/* Takes over a connection that does not block, and closes it in the end. */
typedef void acceptor_hand_over(void *context, int fd, const struct sockaddr *address,
                                socklen_t address_size);

/*
 * Accepts from now on; `listen_fd`, which does not block, stays the caller's and must outlive it.
 * NO_MEMORY, INTERNAL when the thread cannot be started.
 */
enum status acceptor_open(int listen_fd, acceptor_hand_over *hand_over, void *context,
                          struct acceptor **acceptor, struct error *error);

/* Whether a connection may have left the listening socket's queue and not been handed over. */
bool acceptor_is_busy(const struct acceptor *acceptor);

/* Ends the thread: nothing is handed over after it. Allows NULL. */
void acceptor_close(struct acceptor *acceptor);

#endif
