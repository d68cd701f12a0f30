#include "api/oip_request.h"

#include "api/json_input.h"
#include "api/oip_tensor.h"
#include "core/base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OIP_REQUEST_TEXT_SIZE = 32, OIP_REQUEST_PEEK_BYTES = 64 * 1024 };

#define OIP_REQUEST_TIMEOUT "timeout_ms"

enum status oip_request_json_size(const char *header, size_t body_size, size_t *json_size,
                                  struct error *error)
{
    *json_size = body_size;
    if (!header)
        return STATUS_OK;
    size_t length = strlen(header), number = 0;
    bool valid = length > 0 && length <= 15 && strspn(header, "0123456789") == length;
    for (size_t i = 0; i < length && valid; i++)
        number = number * 10 + (size_t)(header[i] - '0');
    if (!valid)
        return error_set(error, STATUS_MALFORMED,
                         "Inference-Header-Content-Length is not a number of bytes.");
    if (number > body_size)
        return error_set(error, STATUS_MALFORMED,
                         "Inference-Header-Content-Length says %zu bytes, the body has %zu.",
                         number, body_size);
    *json_size = number;
    return STATUS_OK;
}

/* The object under `key`; NULL where there is none. */
static enum status oip_request_parameters(const json_t *owner, json_t **parameters,
                                          struct error *error)
{
    *parameters = json_object_get(owner, "parameters");
    if (*parameters && !json_is_object(*parameters))
        return error_set(error, STATUS_MALFORMED, "\"parameters\" is not an object.");
    return STATUS_OK;
}

static enum status oip_request_read_flag(const char *name, const json_t *value, bool *flag,
                                         struct error *error)
{
    if (!json_is_boolean(value))
        return error_set(error, STATUS_MALFORMED, "\"%s\" must be true or false.", name);
    *flag = json_is_true(value);
    return STATUS_OK;
}

/* Any other parameter is one of the native routes, written as JSON instead of in the query. */
static enum status oip_request_read_parameter(const char *name, const json_t *value,
                                              unsigned allowed, struct query *query,
                                              struct error *error)
{
    char text[OIP_REQUEST_TEXT_SIZE];
    if (json_is_string(value))
        return query_set(name, json_string_value(value), allowed, query, error);
    double number = json_number_value(value);
    if (json_is_integer(value))
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value)) /* in the query numbers have no exponent either */
        snprintf(text, sizeof text, "%.*f", floor(number) < number ? 12 : 0, number);
    else if (json_is_boolean(value))
        snprintf(text, sizeof text, "%d", json_is_true(value));
    else
        return error_set(error, STATUS_MALFORMED,
                         "The parameter '%s' is no string, number or truth value.", name);
    return query_set(name, text, allowed, query, error);
}

static enum status oip_request_read_head(const json_t *root, unsigned allowed, bool *binary,
                                         struct oip_request *request, struct error *error)
{
    const json_t *id = json_object_get(root, "id");
    const char *name;
    json_t *parameters, *value;
    if (id && (!json_is_string(id) || json_string_length(id) >= sizeof request->id))
        return error_set(error, STATUS_MALFORMED, "\"id\" is not a string of less than %zu bytes.",
                         sizeof request->id);
    request->has_id = id != NULL;
    if (id)
        strcpy(request->id, json_string_value(id));
    enum status status = oip_request_parameters(root, &parameters, error);
    json_object_foreach(parameters, name, value)
    {
        if (status != STATUS_OK)
            break;
        if (strcmp(name, "binary_data_output") == 0)
            status = oip_request_read_flag(name, value, binary, error);
        else
            status = oip_request_read_parameter(name, value, allowed, &request->query, error);
    }
    return status;
}

int oip_request_peek_timeout(const uint8_t *body, size_t json_size)
{
    const struct json_input_limits limits = {OIP_REQUEST_PEEK_BYTES, OIP_REQUEST_MAX_DEPTH,
                                             OIP_REQUEST_MAX_VALUES};
    struct query query = {.given = 0};
    json_t *root, *parameters;
    if (json_size == 0 || json_size > OIP_REQUEST_PEEK_BYTES ||
        !memmem(body, json_size, OIP_REQUEST_TIMEOUT, strlen(OIP_REQUEST_TIMEOUT)) ||
        json_input_parse(body, json_size, &limits, &root, NULL) != STATUS_OK)
        return 0;
    if (oip_request_parameters(root, &parameters, NULL) == STATUS_OK) {
        const json_t *value = json_object_get(parameters, OIP_REQUEST_TIMEOUT);
        if (value)
            oip_request_read_parameter(OIP_REQUEST_TIMEOUT, value, QUERY_TIMEOUT_MS, &query, NULL);
    }
    json_decref(root);
    return query.timeout_ms;
}

