/*
 * How the head of a request says where it goes and where it ends, read strictly: anything that two
 * parsers might read in two ways is refused, as it is how requests are smuggled past a proxy.
 */
#ifndef SPIKELOOM_SERVER_FRAMING_H
#define SPIKELOOM_SERVER_FRAMING_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A field of the head: its lines joined by ", " (NULL without content), and how many there were. */
struct framing_field {
    const char *value;
    int count;
};

struct framing_head {
    struct framing_field host, transfer_encoding, content_length;
    bool http_1_0; /* which knows no chunks, and need not name a host */
};

struct framing {
    bool has_body;
    uint64_t length; /* of the body, as announced; 0 when in chunks */
};

/*
 * Whether a line of the head reads the same everywhere: its name is a token and its value
 * [size] has no control characters but tabs.
 */
bool framing_is_clean(const char *name, const char *value, size_t size);

/*
 * MALFORMED unless the body has one clear length, is exactly chunked, or is not there, and the
 * host is named once.
 */
enum status framing_read(const struct framing_head *head, struct framing *framing,
                         struct error *error);

/*
 * Splits a request's target in place, "/path?query", "http://authority/path?query" or "*".
 * *query becomes "" when there is none.
 */
void framing_split_target(char *target, const char **path, const char **query);

#endif
