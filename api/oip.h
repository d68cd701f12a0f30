/*
 * What a server and a model are, in the words of the Open Inference Protocol: server metadata, a
 * model's metadata, and whether it is ready. A model's tensors are described once, here, for the
 * metadata and for reading requests.
 */
#ifndef SPIKELOOM_API_OIP_H
#define SPIKELOOM_API_OIP_H

#include "api/writer.h"

#include <stddef.h>

enum { OIP_MAX_DIMS = 3, OIP_MAX_OUTPUTS = 2 };

/* The only version that a model here has. */
#define OIP_VERSION "1"

enum oip_datatype { OIP_FP32, OIP_UINT8, OIP_BYTES };

struct oip_tensor {
    const char *name; /* static */
    enum oip_datatype datatype;
    int num_dims;
    int64_t shape[OIP_MAX_DIMS]; /* the first is the batch; -1: of any size */
};

/* A model takes one tensor. Strings are borrowed. */
struct oip_model {
    const char *name, *platform;
    struct oip_tensor input;
    int num_outputs;
    struct oip_tensor outputs[OIP_MAX_OUTPUTS];
};

const char *oip_datatype_name(enum oip_datatype datatype); /* "FP32", "UINT8", "BYTES" */
size_t oip_datatype_size(enum oip_datatype datatype);      /* of an element; 0 for BYTES */

/* Each appends one JSON object. NO_MEMORY, TOO_LARGE (the buffer's cap). */
enum status oip_server_write(const char *name, const char *version, struct buf *out);
enum status oip_model_write(const struct oip_model *model, struct buf *out);
enum status oip_ready_write(const char *name, bool ready, struct buf *out);

#endif
