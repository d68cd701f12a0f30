/*
 * Stopping long work in good order: the first SIGINT or SIGTERM is noted, the second one ends the
 * program as usual.
 */
#ifndef SPIKELOOM_TRAIN_INTERRUPT_H
#define SPIKELOOM_TRAIN_INTERRUPT_H

#include <stdbool.h>

/* Installs the handlers; may be called again. */
void interrupt_watch(void);

bool interrupt_requested(void);

#endif
