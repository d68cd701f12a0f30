/* The judge as a file. */
#include "train/judge.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "models/safetensors.h"
#include "train/json_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JUDGE_FORMAT = 1, JUDGE_MAX_UNITS = 4096, JUDGE_NAME_SIZE = 32 };

static const size_t judge_cap = (size_t)1 << 26;

/* Weight or bias of a layer, its name and its shape in the file. */
struct judge_tensor {
    char name[JUDGE_NAME_SIZE];
    int num_dims;
    uint64_t shape[2];
    real *values;
    size_t count;
};

static struct judge_tensor tensor_at(const struct judge *judge, int index)
{
    const struct layer *layer = &judge->layers[index / 2];
    const uint64_t inputs = layer_num_inputs(&layer->shape);
    const uint64_t outputs = layer_num_outputs(&layer->shape);
    struct judge_tensor tensor;
    if (index % 2 == 0)
        tensor = (struct judge_tensor){.num_dims = 2,
                                       .shape = {inputs, outputs},
                                       .values = layer->weight,
                                       .count = inputs * outputs};
    else
        tensor = (struct judge_tensor){
            .num_dims = 1, .shape = {outputs}, .values = layer->bias, .count = outputs};
    snprintf(tensor.name, sizeof tensor.name, "layers.%d.%s", index / 2,
             index % 2 ? "bias" : "weight");
    return tensor;
}

static enum status read_tensor(const struct safetensors *file, const struct judge_tensor *tensor,
                               struct error *error)
{
    const void *bytes;
    enum status status = safetensors_expect(file, tensor->name, SAFETENSORS_F32, tensor->num_dims,
                                            tensor->shape, &bytes, error);
    for (size_t i = 0; i < tensor->count && status == STATUS_OK; i++) {
        float value;
        memcpy(&value, (const char *)bytes + i * sizeof value, sizeof value);
        tensor->values[i] = (real)value;
        if (!isfinite(value))
            status = error_set(error, STATUS_BAD_CHECKPOINT, "Tensor \"%s\" has no finite number.",
                               tensor->name);
    }
    return status;
}

static bool read_sizes(json_t *list, int sizes[JUDGE_LAYERS + 1])
{
    if (json_array_size(list) != JUDGE_LAYERS + 1)
        return false;
    for (size_t i = 0; i <= JUDGE_LAYERS; i++) {
        json_int_t size = json_integer_value(json_array_get(list, i));
        if (size < 1 || size > JUDGE_MAX_UNITS)
            return false;
        sizes[i] = (int)size;
    }
    return sizes[0] == JUDGE_PIXELS && sizes[JUDGE_LAYERS] == JUDGE_DIGITS;
}

static enum status replace_text(char **text, const json_t *value, struct error *error)
{
    char *dumped = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    char *copy = dumped ? mem_copy_string(dumped) : NULL;
    free(dumped);
    if (!copy)
        return error_plain(error, STATUS_NO_MEMORY);
    mem_free(*text);
    *text = copy;
    return STATUS_OK;
}

static enum status read_description(json_t *root, struct judge *judge, struct error *error)
{
    int sizes[JUDGE_LAYERS + 1];
    json_t *training = json_object_get(root, "training"), *scores = json_object_get(root, "scores");
    if (json_integer_value(json_object_get(root, "format")) != JUDGE_FORMAT ||
        !read_sizes(json_object_get(root, "layers"), sizes) || !json_is_object(training) ||
        !json_is_object(scores))
        return error_set(error, STATUS_BAD_CHECKPOINT, "The description of the judge is unsound.");
    enum status status = judge_init(judge, sizes, error);
    if (status == STATUS_OK)
        status = replace_text(&judge->training_json, training, error);
    return status == STATUS_OK ? replace_text(&judge->scores_json, scores, error) : status;
}

static enum status read_judge(const struct safetensors *file, struct judge *judge,
                              struct error *error)
{
    json_t *metadata = json_loads(file->metadata_json, 0, NULL);
    const char *text = json_string_value(json_object_get(metadata, CHECKPOINT_JUDGE_KEY));
    json_t *root = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    enum status status =
        text ? read_description(root, judge, error)
             : error_set(error, STATUS_BAD_CHECKPOINT, "The file holds no judge of pictures.");
    for (int i = 0; i < 2 * JUDGE_LAYERS && status == STATUS_OK; i++) {
        struct judge_tensor tensor = tensor_at(judge, i);
        status = read_tensor(file, &tensor, error);
    }
    json_decref(root);
    json_decref(metadata);
    return status;
}

