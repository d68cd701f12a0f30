/*
 * JSON text written straight into a buffer, without building a tree. The first failure sticks, so
 * that a run of calls needs one check at its end. Nothing here parses.
 */
#ifndef SPIKELOOM_API_WRITER_H
#define SPIKELOOM_API_WRITER_H

#include "core/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct writer {
    struct buf *out;    /* borrowed */
    enum status status; /* of the first call that failed */
    bool comma;         /* the next value follows another */
};

void writer_init(struct writer *writer, struct buf *out);

/* `key` names the member; NULL inside an array and at the top. */
void writer_object(struct writer *writer, const char *key);
void writer_end_object(struct writer *writer);
void writer_array(struct writer *writer, const char *key);
void writer_end_array(struct writer *writer);

/* Bytes that are not UTF-8 become U+FFFD. */
void writer_string(struct writer *writer, const char *key, const char *value);
void writer_integer(struct writer *writer, const char *key, uint64_t value);
/* value / 1000 with no more decimals than it needs. */
void writer_thousandths(struct writer *writer, const char *key, uint64_t value);
/* The shortest text that reads back as the same number; null when not finite. */
void writer_number(struct writer *writer, const char *key, double value);
/* The same of a float, whose shortest text is shorter. */
void writer_float(struct writer *writer, const char *key, float value);
void writer_bool(struct writer *writer, const char *key, bool value);

/* `json` is a JSON value as text already. */
void writer_raw(struct writer *writer, const char *key, const char *json);

/* [first,second]: one event, without the cost of the general calls. */
void writer_pair(struct writer *writer, uint32_t first, uint32_t second);

/* A string member holding the base64 of `bytes`. */
void writer_base64(struct writer *writer, const char *key, const uint8_t *bytes, size_t size);

#endif