/* --- outputs ------------------------------------------------------------------------------- */

static int oip_request_find_output(const struct oip_model *model, const char *name)
{
    for (int i = 0; i < model->num_outputs; i++)
        if (strcmp(model->outputs[i].name, name) == 0)
            return i;
    return -1;
}

static enum status oip_request_read_wanted(const json_t *output, const struct oip_model *model,
                                           bool binary, struct oip_request *request,
                                           struct error *error)
{
    const char *name = json_string_value(json_object_get(output, "name")), *parameter;
    json_t *parameters, *value;
    if (!name)
        return error_set(error, STATUS_MALFORMED, "An output has no name.");
    struct oip_wanted wanted = {oip_request_find_output(model, name), binary};
    if (wanted.index < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The model '%s' has no output '%.64s'.",
                         model->name, name);
    for (int i = 0; i < request->num_wanted; i++)
        if (request->wanted[i].index == wanted.index)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "The output '%s' is asked for more than once.", name);
    enum status status = oip_request_parameters(output, &parameters, error);
    json_object_foreach(parameters, parameter, value)
    {
        if (status != STATUS_OK)
            break;
        if (strcmp(parameter, "binary_data") == 0)
            status = oip_request_read_flag(parameter, value, &wanted.binary, error);
        else
            status = error_set(error, STATUS_INVALID_ARGUMENT,
                               "An output has no parameter '%.64s' here.", parameter);
    }
    request->wanted[request->num_wanted++] = wanted;
    return status;
}

/* Without a list, or with an empty one, all outputs are wanted. */
static enum status oip_request_read_outputs(const json_t *root, const struct oip_model *model,
                                            bool binary, struct oip_request *request,
                                            struct error *error)
{
    const json_t *outputs = json_object_get(root, "outputs"), *output;
    enum status status = STATUS_OK;
    size_t index;
    if (outputs && !json_is_array(outputs))
        return error_set(error, STATUS_MALFORMED, "\"outputs\" is not an array.");
    json_array_foreach(outputs, index, output)
    {
        status = oip_request_read_wanted(output, model, binary, request, error);
        if (status != STATUS_OK)
            return status;
    }
    if (request->num_wanted == 0)
        for (int i = 0; i < model->num_outputs; i++)
            request->wanted[request->num_wanted++] = (struct oip_wanted){i, binary};
    return STATUS_OK;
}

/* --- the whole ----------------------------------------------------------------------------- */

static enum status oip_request_read_input(const json_t *root, const struct oip_model *model,
                                          struct oip_file binary, struct oip_request *request,
                                          struct error *error)
{
    const json_t *inputs = json_object_get(root, "inputs");
    if (!json_is_array(inputs))
        return error_set(error, STATUS_MALFORMED, "There is no array named \"inputs\".");
    const json_t *input = json_array_get(inputs, 0);
    const char *name = json_string_value(json_object_get(input, "name"));
    if (json_array_size(inputs) != 1 || !name || strcmp(name, model->input.name) != 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The model '%s' takes one input, '%s'.",
                         model->name, model->input.name);
    return oip_tensor_read(input, binary, &model->input, request, error);
}

enum status oip_request_read(const uint8_t *body, size_t body_size, size_t json_size,
                             const struct oip_model *model, unsigned allowed,
                             struct oip_request *request, struct error *error)
{
    const struct json_input_limits limits = {json_size, OIP_REQUEST_MAX_DEPTH,
                                             OIP_REQUEST_MAX_VALUES};
    struct oip_file binary = {body + json_size, body_size - json_size};
    bool binary_outputs = false;
    json_t *root;
    *request = (struct oip_request){.query = {.scale = 1}};
    enum status status = json_input_parse(body, json_size, &limits, &root, error);
    if (status == STATUS_OK)
        status = oip_request_read_head(root, allowed, &binary_outputs, request, error);
    if (status == STATUS_OK)
        status = oip_request_read_outputs(root, model, binary_outputs, request, error);
    if (status == STATUS_OK)
        status = oip_request_read_input(root, model, binary, request, error);
    json_decref(root);
    return status;
}

void oip_request_free(struct oip_request *request)
{
    mem_free(request->values);
    mem_free(request->files);
    mem_free(request->storage);
    *request = (struct oip_request){0};
}
