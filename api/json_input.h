/*
 * JSON from strangers: what would make the parser recurse deeply or fill the memory is refused
 * before it sees the text.
 */
#ifndef SPIKELOOM_API_JSON_INPUT_H
#define SPIKELOOM_API_JSON_INPUT_H

#include "core/base/status.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct json_input_limits {
    size_t max_bytes;
    int max_depth;     /* of arrays and objects in one another */
    size_t max_values; /* members of all arrays and objects; each costs far more than its text */
};

/*
 * Reads an object, which the caller releases by json_decref; NULL on failure. TOO_LARGE (bytes),
 * MALFORMED: no JSON, no object, a name twice in an object, too deep, too many values.
 */
enum status json_input_parse(const uint8_t *json, size_t size,
                             const struct json_input_limits *limits, json_t **root,
                             struct error *error);

#endif
