#include "models/safetensors.h"

#include "core/base/mem.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are stored little-endian");

struct safetensors_type_entry {
    const char *name;
    size_t size;
};

static const struct safetensors_type_entry type_table[] = {
    [SAFETENSORS_F32] = {"F32", 4},
    [SAFETENSORS_F64] = {"F64", 8},
    [SAFETENSORS_U8] = {"U8", 1},
    [SAFETENSORS_U64] = {"U64", 8},
};

enum { SAFETENSORS_NUM_TYPES = sizeof type_table / sizeof type_table[0], LENGTH_SIZE = 8 };

static enum status bad(struct error *error, const char *name, const char *reason)
{
    return error_set(error, STATUS_BAD_CHECKPOINT, "Tensor \"%.60s\": %s.", name, reason);
}

/* Bytes of a tensor, or SIZE_MAX when the product overflows. */
static size_t tensor_size(const struct safetensors_tensor *tensor)
{
    size_t size = type_table[tensor->type].size;
    for (int i = 0; i < tensor->num_dims; i++)
        if (__builtin_mul_overflow(size, tensor->shape[i], &size))
            return SIZE_MAX;
    return size;
}

static bool parse_type(const json_t *value, enum safetensors_type *type)
{
    const char *name = json_string_value(value);
    for (int i = 0; name && i < SAFETENSORS_NUM_TYPES; i++) {
        if (strcmp(name, type_table[i].name) == 0) {
            *type = (enum safetensors_type)i;
            return true;
        }
    }
    return false;
}

static bool parse_shape(const json_t *value, struct safetensors_tensor *tensor)
{
    if (!json_is_array(value) || json_array_size(value) > SAFETENSORS_MAX_DIMS)
        return false;
    tensor->num_dims = (int)json_array_size(value);
    for (int i = 0; i < tensor->num_dims; i++) {
        const json_t *dim = json_array_get(value, (size_t)i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0)
            return false;
        tensor->shape[i] = (uint64_t)json_integer_value(dim);
    }
    return true;
}

/* data_offsets [begin, end] within the data, which is `size` bytes. */
static bool parse_offsets(const json_t *value, const uint8_t *data, size_t size,
                          struct safetensors_tensor *tensor)
{
    const json_t *begin = json_array_get(value, 0), *end = json_array_get(value, 1);
    if (!json_is_array(value) || json_array_size(value) != 2 || !json_is_integer(begin) ||
        !json_is_integer(end))
        return false;
    json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from || (uint64_t)to > size)
        return false;
    tensor->bytes = data + from;
    tensor->size = (size_t)(to - from);
    return true;
}

static enum status parse_tensor(const char *name, const json_t *entry, const uint8_t *data,
                                size_t size, struct safetensors_tensor *tensor, struct error *error)
{
    if (strlen(name) >= sizeof tensor->name)
        return bad(error, name, "the name is too long");
    memcpy(tensor->name, name, strlen(name) + 1);
    if (!parse_type(json_object_get(entry, "dtype"), &tensor->type))
        return bad(error, name, "the dtype is not one of F32, F64, U8, U64");
    if (!parse_shape(json_object_get(entry, "shape"), tensor))
        return bad(error, name, "the shape is not a list of at most 4 sizes");
    if (!parse_offsets(json_object_get(entry, "data_offsets"), data, size, tensor))
        return bad(error, name, "the data_offsets are outside the file");
    if (tensor_size(tensor) != tensor->size)
        return bad(error, name, "the data_offsets do not fit dtype and shape");
    return STATUS_OK;
}

static int compare_places(const void *left, const void *right)
{
    const struct safetensors_tensor *const *a = left, *const *b = right;
    const uint8_t *place_a = (*a)->bytes, *place_b = (*b)->bytes;
    if (place_a != place_b)
        return place_a < place_b ? -1 : 1;
    return (*a)->size < (*b)->size ? -1 : (*a)->size > (*b)->size;
}

static enum status check_coverage(const struct safetensors *file, const uint8_t *data, size_t size,
                                  struct error *error)
{
    const struct safetensors_tensor *order[SAFETENSORS_MAX_TENSORS];
    for (int i = 0; i < file->num_tensors; i++)
        order[i] = &file->tensors[i];
    qsort(order, (size_t)file->num_tensors, sizeof *order, compare_places);
    const uint8_t *expected = data;
    for (int i = 0; i < file->num_tensors; i++) {
        const uint8_t *place = order[i]->bytes;
        if (place != expected)
            return bad(error, order[i]->name,
                       place < expected ? "it overlaps another one" : "there is a gap before it");
        expected = place + order[i]->size;
    }
    if (expected != data + size)
        return error_set(error, STATUS_BAD_CHECKPOINT, "%zu bytes at the end belong to no tensor.",
                         (size_t)(data + size - expected));
    return STATUS_OK;
}

static enum status parse_metadata(const json_t *metadata, struct safetensors *file,
                                  struct error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)metadata, key, value)
    {
        if (!json_is_string(value))
            return error_set(error, STATUS_BAD_CHECKPOINT,
                             "The header's metadata \"%.60s\" is not a string.", key);
    }
    char *text = metadata ? json_dumps(metadata, JSON_COMPACT) : NULL;
    file->metadata_json = mem_copy_string(text ? text : "{}");
    bool failed = !file->metadata_json || (metadata && !text);
    free(text);
    return failed ? error_plain(error, STATUS_NO_MEMORY) : STATUS_OK;
}

