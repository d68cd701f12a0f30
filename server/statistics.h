/*
 * What each model has been asked for since the start, whichever way it was asked; by name, so that
 * it outlives a reload. All functions may be called from any thread.
 */
#ifndef SPIKELOOM_SERVER_STATISTICS_H
#define SPIKELOOM_SERVER_STATISTICS_H

#include "api/oip_statistics.h"

#include <stdbool.h>

struct statistics;

/* What one finished request adds; durations in microseconds. */
struct statistics_sample {
    const char *model;
    bool success, computed; /* computed: it has been on an inference thread, so that it queued */
    uint32_t num_samples;   /* 1 .. OIP_STATISTICS_MAX_BATCH */
    uint64_t duration_us;   /* from the whole body to the reply */
    uint64_t queue_us, input_us, infer_us, output_us;
};

/* NULL: out of memory. */
struct statistics *statistics_open(void);
void statistics_close(struct statistics *statistics); /* allows NULL */

void statistics_record(struct statistics *statistics, const struct statistics_sample *sample);

/* What is known of a model; zeros if it was never asked. */
void statistics_get(struct statistics *statistics, const char *model, struct oip_statistics *out);

#endif
