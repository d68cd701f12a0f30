#include "train/parameters.h"

#include "core/base/buf.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "models/network_json.h"
#include "models/safetensors.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const size_t parameters_cap = (size_t)1 << 34;

/* Values are stored as bytes: the file belongs to one machine and one build. */
static const enum safetensors_type byte_type = SAFETENSORS_U8;

static bool add_parameter(struct parameters *parameters, int layer, bool is_bias, real *value,
                          size_t count)
{
    struct parameter *parameter = &parameters->list[parameters->count++];
    *parameter = (struct parameter){.layer = layer,
                                    .is_bias = is_bias,
                                    .count = count,
                                    .value = value,
                                    .moment1 = mem_alloc(count, sizeof(real)),
                                    .moment2 = mem_alloc(count, sizeof(real))};
    return parameter->moment1 && parameter->moment2;
}

/* Takes some bytes into a running digest. */
static void digest_add(uint8_t digest[DIGEST_SIZE], const void *bytes, size_t size)
{
    uint8_t both[2 * DIGEST_SIZE];
    memcpy(both, digest, DIGEST_SIZE);
    digest_sha256(bytes, size, both + DIGEST_SIZE);
    digest_sha256(both, sizeof both, digest);
}

/* What a state must share with the network that it is restored into. */
static enum status identify_network(const struct network *network, int num_layers,
                                    uint8_t digest[DIGEST_SIZE], struct error *error)
{
    char *description = network_json_write(network);
    if (!description)
        return error_plain(error, STATUS_NO_MEMORY);
    digest_add(digest, description, strlen(description));
    for (int i = num_layers; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        size_t channels = (size_t)layer->shape.out_channels;
        digest_add(digest, layer->weight, layer_fan_in(&layer->shape) * channels * sizeof(real));
        digest_add(digest, layer->bias, channels * sizeof(real));
    }
    if (network->class_images)
        digest_add(digest, network->class_images,
                   (size_t)network->num_classes * network_num_pixels(network));
    mem_free(description);
    return STATUS_OK;
}

enum status parameters_init_layers(struct parameters *parameters, struct layer *layers,
                                   int num_layers, struct error *error)
{
    bool complete = true;
    *parameters = (struct parameters){0};
    for (int i = 0; i < num_layers; i++) {
        struct layer *layer = &layers[i];
        size_t channels = (size_t)layer->shape.out_channels;
        complete &= add_parameter(parameters, i, false, layer->weight,
                                  layer_fan_in(&layer->shape) * channels);
        complete &= add_parameter(parameters, i, true, layer->bias, channels);
    }
    if (complete)
        return STATUS_OK;
    parameters_free(parameters);
    return error_plain(error, STATUS_NO_MEMORY);
}

enum status parameters_init(struct parameters *parameters, struct network *network, int num_layers,
                            struct error *error)
{
    enum status status = parameters_init_layers(parameters, network->layers, num_layers, error);
    if (status == STATUS_OK)
        status = identify_network(network, num_layers, parameters->network, error);
    if (status != STATUS_OK)
        parameters_free(parameters);
    return status;
}

void parameters_free(struct parameters *parameters)
{
    for (int i = 0; i < parameters->count; i++) {
        mem_free(parameters->list[i].moment1);
        mem_free(parameters->list[i].moment2);
    }
    parameters->count = 0;
}

/* The three vectors of a parameter and their names in the file. */
enum { PARAMETER_VECTORS = 3 };

/* How many of them a state holds. */
static int saved_vectors(const struct parameters *parameters)
{
    return parameters->without_moments ? 1 : PARAMETER_VECTORS;
}

static real *parameter_vector(const struct parameter *parameter, int vector,
                              char name[SAFETENSORS_NAME_SIZE])
{
    static const char *const names[PARAMETER_VECTORS] = {"value", "moment1", "moment2"};
    real *const vectors[PARAMETER_VECTORS] = {parameter->value, parameter->moment1,
                                              parameter->moment2};
    snprintf(name, SAFETENSORS_NAME_SIZE, "layers.%d.%s.%s", parameter->layer,
             parameter->is_bias ? "bias" : "weight", names[vector]);
    return vectors[vector];
}

static enum status add_vectors(const struct parameters *parameters, struct safetensors *file,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->list[i];
        const uint64_t size = parameter->count * sizeof(real);
        for (int vector = 0; vector < saved_vectors(parameters) && status == STATUS_OK; vector++) {
            char name[SAFETENSORS_NAME_SIZE];
            const real *values = parameter_vector(parameter, vector, name);
            status = safetensors_add(file, name, byte_type, 1, &size, values, error);
        }
    }
    return status;
}

/* Over the counter and all vectors, as they lie in the network or, with a file, in that. */
static void checksum(const struct parameters *parameters, const struct safetensors *file,
                     const void *updates, uint8_t digest[DIGEST_SIZE])
{
    const int vectors = saved_vectors(parameters);
    memset(digest, 0, DIGEST_SIZE);
    digest_add(digest, updates, sizeof(uint64_t));
    for (int i = 0; i < parameters->count * vectors; i++) {
        const struct parameter *parameter = &parameters->list[i / vectors];
        char name[SAFETENSORS_NAME_SIZE];
        const void *bytes = parameter_vector(parameter, i % vectors, name);
        if (file)
            bytes = safetensors_find(file, name)->bytes;
        digest_add(digest, bytes, parameter->count * sizeof(real));
    }
}

