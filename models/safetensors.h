/*
 * The safetensors container: an 8-byte little-endian header length, a JSON header that names
 * tensors with their type, shape and place, then their bytes. Reading checks everything; the
 * strings of "__metadata__" travel along.
 */
#ifndef SPIKELOOM_MODELS_SAFETENSORS_H
#define SPIKELOOM_MODELS_SAFETENSORS_H

#include "core/base/buf.h"
#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SAFETENSORS_MAX_TENSORS = 256,
    SAFETENSORS_MAX_DIMS = 4,
    SAFETENSORS_NAME_SIZE = 64,
    SAFETENSORS_MAX_HEADER = 1 << 20
};

enum safetensors_type { SAFETENSORS_F32, SAFETENSORS_F64, SAFETENSORS_U8, SAFETENSORS_U64 };

struct safetensors_tensor {
    char name[SAFETENSORS_NAME_SIZE];
    enum safetensors_type type;
    int num_dims;
    uint64_t shape[SAFETENSORS_MAX_DIMS];
    const void *bytes; /* borrowed; not aligned for its type when parsed */
    size_t size;       /* bytes */
};

struct safetensors {
    int num_tensors;
    struct safetensors_tensor tensors[SAFETENSORS_MAX_TENSORS];
    char *metadata_json; /* "__metadata__" as a JSON object's text; owned */
};

/*
 * Reads a file's bytes, which must outlive `file`. BAD_CHECKPOINT (with the reason) unless the
 * header is sound and the tensors cover the data without a gap or an overlap; NO_MEMORY.
 */
enum status safetensors_parse(const uint8_t *bytes, size_t size, struct safetensors *file,
                              struct error *error);
void safetensors_free(struct safetensors *file);

/* The tensor of that name, or NULL. */
const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);

/*
 * The tensor of that name if it has this type and shape [num_dims]; BAD_CHECKPOINT otherwise,
 * naming it and what was expected. `bytes` receives its bytes.
 */
enum status safetensors_expect(const struct safetensors *file, const char *name,
                               enum safetensors_type type, int num_dims, const uint64_t *shape,
                               const void **bytes, struct error *error);

/* Adds a tensor that is to be written; bytes are borrowed. INVALID_ARGUMENT past the limits. */
enum status safetensors_add(struct safetensors *file, const char *name, enum safetensors_type type,
                            int num_dims, const uint64_t *shape, const void *bytes,
                            struct error *error);

/*
 * Appends the whole file to `out`, tensors in the order in which they were added. TOO_LARGE when
 * the header or the file is beyond its limit, NO_MEMORY.
 */
enum status safetensors_write(const struct safetensors *file, struct buf *out, struct error *error);

#endif
