#include "api/oip_tensor.h"

#include "api/base64.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

/* What an input says of itself, checked. */
struct oip_tensor_header {
    const struct oip_tensor *tensor;
    enum oip_datatype datatype;
    int num_dims;
    size_t shape[OIP_MAX_DIMS];
    size_t count; /* of elements */
    bool has_binary;
    bool base64;
};

/* --- shape, datatype, parameters ----------------------------------------------------------- */

static enum status oip_tensor_refuse_shape(const struct oip_tensor *tensor, struct error *error)
{
    char rest[64] = "";
    for (int i = 1; i < tensor->num_dims; i++)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest), ", %lld",
                 (long long)tensor->shape[i]);
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "The shape of '%s' must be [n%s] with n, the samples, from 1 to %d.",
                     tensor->name, rest, OIP_REQUEST_MAX_BATCH);
}

static enum status oip_tensor_read_shape(const json_t *input, struct oip_tensor_header *header,
                                         struct error *error)
{
    const struct oip_tensor *tensor = header->tensor;
    const json_t *shape = json_object_get(input, "shape"), *dim;
    size_t index;
    if (!json_is_array(shape))
        return error_set(error, STATUS_MALFORMED, "The input '%s' has no array named \"shape\".",
                         tensor->name);
    /* some clients give a list of files as a column, [n, 1] */
    bool column = tensor->num_dims == 1 && json_array_size(shape) == 2;
    if (!column && json_array_size(shape) != (size_t)tensor->num_dims)
        return oip_tensor_refuse_shape(tensor, error);
    header->count = 1;
    json_array_foreach(shape, index, dim)
    {
        int64_t expected = index == 0 ? -1 : column ? 1 : tensor->shape[index];
        int64_t size = json_is_integer(dim) ? json_integer_value(dim) : -1;
        int64_t most = expected < 0 ? OIP_REQUEST_MAX_BATCH : expected;
        if (size < (expected < 0 ? 1 : expected) || size > most)
            return oip_tensor_refuse_shape(tensor, error);
        header->shape[index] = (size_t)size;
        header->count *= (size_t)size;
    }
    header->num_dims = (int)json_array_size(shape);
    return STATUS_OK;
}

static enum status oip_tensor_read_datatype(const json_t *input, struct oip_tensor_header *header,
                                            struct error *error)
{
    const char *name = json_string_value(json_object_get(input, "datatype"));
    bool files = header->tensor->datatype == OIP_BYTES;
    if (!name)
        return error_set(error, STATUS_MALFORMED, "The input '%s' has no string \"datatype\".",
                         header->tensor->name);
    header->datatype = header->tensor->datatype;
    if (strcmp(name, oip_datatype_name(header->datatype)) == 0)
        return STATUS_OK;
    header->datatype = OIP_UINT8;
    if (!files && strcmp(name, oip_datatype_name(OIP_UINT8)) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT, "The datatype of '%s' must be %s.",
                     header->tensor->name, files ? "BYTES" : "FP32 or UINT8");
}

static enum status oip_tensor_read_parameter(const char *name, const json_t *value,
                                             size_t binary_size, struct oip_tensor_header *header,
                                             struct error *error)
{
    const char *text = json_string_value(value);
    if (strcmp(name, "binary_data_size") == 0) {
        header->has_binary = true;
        if (json_is_integer(value) && json_integer_value(value) >= 0 &&
            (uint64_t)json_integer_value(value) == binary_size)
            return STATUS_OK;
        return error_set(error, STATUS_MALFORMED,
                         "\"binary_data_size\" is not the %zu bytes that follow the JSON.",
                         binary_size);
    }
    if (strcmp(name, "content_type") != 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "An input has no parameter '%.64s' here.",
                         name);
    bool files = header->datatype == OIP_BYTES;
    header->base64 = files && text && strcmp(text, "base64") == 0;
    if (header->base64 || (!files && text && strcmp(text, "np") == 0))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT, "The content_type of '%s' must be \"%s\".",
                     header->tensor->name, files ? "base64" : "np");
}