static enum status add_identity(const struct parameters *parameters, const char *settings,
                                const uint64_t *updates, const uint8_t *sum,
                                struct safetensors *file, struct error *error)
{
    const uint64_t one = 1, length = strlen(settings), digest = DIGEST_SIZE;
    enum status status = safetensors_add(file, "updates", SAFETENSORS_U64, 1, &one, updates, error);
    if (status == STATUS_OK)
        status = safetensors_add(file, "spent_us", SAFETENSORS_U64, 1, &one, &parameters->spent_us,
                                 error);
    if (status == STATUS_OK)
        status = safetensors_add(file, "settings", SAFETENSORS_U8, 1, &length, settings, error);
    if (status == STATUS_OK)
        status = safetensors_add(file, "network", SAFETENSORS_U8, 1, &digest, parameters->network,
                                 error);
    if (status == STATUS_OK)
        status = safetensors_add(file, "checksum", SAFETENSORS_U8, 1, &digest, sum, error);
    return status;
}

enum status parameters_save(const struct parameters *parameters, uint64_t updates,
                            const char *settings, const char *path, struct error *error)
{
    uint8_t sum[DIGEST_SIZE];
    struct buf bytes;
    buf_init(&bytes, parameters_cap);
    checksum(parameters, NULL, &updates, sum);
    struct safetensors *file = mem_alloc(1, sizeof *file);
    enum status status =
        file ? add_vectors(parameters, file, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = add_identity(parameters, settings, &updates, sum, file, error);
    if (status == STATUS_OK)
        status = safetensors_write(file, &bytes, error);
    if (status == STATUS_OK)
        status = file_replace(path, bytes.bytes, bytes.size, error);
    if (file)
        safetensors_free(file);
    mem_free(file);
    buf_free(&bytes);
    return status;
}

/* Whether the file has these bytes under that name. */
static bool has_bytes(const struct safetensors *file, const char *name, const void *bytes,
                      size_t size)
{
    const struct safetensors_tensor *stored = safetensors_find(file, name);
    return stored && stored->size == size && memcmp(stored->bytes, bytes, size) == 0;
}

static enum status check_identity(const struct parameters *parameters,
                                  const struct safetensors *file, const char *settings,
                                  struct error *error)
{
    if (!has_bytes(file, "settings", settings, strlen(settings)) ||
        !has_bytes(file, "network", parameters->network, DIGEST_SIZE))
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "The state belongs to a training with other settings.");
    return STATUS_OK;
}

/* That all vectors are there in their sizes, and are what was saved. */
static enum status check_vectors(const struct parameters *parameters,
                                 const struct safetensors *file, const void *updates,
                                 struct error *error)
{
    const int vectors = saved_vectors(parameters);
    uint8_t sum[DIGEST_SIZE];
    for (int i = 0; i < parameters->count * vectors; i++) {
        const struct parameter *parameter = &parameters->list[i / vectors];
        const uint64_t size = parameter->count * sizeof(real);
        char name[SAFETENSORS_NAME_SIZE];
        const void *bytes;
        parameter_vector(parameter, i % vectors, name);
        enum status status = safetensors_expect(file, name, byte_type, 1, &size, &bytes, error);
        if (status != STATUS_OK)
            return status;
    }
    checksum(parameters, file, updates, sum);
    return has_bytes(file, "checksum", sum, sizeof sum)
               ? STATUS_OK
               : error_set(error, STATUS_BAD_CHECKPOINT, "The state's numbers are damaged.");
}

/* The time, which older states have not. */
static void take_spent(struct parameters *parameters, const struct safetensors *file)
{
    const struct safetensors_tensor *stored = safetensors_find(file, "spent_us");
    parameters->spent_us = 0;
    if (stored && stored->size == sizeof parameters->spent_us)
        memcpy(&parameters->spent_us, stored->bytes, sizeof parameters->spent_us);
}

static void take_vectors(struct parameters *parameters, const struct safetensors *file)
{
    const int vectors = saved_vectors(parameters);
    for (int i = 0; i < parameters->count * vectors; i++) {
        struct parameter *parameter = &parameters->list[i / vectors];
        char name[SAFETENSORS_NAME_SIZE];
        real *values = parameter_vector(parameter, i % vectors, name);
        memcpy(values, safetensors_find(file, name)->bytes, parameter->count * sizeof(real));
    }
}

enum status parameters_restore(struct parameters *parameters, uint64_t *updates,
                               const char *settings, const char *path, struct error *error)
{
    const uint64_t one = 1;
    const void *stored = NULL;
    struct buf bytes;
    buf_init(&bytes, parameters_cap);
    struct safetensors *file = mem_alloc(1, sizeof *file);
    enum status status =
        file ? file_read(path, &bytes, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status != STATUS_OK)
        goto done;
    status = safetensors_parse(bytes.bytes, bytes.size, file, error);
    if (status == STATUS_OK)
        status = check_identity(parameters, file, settings, error);
    if (status == STATUS_OK)
        status = safetensors_expect(file, "updates", SAFETENSORS_U64, 1, &one, &stored, error);
    if (status == STATUS_OK)
        status = check_vectors(parameters, file, stored, error);
    if (status == STATUS_OK) {
        take_vectors(parameters, file);
        take_spent(parameters, file);
        memcpy(updates, stored, sizeof *updates);
    } else {
        error_prefix(error, status, "%s: ", path);
    }
done:
    if (file)
        safetensors_free(file);
    mem_free(file);
    buf_free(&bytes);
    return status;
}
