/*
 * A fixed set of threads that share the iterations of a loop. Which thread runs an iteration is
 * not defined, so iterations must not depend on one another. A thread without work looks for the
 * next loop for some tens of microseconds before it sleeps; one that wakes too late for a loop is
 * not waited for.
 */
#ifndef SPIKELOOM_CORE_BASE_PARALLEL_H
#define SPIKELOOM_CORE_BASE_PARALLEL_H

#include "core/base/status.h"

#include <stddef.h>

enum { PARALLEL_MAX_THREADS = 256 };

struct parallel;

typedef void parallel_body(void *argument, size_t index);

/* `num_threads` threads in all, the caller's included; 0 means one a processor. */
enum status parallel_new(int num_threads, struct parallel **parallel, struct error *error);
void parallel_free(struct parallel *parallel); /* allows NULL */
int parallel_num_threads(const struct parallel *parallel);

/*
 * Calls body(argument, 0 .. count - 1) and returns when all have returned. Not to be called from
 * within a body.
 */
void parallel_for(struct parallel *parallel, size_t count, parallel_body *body, void *argument);

#endif
