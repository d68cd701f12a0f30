#include "api/json_input.h"

#include <errno.h>
#include <stdbool.h>

/* Counts brackets and commas outside of strings; what is no JSON may be counted as anything. */
static enum status json_input_check(const uint8_t *json, size_t size,
                                    const struct json_input_limits *limits, struct error *error)
{
    int depth = 0;
    size_t values = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        bool opens = !quoted && (json[i] == '[' || json[i] == '{');
        if (quoted && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            quoted = !quoted;
        else if (!quoted && (json[i] == ']' || json[i] == '}'))
            depth--;
        depth += opens;
        values += opens || (!quoted && json[i] == ',');
        if (depth > limits->max_depth)
            return error_set(error, STATUS_MALFORMED, "The JSON is nested more than %d deep.",
                             limits->max_depth);
        if (values > limits->max_values)
            return error_set(error, STATUS_MALFORMED, "The JSON holds more than %zu values.",
                             limits->max_values);
    }
    return STATUS_OK;
}

enum status json_input_parse(const uint8_t *json, size_t size,
                             const struct json_input_limits *limits, json_t **root,
                             struct error *error)
{
    *root = NULL;
    if (size > limits->max_bytes)
        return error_set(error, STATUS_TOO_LARGE,
                         "The JSON is larger than the %zu bytes that are taken here.",
                         limits->max_bytes);
    enum status status = json_input_check(json, size, limits, error);
    if (status != STATUS_OK)
        return status;
    json_error_t fault;
    errno = 0;
    json_t *value = json_loadb((const char *)json, size, JSON_REJECT_DUPLICATES, &fault);
    if (!value && errno == ENOMEM) /* of which jansson does not tell */
        return error_plain(error, STATUS_NO_MEMORY);
    if (!value)
        return error_set(error, STATUS_MALFORMED, "The JSON cannot be read at line %d: %s.",
                         fault.line, fault.text);
    if (!json_is_object(value)) {
        json_decref(value);
        return error_set(error, STATUS_MALFORMED, "The JSON is not an object.");
    }
    *root = value;
    return STATUS_OK;
}
