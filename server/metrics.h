/*
 * Counters and histograms of the daemon, and their Prometheus text (format 0.0.4). All functions
 * may be called from any thread.
 */
#ifndef SPIKELOOM_SERVER_METRICS_H
#define SPIKELOOM_SERVER_METRICS_H

#include "core/base/buf.h"
#include "core/base/status.h"
#include "server/connections.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics;

/* What one finished request adds. */
struct metrics_sample {
    int route; /* index into the names given to metrics_open */
    int code;  /* as sent */
    enum status status;
    uint64_t duration_us; /* from the request line to the end of the reply */
    bool computed;        /* it has been on an inference thread; else the rest is not looked at */
    uint64_t queue_us, compute_us; /* until a thread took it; from then to its answer */
    uint64_t synops, spikes;
};

/* What is measured at the moment of asking. */
struct metrics_gauges {
    struct connections_counts connections;
    int queue_depth;
    bool ready;
};

/* The names are borrowed. NULL when memory is out. */
struct metrics *metrics_open(const char *const *route_names, int num_routes);
void metrics_close(struct metrics *metrics); /* allows NULL */

void metrics_record(struct metrics *metrics, const struct metrics_sample *sample);

/* `size` requests were taken from the queue at once. */
void metrics_record_batch(struct metrics *metrics, int size);

/* Appends everything but spikeloom_model_info. NO_MEMORY, TOO_LARGE. */
enum status metrics_write(struct metrics *metrics, const struct metrics_gauges *gauges,
                          struct buf *out);

/* Appends the lines of process_*. Where /proc cannot be read, they are left out. */
enum status metrics_write_process(struct buf *out);

#endif
