/*
 * An inference request of the Open Inference Protocol: JSON, or JSON with binary tensors behind it.
 * A model here takes one tensor: numbers (FP32 0..1, or UINT8 0..255), or files (BYTES).
 */
#ifndef SPIKELOOM_API_OIP_REQUEST_H
#define SPIKELOOM_API_OIP_REQUEST_H

#include "api/oip.h"
#include "api/query.h"

enum {
    OIP_REQUEST_MAX_BATCH = 64,
    OIP_REQUEST_MAX_DEPTH = 16,       /* of the JSON's nesting */
    OIP_REQUEST_MAX_VALUES = 1 << 18, /* in the JSON; more must come as binary data */
    OIP_REQUEST_ID_SIZE = 256
};

struct oip_file {
    const uint8_t *bytes; /* borrowed from the body, or from the request's storage */
    size_t size;
};

struct oip_wanted {
    int index; /* of the model's outputs */
    bool binary;
};

struct oip_request {
    bool has_id;
    char id[OIP_REQUEST_ID_SIZE];
    struct query query;     /* its parameters */
    uint32_t batch;         /* samples: 1 .. OIP_REQUEST_MAX_BATCH */
    float *values;          /* [batch][...], 0..1; NULL where the model takes files */
    struct oip_file *files; /* [batch]; NULL where it takes numbers */
    uint8_t *storage;       /* what base64 held */
    int num_wanted;
    struct oip_wanted wanted[OIP_MAX_OUTPUTS]; /* in the order asked for */
};

/*
 * The size of the JSON at the beginning of a body of `body_size` bytes, from the value of
 * Inference-Header-Content-Length, or NULL without such a header: then it is the whole.
 * MALFORMED.
 */
enum status oip_request_json_size(const char *header, size_t body_size, size_t *json_size,
                                  struct error *error);

/*
 * The parameter timeout_ms, for the time that the request waits before it is read as a whole. 0
 * when there is none, when it is no good, and where the JSON has more than 64 KiB: this is for the
 * event loop, which must not spend milliseconds on one request.
 */
int oip_request_peek_timeout(const uint8_t *body, size_t json_size);

/*
 * Reads a body whose first `json_size` bytes are the JSON. `allowed` are bits of query_parameter
 * that "parameters" may hold. Released by oip_request_free in any case. MALFORMED,
 * INVALID_ARGUMENT (what is well formed but not what this model takes or gives), NO_MEMORY.
 */
enum status oip_request_read(const uint8_t *body, size_t body_size, size_t json_size,
                             const struct oip_model *model, unsigned allowed,
                             struct oip_request *request, struct error *error);
void oip_request_free(struct oip_request *request);

#endif