static enum status oip_tensor_read_parameters(const json_t *input, size_t binary_size,
                                              struct oip_tensor_header *header, struct error *error)
{
    json_t *parameters = json_object_get(input, "parameters"), *value;
    const char *name;
    enum status status = STATUS_OK;
    if (parameters && !json_is_object(parameters))
        return error_set(error, STATUS_MALFORMED, "\"parameters\" is not an object.");
    json_object_foreach(parameters, name, value)
    {
        if (status == STATUS_OK)
            status = oip_tensor_read_parameter(name, value, binary_size, header, error);
    }
    bool has_data = json_object_get(input, "data") != NULL;
    if (status == STATUS_OK && header->has_binary == has_data)
        status = error_set(error, STATUS_MALFORMED,
                           "The input '%s' must have either \"data\" or \"binary_data_size\".",
                           header->tensor->name);
    if (status == STATUS_OK && !header->has_binary && binary_size)
        status = error_set(error, STATUS_MALFORMED,
                           "%zu bytes follow the JSON that no input lays claim to.", binary_size);
    return status;
}

/* --- numbers ------------------------------------------------------------------------------- */

static enum status oip_tensor_refuse_number(const struct oip_tensor_header *header, size_t index,
                                            struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT, "Element %zu of '%s' is not %s.", index,
                     header->tensor->name,
                     header->datatype == OIP_UINT8 ? "a whole number from 0 to 255"
                                                   : "a number from 0 to 1");
}

static enum status oip_tensor_take_number(const struct oip_tensor_header *header, size_t index,
                                          const json_t *element, struct oip_request *request,
                                          struct error *error)
{
    double value = json_number_value(element);
    bool whole = header->datatype == OIP_UINT8;
    bool valid = whole ? json_is_integer(element) : json_is_number(element);
    if (!valid || !(value >= 0 && value <= (whole ? 255 : 1)))
        return oip_tensor_refuse_number(header, index, error);
    request->values[index] = whole ? (float)value / 255 : (float)value;
    return STATUS_OK;
}