static void set_checksum(struct judge *judge, const struct buf *bytes)
{
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(bytes->bytes, bytes->size, digest);
    digest_hex(digest, judge->checksum);
}

static enum status parse(const struct buf *bytes, struct judge *judge, struct error *error)
{
    struct safetensors *file = mem_alloc(1, sizeof *file);
    if (!file)
        return error_plain(error, STATUS_NO_MEMORY);
    enum status status = safetensors_parse(bytes->bytes, bytes->size, file, error);
    if (status == STATUS_OK) {
        status = read_judge(file, judge, error);
        safetensors_free(file);
    }
    mem_free(file);
    return status;
}

enum status judge_load(const char *path, struct judge *judge, struct error *error)
{
    struct buf bytes;
    *judge = (struct judge){0};
    buf_init(&bytes, judge_cap);
    enum status status = file_read(path, &bytes, error);
    if (status == STATUS_TOO_LARGE)
        status = error_prefix(error, STATUS_BAD_CHECKPOINT, "%s", "");
    if (status == STATUS_OK) {
        status = parse(&bytes, judge, error);
        if (status != STATUS_OK)
            error_prefix(error, status, "%s: ", path);
    }
    if (status == STATUS_OK)
        set_checksum(judge, &bytes);
    buf_free(&bytes);
    return status;
}

enum status judge_load_optional(const char *path, struct judge *judge, const struct judge **loaded,
                                struct error *error)
{
    *judge = (struct judge){0};
    *loaded = path ? judge : NULL;
    return path ? judge_load(path, judge, error) : STATUS_OK;
}

/* "__metadata__" as text; NULL when memory is out. */
static char *describe(const struct judge *judge)
{
    json_t *sizes = json_array();
    for (int i = 0; i < JUDGE_LAYERS; i++)
        json_array_append_new(sizes, json_integer(layer_num_inputs(&judge->layers[i].shape)));
    json_array_append_new(sizes,
                          json_integer(layer_num_outputs(&judge->layers[JUDGE_LAYERS - 1].shape)));
    json_t *root = json_pack("{s:i, s:o, s:o, s:o}", "format", JUDGE_FORMAT, "layers", sizes,
                             "training", json_loads(judge->training_json, 0, NULL), "scores",
                             json_loads(judge->scores_json, 0, NULL));
    char *description = root ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_t *metadata = description ? json_pack("{s:s}", CHECKPOINT_JUDGE_KEY, description) : NULL;
    char *text = metadata ? json_dumps(metadata, JSON_COMPACT) : NULL;
    char *copy = text ? mem_copy_string(text) : NULL;
    free(text);
    free(description);
    json_decref(metadata);
    json_decref(root);
    return copy;
}

/* All numbers in single precision, one tensor after the other. */
static enum status add_tensors(const struct judge *judge, float *values, struct safetensors *file,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < 2 * JUDGE_LAYERS && status == STATUS_OK; i++) {
        struct judge_tensor tensor = tensor_at(judge, i);
        for (size_t k = 0; k < tensor.count; k++)
            values[k] = (float)tensor.values[k];
        status = safetensors_add(file, tensor.name, SAFETENSORS_F32, tensor.num_dims, tensor.shape,
                                 values, error);
        values += tensor.count;
    }
    return status;
}

enum status judge_save(const char *path, struct judge *judge, struct error *error)
{
    size_t count = 0;
    struct buf bytes;
    buf_init(&bytes, judge_cap);
    for (int i = 0; i < 2 * JUDGE_LAYERS; i++)
        count += tensor_at(judge, i).count;
    struct safetensors *file = mem_alloc(1, sizeof *file);
    float *values = mem_alloc(count, sizeof *values);
    enum status status = STATUS_NO_MEMORY;
    if (!file || !values || !(file->metadata_json = describe(judge)))
        error_plain(error, status);
    else
        status = add_tensors(judge, values, file, error);
    if (status == STATUS_OK)
        status = safetensors_write(file, &bytes, error);
    if (status == STATUS_OK)
        status = file_replace(path, bytes.bytes, bytes.size, error);
    if (status == STATUS_OK)
        set_checksum(judge, &bytes);
    if (file)
        safetensors_free(file);
    mem_free(file);
    mem_free(values);
    buf_free(&bytes);
    return status;
}
