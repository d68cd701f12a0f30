/*
 * The statistics extension of the Open Inference Protocol: what models have been asked for, and
 * how long each part took.
 */
#ifndef SPIKELOOM_API_OIP_STATISTICS_H
#define SPIKELOOM_API_OIP_STATISTICS_H

#include "api/writer.h"

enum { OIP_STATISTICS_MAX_BATCH = 64 };

struct oip_duration {
    uint64_t count, ns;
};

/* Input is decoding and hearing, infer the network, output drawing and writing. */
struct oip_compute {
    struct oip_duration input, infer, output;
};

struct oip_statistics {
    uint64_t last_inference_ms; /* since 1970; 0: never */
    uint64_t num_inferences;    /* samples of requests that succeeded */
    uint64_t num_executions;    /* requests that succeeded */
    struct oip_duration success, fail, queue;
    struct oip_compute compute;
    struct oip_compute batches[OIP_STATISTICS_MAX_BATCH]; /* by samples of a request, from 1 */
};

/* Adds a model to an array that the caller begins and ends. */
void oip_statistics_write(const char *name, const struct oip_statistics *statistics,
                          struct writer *writer);

#endif
