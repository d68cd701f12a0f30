#include "train/parameters.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
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

enum status parameters_init(struct parameters *parameters, struct network *network, int num_layers,
                            struct error *error)
{
    bool complete = true;
    *parameters = (struct parameters){0};
    for (int i = 0; i < num_layers; i++) {
        struct layer *layer = &network->layers[i];
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

enum status parameters_save(const struct parameters *parameters, uint64_t updates,
                            const char *settings, const char *path, struct error *error)
{
    const uint64_t one = 1, length = strlen(settings);
    struct buf bytes;
    buf_init(&bytes, parameters_cap);
    struct safetensors *file = mem_alloc(1, sizeof *file);
    enum status status =
        file ? add_vectors(parameters, file, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = safetensors_add(file, "updates", SAFETENSORS_U64, 1, &one, &updates, error);
    if (status == STATUS_OK)
        status = safetensors_add(file, "settings", SAFETENSORS_U8, 1, &length, settings, error);
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

static enum status check_settings(const struct safetensors *file, const char *settings,
                                  struct error *error)
{
    const struct safetensors_tensor *stored = safetensors_find(file, "settings");
    if (!stored || stored->size != strlen(settings) ||
        memcmp(stored->bytes, settings, stored->size) != 0)
        return error_set(error, STATUS_BAD_CHECKPOINT,
                         "The state belongs to a training with other settings.");
    return STATUS_OK;
}

static enum status read_vectors(struct parameters *parameters, const struct safetensors *file,
                                struct error *error)
{
    const int vectors = saved_vectors(parameters);
    /* two passes, so that nothing is overwritten by half a file */
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < parameters->count * vectors; i++) {
            struct parameter *parameter = &parameters->list[i / vectors];
            const uint64_t size = parameter->count * sizeof(real);
            char name[SAFETENSORS_NAME_SIZE];
            const void *bytes;
            real *values = parameter_vector(parameter, i % vectors, name);
            enum status status = safetensors_expect(file, name, byte_type, 1, &size, &bytes, error);
            if (status != STATUS_OK)
                return status;
            if (pass == 1)
                memcpy(values, bytes, size);
        }
    }
    return STATUS_OK;
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
        status = check_settings(file, settings, error);
    if (status == STATUS_OK)
        status = safetensors_expect(file, "updates", SAFETENSORS_U64, 1, &one, &stored, error);
    if (status == STATUS_OK)
        status = read_vectors(parameters, file, error);
    if (status == STATUS_OK)
        memcpy(updates, stored, sizeof *updates);
    else
        error_prefix(error, status, "%s: ", path);
done:
    if (file)
        safetensors_free(file);
    mem_free(file);
    buf_free(&bytes);
    return status;
}
