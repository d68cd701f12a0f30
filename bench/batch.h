/*
 * A batch of inferences divided among threads, each part with scratch of its own: the throughput
 * of a model in process.
 */
#ifndef SPIKELOOM_BENCH_BATCH_H
#define SPIKELOOM_BENCH_BATCH_H

#include "bench/subject.h"
#include "core/base/parallel.h"

enum { BATCH_MAX_PARTS = 16 };

struct batch {
    const struct subject *subject;
    struct parallel *parallel;
    int size; /* inputs, from the first on; beyond the last one from the first again */
    int num_parts;
    struct inference scratch[BATCH_MAX_PARTS];
    uint8_t *grey[BATCH_MAX_PARTS];
};

void batch_open(struct batch *batch, const struct subject *subject, int num_threads);
void batch_close(struct batch *batch);

/* A measure_body: the whole batch once. */
void batch_run(void *batch);

#endif
