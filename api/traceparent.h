/*
 * The field `traceparent` of W3C Trace Context (version 00): which trace a request belongs to, and
 * which step of it asked.
 */
#ifndef SPIKELOOM_API_TRACEPARENT_H
#define SPIKELOOM_API_TRACEPARENT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TRACEPARENT_TRACE_SIZE = 33, /* 32 hexadecimal digits and the end */
    TRACEPARENT_STEP_SIZE = 17,
    TRACEPARENT_SIZE = 56,
    TRACEPARENT_MAX_STATE = 512 /* characters of `tracestate` that are handed on */
};

struct traceparent {
    char trace[TRACEPARENT_TRACE_SIZE];
    char step[TRACEPARENT_STEP_SIZE];
    bool sampled;
};

/*
 * Reads a value; false, with `traceparent` all empty, when it is NULL or no valid one. Of a later
 * version the part that is known is read, as the specification wants it.
 */
bool traceparent_read(const char *value, struct traceparent *traceparent);

/* A new step of the trace, or of a new one where it is empty, from random bits of the caller's. */
void traceparent_step(const uint64_t random[3], struct traceparent *traceparent);

/* Writes the value in version 00. */
void traceparent_write(const struct traceparent *traceparent, char value[TRACEPARENT_SIZE]);

/* Whether a value of `tracestate` is short and plain enough to be handed on. */
bool traceparent_state_is_sane(const char *value);

#endif
