/*
 * What each model has been asked for, under the names that Triton gives it (nv_inference_*), for
 * dashboards and autoscalers that know those. Durations are in microseconds, as theirs are.
 */
#ifndef SPIKELOOM_SERVER_METRICS_TRITON_H
#define SPIKELOOM_SERVER_METRICS_TRITON_H

#include "api/oip_statistics.h"
#include "core/base/buf.h"

#include <stddef.h>

struct metrics_triton_model {
    const char *name;
    struct oip_statistics statistics;
};

/* Appends Prometheus text. NO_MEMORY, TOO_LARGE. */
enum status metrics_triton_write(const struct metrics_triton_model *models, size_t count,
                                 struct buf *out);

#endif
