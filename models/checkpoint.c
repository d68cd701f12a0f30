#include "models/checkpoint.h"

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "models/fixed_point.h"
#include "models/front_end.h"
#include "models/handwriting_tensors.h"
#include "models/network_json.h"
#include "models/safetensors.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest file that is read: far above any network here, far below the machine. */
static const size_t checkpoint_cap = (size_t)1 << 31;

static const char description_key[] = "spikeloom";

/* float; the double-precision build of the tests keeps its own kind of file */
static const enum safetensors_type real_type =
    sizeof(real) == sizeof(float) ? SAFETENSORS_F32 : SAFETENSORS_F64;

enum { TENSOR_NAME_SIZE = 48 };

static enum status read_reals(const struct safetensors *file, const char *name, int num_dims,
                              const uint64_t *shape, real *values, struct error *error)
{
    const void *bytes;
    size_t count = 1;
    enum status status = safetensors_expect(file, name, real_type, num_dims, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < num_dims; i++)
        count *= shape[i];
    memcpy(values, bytes, count * sizeof *values);
    return STATUS_OK;
}

static void layer_tensor_name(char name[TENSOR_NAME_SIZE], int layer, const char *what)
{
    snprintf(name, TENSOR_NAME_SIZE, "layers.%d.%s", layer, what);
}