static float oip_tensor_float(const uint8_t *bytes)
{
    uint32_t bits =
        bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static enum status oip_tensor_binary_numbers(const struct oip_tensor_header *header,
                                             struct oip_file binary, struct oip_request *request,
                                             struct error *error)
{
    size_t size = oip_datatype_size(header->datatype);
    if (binary.size != header->count * size)
        return error_set(error, STATUS_MALFORMED,
                         "'%s' has %zu bytes of data, its shape wants %zu.", header->tensor->name,
                         binary.size, header->count * size);
    for (size_t i = 0; i < header->count; i++) {
        float value = header->datatype == OIP_UINT8 ? (float)binary.bytes[i] / 255
                                                    : oip_tensor_float(binary.bytes + 4 * i);
        if (!(value >= 0 && value <= 1)) /* not a number is neither */
            return oip_tensor_refuse_number(header, i, error);
        request->values[i] = value;
    }
    return STATUS_OK;
}

/* --- files --------------------------------------------------------------------------------- */

static enum status oip_tensor_binary_files(const struct oip_tensor_header *header,
                                           struct oip_file binary, struct oip_request *request,
                                           struct error *error)
{
    for (size_t i = 0; i < header->count; i++) {
        const uint8_t *at = binary.bytes;
        size_t size = 0;
        if (binary.size >= 4)
            size = at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
        if (binary.size < 4 || size > binary.size - 4)
            return error_set(error, STATUS_MALFORMED,
                             "Element %zu of '%s' is longer than the data that is left.", i,
                             header->tensor->name);
        request->files[i] = (struct oip_file){at + 4, size};
        binary = (struct oip_file){at + 4 + size, binary.size - 4 - size};
    }
    if (binary.size)
        return error_set(error, STATUS_MALFORMED, "%zu bytes follow the last element of '%s'.",
                         binary.size, header->tensor->name);
    return STATUS_OK;
}

/* Bytes that base64 of this length holds; 0 when it holds none or is damaged. */
static size_t oip_tensor_base64_size(const json_t *element)
{
    const char *text = json_string_value(element);
    size_t length = json_string_length(element);
    if (!text || length < 4 || length % 4)
        return 0;
    return length / 4 * 3 - (text[length - 1] == '=') - (text[length - 2] == '=');
}

/* Decodes an element behind those before it; the storage has room for what its length promises. */
static enum status oip_tensor_take_file(const struct oip_tensor_header *header, size_t index,
                                        const json_t *element, struct oip_request *request,
                                        struct error *error)
{
    size_t size = oip_tensor_base64_size(element);
    uint8_t *end = request->storage;
    if (index > 0)
        end += request->files[index - 1].bytes - request->storage + request->files[index - 1].size;
    if (size == 0)
        return error_set(error, STATUS_MALFORMED, "Element %zu of '%s' is not base64.", index,
                         header->tensor->name);
    request->files[index] = (struct oip_file){end, size};
    enum status status =
        base64_decode(json_string_value(element), json_string_length(element), end, size, error);
    return status == STATUS_OK
               ? status
               : error_prefix(error, status, "Element %zu of '%s': ", index, header->tensor->name);
}

/* --- JSON arrays --------------------------------------------------------------------------- */

/* Elements of a JSON array in order, flat or nested as the shape says. */
struct oip_tensor_walk {
    const struct oip_tensor_header *header;
    struct oip_request *request; /* where elements go; NULL: only their base64 is added up */
    size_t next;
    size_t base64_size;
};

static enum status oip_tensor_walk_element(struct oip_tensor_walk *walk, const json_t *element,
                                           struct error *error)
{
    size_t index = walk->next++;
    if (!walk->request) {
        walk->base64_size += oip_tensor_base64_size(element);
        return STATUS_OK;
    }
    return walk->header->datatype == OIP_BYTES
               ? oip_tensor_take_file(walk->header, index, element, walk->request, error)
               : oip_tensor_take_number(walk->header, index, element, walk->request, error);
}

/* `dim`: of the array; the shape's number of dimensions where the array is flat. */
static enum status oip_tensor_walk_array(struct oip_tensor_walk *walk, const json_t *array, int dim,
                                         struct error *error)
{
    const struct oip_tensor_header *header = walk->header;
    bool flat = dim == header->num_dims;
    size_t expected = flat ? header->count : header->shape[dim], index;
    enum status status = STATUS_OK;
    const json_t *element;
    if (!json_is_array(array) || json_array_size(array) != expected)
        return error_set(error, STATUS_MALFORMED, "The data of '%s' does not have its shape.",
                         header->tensor->name);
    json_array_foreach(array, index, element)
    {
        if (status != STATUS_OK)
            break;
        if (flat || dim + 1 == header->num_dims)
            status = oip_tensor_walk_element(walk, element, error);
        else
            status = oip_tensor_walk_array(walk, element, dim + 1, error);
    }
    return status;
}

static enum status oip_tensor_walk_data(struct oip_tensor_walk *walk, const json_t *data,
                                        struct error *error)
{
    bool nested = json_is_array(json_array_get(data, 0));
    return oip_tensor_walk_array(walk, data, nested ? 0 : walk->header->num_dims, error);
}

static enum status oip_tensor_json_data(const struct oip_tensor_header *header, const json_t *input,
                                        struct oip_request *request, struct error *error)
{
    const json_t *data = json_object_get(input, "data");
    struct oip_tensor_walk walk = {.header = header};
    if (header->datatype == OIP_BYTES && !header->base64)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' in JSON is base64, with the parameter \"content_type\": \"base64\".",
                         header->tensor->name);
    if (header->datatype == OIP_BYTES) {
        enum status status = oip_tensor_walk_data(&walk, data, error);
        if (status != STATUS_OK)
            return status;
        request->storage = mem_alloc(1, walk.base64_size);
        if (!request->storage)
            return error_plain(error, STATUS_NO_MEMORY);
    }
    walk = (struct oip_tensor_walk){.header = header, .request = request};
    return oip_tensor_walk_data(&walk, data, error);
}

/* --- the whole ----------------------------------------------------------------------------- */

static enum status oip_tensor_make_room(const struct oip_tensor_header *header,
                                        struct oip_request *request, struct error *error)
{
    request->batch = (uint32_t)header->shape[0];
    if (header->datatype == OIP_BYTES)
        request->files = mem_alloc(header->count, sizeof *request->files);
    else
        request->values = mem_alloc(header->count, sizeof *request->values);
    return request->files || request->values ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

enum status oip_tensor_read(const json_t *input, struct oip_file binary,
                            const struct oip_tensor *tensor, struct oip_request *request,
                            struct error *error)
{
    struct oip_tensor_header header = {.tensor = tensor};
    enum status status = oip_tensor_read_shape(input, &header, error);
    if (status == STATUS_OK)
        status = oip_tensor_read_datatype(input, &header, error);
    if (status == STATUS_OK)
        status = oip_tensor_read_parameters(input, binary.size, &header, error);
    if (status == STATUS_OK)
        status = oip_tensor_make_room(&header, request, error);
    if (status != STATUS_OK)
        return status;
    if (!header.has_binary)
        return oip_tensor_json_data(&header, input, request, error);
    return header.datatype == OIP_BYTES
               ? oip_tensor_binary_files(&header, binary, request, error)
               : oip_tensor_binary_numbers(&header, binary, request, error);
}
