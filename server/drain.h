/*
 * The end of the daemon's life: signals, and the way from serving to silence without losing a
 * request.
 */
#ifndef SPIKELOOM_SERVER_DRAIN_H
#define SPIKELOOM_SERVER_DRAIN_H

#include "server/service.h"

/*
 * Keeps SIGTERM, SIGINT and SIGHUP for drain_wait, and SIGPIPE for nobody. Before any thread
 * starts.
 */
void drain_block_signals(void);

/*
 * Serves until SIGTERM or SIGINT, whose number it returns; meanwhile shuts slow connections and, at
 * SIGHUP, reloads.
 * From then on a second signal ends the process at once.
 */
int drain_wait(struct service *service);

/*
 * Turns not ready, goes on for --drain-delay, takes no more connections and returns when nothing
 * is left to answer, or --exit-timeout-secs after the call. Requests that are then unanswered.
 */
int drain_run(struct service *service);

#endif