static enum status read_layers(const struct safetensors *file, struct network *network,
                               struct error *error)
{
    for (int i = 0; i < network->num_layers; i++) {
        struct layer *layer = &network->layers[i];
        const uint64_t weight_shape[] = {layer_fan_in(&layer->shape),
                                         (uint64_t)layer->shape.out_channels};
        char name[TENSOR_NAME_SIZE];
        layer_tensor_name(name, i, "weight");
        enum status status = read_reals(file, name, 2, weight_shape, layer->weight, error);
        layer_tensor_name(name, i, "bias");
        if (status == STATUS_OK)
            status = read_reals(file, name, 1, &weight_shape[1], layer->bias, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_cochlea(const struct safetensors *file, struct network *network,
                                struct error *error)
{
    const void *bytes;
    double flat[COCHLEA_MAX_SECTIONS * 8];
    int num_channels = network->cochlea.num_channels;
    if (num_channels < 1 || num_channels > COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS)
        return error_set(error, STATUS_BAD_CHECKPOINT, "A cochlea of %d channels is not possible.",
                         num_channels);
    const uint64_t shape[] = {cochlea_flat_size(num_channels)};
    enum status status =
        safetensors_expect(file, "cochlea", SAFETENSORS_F64, 1, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    memcpy(flat, bytes, shape[0] * sizeof *flat);
    status = cochlea_unflatten(flat, num_channels, network->front_end.cochlea.decimation,
                               &network->cochlea, error);
    return status == STATUS_OK ? front_end_validate(&network->front_end, error) : status;
}

static enum status read_class_images(const struct safetensors *file, struct network *network,
                                     struct error *error)
{
    const void *bytes;
    const uint64_t shape[] = {(uint64_t)network->num_classes, (uint64_t)network->image_height,
                              (uint64_t)network->image_width};
    enum status status =
        safetensors_expect(file, "class_images", SAFETENSORS_U8, 3, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    network->class_images = mem_copy(bytes, shape[0] * shape[1] * shape[2]);
    return network->class_images ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

static enum status read_description(const struct safetensors *file, size_t size,
                                    struct network *network, struct error *error)
{
    errno = 0;
    json_t *metadata = json_loads(file->metadata_json, 0, NULL);
    const char *text = json_string_value(json_object_get(metadata, description_key));
    enum status status;
    if (!metadata && errno == ENOMEM)
        status = error_plain(error, STATUS_NO_MEMORY);
    else if (text)
        status = network_json_read(text, size / sizeof(real), network, error);
    else if (json_object_get(metadata, CHECKPOINT_JUDGE_KEY))
        status = error_set(error, STATUS_BAD_CHECKPOINT,
                           "The file holds a judge, which scores pictures and is not served.");
    else
        status = error_set(error, STATUS_BAD_CHECKPOINT, "The file holds no spikeloom network.");
    json_decref(metadata);
    return status;
}

/* `size` is that of the whole file. */
static enum status read_network(const struct safetensors *file, size_t size,
                                struct network *network, struct error *error)
{
    enum status status = read_description(file, size, network, error);
    if (status == STATUS_OK)
        status = read_layers(file, network, error);
    if (status == STATUS_OK && network->task == NETWORK_SYNTHESIZE)
        status = read_cochlea(file, network, error);
    if (status == STATUS_OK && network->num_classes > 0)
        status = read_class_images(file, network, error);
    if (status == STATUS_OK)
        status = handwriting_tensors_read(file, network, error);
    if (status == STATUS_OK)
        status = network_validate(network, error);
    return status == STATUS_OK ? fixed_point_pack(network, error) : status;
}

static void set_checksum(struct network *network, const void *bytes, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(bytes, size, digest);
    digest_hex(digest, network->checksum);
}

enum status checkpoint_parse(const uint8_t *bytes, size_t size, const char *name,
                             struct network **out, struct error *error)
{
    struct safetensors *file = mem_alloc(1, sizeof *file);
    struct network *network = network_new();
    enum status status = STATUS_NO_MEMORY;
    *out = NULL;
    if (!file || !network) {
        error_plain(error, status);
        goto done;
    }
    status = safetensors_parse(bytes, size, file, error);
    if (status == STATUS_OK)
        status = read_network(file, size, network, error);
    if (status == STATUS_INVALID_ARGUMENT || status == STATUS_MALFORMED)
        status = error_prefix(error, STATUS_BAD_CHECKPOINT, "%s", "");
    if (status != STATUS_OK)
        goto done;
    snprintf(network->name, sizeof network->name, "%s", name);
    set_checksum(network, bytes, size);
    *out = network_retain(network);
done:
    if (file)
        safetensors_free(file);
    mem_free(file);
    network_release(network);
    return status;
}

enum status checkpoint_name(const char *path, char name[NETWORK_NAME_SIZE], struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    if (!length || length >= NETWORK_NAME_SIZE)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s: a model's name has 1 to %d characters.", path, NETWORK_NAME_SIZE - 1);
    memcpy(name, base, length);
    name[length] = '\0';
    return STATUS_OK;
}

enum status checkpoint_load(const char *path, struct network **network, struct error *error)
{
    char name[NETWORK_NAME_SIZE];
    struct buf bytes;
    *network = NULL;
    buf_init(&bytes, checkpoint_cap);
    enum status status = checkpoint_name(path, name, error);
    if (status == STATUS_OK)
        status = file_read(path, &bytes, error);
    if (status == STATUS_INVALID_ARGUMENT || status == STATUS_TOO_LARGE)
        status = error_prefix(error, STATUS_BAD_CHECKPOINT, "%s", "");
    if (status == STATUS_OK) {
        status = checkpoint_parse(bytes.bytes, bytes.size, name, network, error);
        if (status != STATUS_OK)
            error_prefix(error, status, "%s: ", path);
    }
    buf_free(&bytes);
    return status;
}

static enum status add_layers(const struct network *network, struct safetensors *file,
                              struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < network->num_layers && status == STATUS_OK; i++) {
        const struct layer *layer = &network->layers[i];
        const uint64_t shape[] = {layer_fan_in(&layer->shape), (uint64_t)layer->shape.out_channels};
        char name[TENSOR_NAME_SIZE];
        layer_tensor_name(name, i, "weight");
        status = safetensors_add(file, name, real_type, 2, shape, layer->weight, error);
        layer_tensor_name(name, i, "bias");
        if (status == STATUS_OK)
            status = safetensors_add(file, name, real_type, 1, &shape[1], layer->bias, error);
    }
    return status;
}

static enum status add_description(const struct network *network, struct safetensors *file,
                                   struct error *error)
{
    char *description = network_json_write(network);
    json_t *metadata = description ? json_pack("{s:s}", description_key, description) : NULL;
    char *text = metadata ? json_dumps(metadata, JSON_COMPACT) : NULL;
    file->metadata_json = text ? mem_copy_string(text) : NULL;
    free(text);
    json_decref(metadata);
    mem_free(description);
    return file->metadata_json ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

static enum status add_network(const struct network *network, double *cochlea_flat,
                               double *calibration, struct safetensors *file, struct error *error)
{
    enum status status = add_description(network, file, error);
    if (status == STATUS_OK)
        status = add_layers(network, file, error);
    if (status == STATUS_OK && network->task == NETWORK_SYNTHESIZE) {
        const uint64_t shape[] = {cochlea_flat_size(network->cochlea.num_channels)};
        cochlea_flatten(&network->cochlea, cochlea_flat);
        status = safetensors_add(file, "cochlea", SAFETENSORS_F64, 1, shape, cochlea_flat, error);
    }
    if (status == STATUS_OK && network->num_classes > 0) {
        const uint64_t shape[] = {(uint64_t)network->num_classes, (uint64_t)network->image_height,
                                  (uint64_t)network->image_width};
        status = safetensors_add(file, "class_images", SAFETENSORS_U8, 3, shape,
                                 network->class_images, error);
    }
    if (status == STATUS_OK)
        status = handwriting_tensors_add(network, calibration, file, error);
    return status;
}

enum status checkpoint_save(const char *path, struct network *network, struct error *error)
{
    double cochlea_flat[COCHLEA_MAX_SECTIONS * 8], calibration[2];
    struct buf bytes;
    buf_init(&bytes, checkpoint_cap);
    struct safetensors *file = mem_alloc(1, sizeof *file);
    enum status status =
        file ? network_validate(network, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = checkpoint_name(path, network->name, error);
    if (status == STATUS_OK)
        status = add_network(network, cochlea_flat, calibration, file, error);
    if (status == STATUS_OK)
        status = safetensors_write(file, &bytes, error);
    if (status == STATUS_OK)
        status = file_replace(path, bytes.bytes, bytes.size, error);
    if (status == STATUS_OK)
        set_checksum(network, bytes.bytes, bytes.size);
    if (file)
        safetensors_free(file);
    mem_free(file);
    buf_free(&bytes);
    return status;
}
