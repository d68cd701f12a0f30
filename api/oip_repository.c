#include "api/oip_repository.h"

#include "api/json_input.h"
#include "api/oip.h"

#include <string.h>

/* *root becomes NULL for an empty body. */
static enum status oip_repository_parse(const uint8_t *json, size_t size, json_t **root,
                                        struct error *error)
{
    static const struct json_input_limits limits = {OIP_REPOSITORY_MAX_BYTES, 4, 256};
    *root = NULL;
    return size ? json_input_parse(json, size, &limits, root, error) : STATUS_OK;
}

enum status oip_repository_read_index(const uint8_t *json, size_t size, bool *ready_only,
                                      struct error *error)
{
    json_t *root;
    *ready_only = false;
    enum status status = oip_repository_parse(json, size, &root, error);
    const json_t *ready = json_object_get(root, "ready");
    if (ready && !json_is_boolean(ready))
        status = error_set(error, STATUS_MALFORMED, "\"ready\" must be true or false.");
    else
        *ready_only = json_is_true(ready);
    json_decref(root);
    return status;
}

static enum status oip_repository_check_load(const json_t *root, struct error *error)
{
    json_t *parameters = json_object_get(root, "parameters");
    if (parameters && !json_is_object(parameters))
        return error_set(error, STATUS_MALFORMED, "\"parameters\" must be an object.");
    const char *name;
    json_t *value;
    json_object_foreach(parameters, name, value)
    {
        if (strcmp(name, "unload_dependents") != 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "There is no parameter '%s'; a model is what its file says.", name);
        if (!json_is_boolean(value))
            return error_set(error, STATUS_MALFORMED,
                             "\"unload_dependents\" must be true or false.");
    }
    return STATUS_OK;
}

enum status oip_repository_read_load(const uint8_t *json, size_t size, struct error *error)
{
    json_t *root;
    enum status status = oip_repository_parse(json, size, &root, error);
    if (status == STATUS_OK)
        status = oip_repository_check_load(root, error);
    json_decref(root);
    return status;
}

void oip_repository_write_model(const char *name, bool ready, const char *reason,
                                struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "name", name);
    writer_string(writer, "version", OIP_VERSION);
    writer_string(writer, "state", ready ? "READY" : "UNAVAILABLE");
    writer_string(writer, "reason", reason);
    writer_end_object(writer);
}
