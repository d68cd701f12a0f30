/*
 * The query parameters of all routes: one table says how each is written and what it may be. A
 * route names those that it takes; anything else, anything twice and anything out of range is
 * refused.
 */
#ifndef SPIKELOOM_API_QUERY_H
#define SPIKELOOM_API_QUERY_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { QUERY_MODEL_SIZE = 64, QUERY_MAX_SCALE = 32, QUERY_MAX_TIMEOUT_MS = 600000 };

/* Bits, to be combined. */
enum query_parameter {
    QUERY_MODEL = 1 << 0,
    QUERY_SEED = 1 << 1,
    QUERY_STEPS = 1 << 2,
    QUERY_SCALE = 1 << 3,
    QUERY_FRAMES = 1 << 4,
    QUERY_POLARITY = 1 << 5,
    QUERY_ENCODING = 1 << 6,
    QUERY_TIMEOUT_MS = 1 << 7,
    QUERY_STYLE = 1 << 8,
    QUERY_MIN_CONFIDENCE = 1 << 9,
    QUERY_SPLIT = 1 << 10,
    QUERY_INPUT = 1 << 11
};

enum query_polarity { QUERY_POLARITY_KEEP, QUERY_POLARITY_INVERT, QUERY_POLARITY_AUTO };
enum query_encoding { QUERY_ENCODING_AER, QUERY_ENCODING_BITMAP };

struct query {
    unsigned given;               /* bits of those that were there */
    char model[QUERY_MODEL_SIZE]; /* "" if not given; letters, digits, '.', '_', '-' */
    uint64_t seed;                /* 0 .. 2^53 - 1 */
    int steps;                    /* >= 1; 0 if not given */
    int scale;                    /* 1 (default) .. QUERY_MAX_SCALE */
    bool frames;
    bool split;
    bool input;
    enum query_polarity polarity;
    enum query_encoding encoding;
    uint64_t style;        /* 0 (default) .. 2^53 - 1 */
    double min_confidence; /* 0 (default) .. 1 */
    int timeout_ms;        /* 1 .. QUERY_MAX_TIMEOUT_MS; 0 if not given */
};

/*
 * Reads `text`, what follows the '?' of a request target ("" when there is none), percent-encoded.
 * `allowed` are bits of query_parameter. INVALID_ARGUMENT with a sentence that names the fault.
 */
enum status query_parse(const char *text, unsigned allowed, struct query *query,
                        struct error *error);

/*
 * Takes one parameter into `query`, as if it stood in the query. INVALID_ARGUMENT as query_parse.
 */
enum status query_set(const char *name, const char *value, unsigned allowed, struct query *query,
                      struct error *error);

/* Whether a name may be a model's: 1 .. 63 letters, digits, '.', '_', '-', not beginning with '.'.
 */
bool query_is_model_name(const char *name);

#endif