static enum status parse_header(const json_t *header, const uint8_t *data, size_t size,
                                struct safetensors *file, struct error *error)
{
    const char *name;
    json_t *entry;
    json_object_foreach((json_t *)header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        if (file->num_tensors == SAFETENSORS_MAX_TENSORS)
            return error_set(error, STATUS_BAD_CHECKPOINT, "There are more than %d tensors.",
                             SAFETENSORS_MAX_TENSORS);
        enum status status =
            parse_tensor(name, entry, data, size, &file->tensors[file->num_tensors], error);
        if (status != STATUS_OK)
            return status;
        file->num_tensors++;
    }
    const json_t *metadata = json_object_get(header, "__metadata__");
    if (metadata && !json_is_object(metadata))
        return error_set(error, STATUS_BAD_CHECKPOINT, "The header's metadata is not an object.");
    enum status status = check_coverage(file, data, size, error);
    return status == STATUS_OK ? parse_metadata(metadata, file, error) : status;
}

enum status safetensors_parse(const uint8_t *bytes, size_t size, struct safetensors *file,
                              struct error *error)
{
    uint64_t length = 0;
    memset(file, 0, sizeof *file);
    if (size < LENGTH_SIZE)
        return error_set(error, STATUS_BAD_CHECKPOINT, "The file is shorter than its own header.");
    memcpy(&length, bytes, LENGTH_SIZE);
    if (length > SAFETENSORS_MAX_HEADER || length > size - LENGTH_SIZE)
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "The header's length is beyond the file or %d bytes.",
                         SAFETENSORS_MAX_HEADER);
    json_error_t reason;
    errno = 0;
    json_t *header = json_loadb((const char *)bytes + LENGTH_SIZE, (size_t)length,
                                JSON_REJECT_DUPLICATES, &reason);
    enum status status = STATUS_OK;
    if (!header && errno == ENOMEM) /* of which jansson does not tell */
        status = error_plain(error, STATUS_NO_MEMORY);
    else if (!json_is_object(header))
        status = error_set(error, STATUS_BAD_CHECKPOINT, "The header is not a JSON object%s%s.",
                           header ? "" : ": ", header ? "" : reason.text);
    else
        status = parse_header(header, bytes + LENGTH_SIZE + length,
                              size - LENGTH_SIZE - (size_t)length, file, error);
    json_decref(header);
    if (status != STATUS_OK)
        safetensors_free(file);
    return status;
}

void safetensors_free(struct safetensors *file)
{
    mem_free(file->metadata_json);
    file->metadata_json = NULL;
    file->num_tensors = 0;
}

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name)
{
    for (int i = 0; i < file->num_tensors; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

enum status safetensors_expect(const struct safetensors *file, const char *name,
                               enum safetensors_type type, int num_dims, const uint64_t *shape,
                               const void **bytes, struct error *error)
{
    const struct safetensors_tensor *tensor = safetensors_find(file, name);
    if (!tensor)
        return bad(error, name, "it is missing");
    if (tensor->type != type)
        return bad(error, name, "it has another dtype than it should");
    if (tensor->num_dims != num_dims ||
        memcmp(tensor->shape, shape, (size_t)num_dims * sizeof *shape) != 0)
        return bad(error, name, "it has another shape than the network's");
    *bytes = tensor->bytes;
    return STATUS_OK;
}

enum status safetensors_add(struct safetensors *file, const char *name, enum safetensors_type type,
                            int num_dims, const uint64_t *shape, const void *bytes,
                            struct error *error)
{
    struct safetensors_tensor tensor = {.type = type, .num_dims = num_dims, .bytes = bytes};
    if (file->num_tensors == SAFETENSORS_MAX_TENSORS || num_dims > SAFETENSORS_MAX_DIMS ||
        strlen(name) >= sizeof tensor.name)
        return error_set(error, STATUS_INVALID_ARGUMENT, "Tensor \"%.60s\" does not fit.", name);
    memcpy(tensor.name, name, strlen(name) + 1);
    memcpy(tensor.shape, shape, (size_t)num_dims * sizeof *shape);
    tensor.size = tensor_size(&tensor);
    file->tensors[file->num_tensors++] = tensor;
    return STATUS_OK;
}

static json_t *header_entry(const struct safetensors_tensor *tensor, size_t begin)
{
    json_t *shape = json_array();
    for (int i = 0; i < tensor->num_dims; i++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", type_table[tensor->type].name, "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)(begin + tensor->size));
}

/* The header's text, or NULL; released by free. */
static char *header_text(const struct safetensors *file)
{
    json_t *header = json_object();
    bool failed = !header;
    if (file->metadata_json)
        failed |= json_object_set_new(header, "__metadata__",
                                      json_loads(file->metadata_json, 0, NULL)) != 0;
    size_t begin = 0;
    for (int i = 0; i < file->num_tensors; i++) {
        failed |= json_object_set_new(header, file->tensors[i].name,
                                      header_entry(&file->tensors[i], begin)) != 0;
        begin += file->tensors[i].size;
    }
    char *text = failed ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    return text;
}

enum status safetensors_write(const struct safetensors *file, struct buf *out, struct error *error)
{
    char *text = header_text(file);
    if (!text)
        return error_plain(error, STATUS_NO_MEMORY);
    /* spaces after the header put the data on an 8-byte boundary */
    uint64_t length = (strlen(text) + 7) / 8 * 8;
    enum status status =
        length <= SAFETENSORS_MAX_HEADER ? buf_append(out, &length, LENGTH_SIZE) : STATUS_TOO_LARGE;
    if (status == STATUS_OK)
        status = buf_append_string(out, text);
    for (size_t i = strlen(text); status == STATUS_OK && i < length; i++)
        status = buf_append(out, " ", 1);
    for (int i = 0; status == STATUS_OK && i < file->num_tensors; i++)
        status = buf_append(out, file->tensors[i].bytes, file->tensors[i].size);
    free(text);
    return status == STATUS_OK ? status : error_plain(error, status);
}
