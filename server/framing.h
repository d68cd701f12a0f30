/*
 * How the head of a request says where it goes and where it ends, read strictly: anything that two
 * parsers might read in two ways is refused, as it is how requests are smuggled past a proxy.
 */
#ifndef SPIKELOOM_SERVER_FRAMING_H
#define SPIKELOOM_SERVER_FRAMING_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* A field of the head: its lines joined by ", " (NULL without content), and how many there were. */
struct framing_field {
    const char *value;
    int count;
};

struct framing {
    bool has_body;
    uint64_t length; /* of the body, as announced; 0 when in chunks */
};

/* MALFORMED unless the body has one clear length, is exactly chunked, or is not there. */
enum status framing_read(struct framing_field transfer_encoding,
                         struct framing_field content_length, struct framing *framing,
                         struct error *error);

/*
 * Splits a request's target in place, "/path?query", "http://authority/path?query" or "*".
 * *query becomes "" when there is none.
 */
void framing_split_target(char *target, const char **path, const char **query);

#endif
