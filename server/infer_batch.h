/*
 * The pool's side of requests: what an inference thread does with those that it took at once.
 */
#ifndef SPIKELOOM_SERVER_INFER_BATCH_H
#define SPIKELOOM_SERVER_INFER_BATCH_H

#include "server/pool.h"

/* The hooks that run, drop and watch requests. */
struct pool_hooks infer_batch_hooks(void);

#endif
