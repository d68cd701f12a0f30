/*
 * The listening socket: bound from a host name and a port, and closed to newcomers without losing
 * those who are already through the door.
 */
#ifndef SPIKELOOM_SERVER_LISTENER_H
#define SPIKELOOM_SERVER_LISTENER_H

#include "core/base/status.h"

#include <stdbool.h>

/* A listening socket, closed by the caller; port 0 takes any free one. IO with a sentence. */
enum status listener_open(const char *host, int port, int *fd, struct error *error);

/* Whether no other machine can reach a socket that is bound to `host`. */
bool listener_is_loopback(const char *host);

/*
 * What a client does not take within `seconds` is thrown away with its connection, also when that
 * has been closed: else its last answer would stay in the system's memory for as long as it likes.
 */
void listener_limit_unread(int fd, int seconds);

/* The bound port; 0 when unknown. */
int listener_port(int fd);

/*
 * Drops new connection attempts (SYN segments) from now on; established ones, and handshakes that
 * have begun, still reach the queue. A client that is turned away so tries again after a second
 * and is then refused, instead of being reset after it has sent its request.
 */
void listener_stop(int fd);

/* Connections that are established but not accepted yet. */
int listener_backlog(int fd);

#endif
