/*
 * The answer to an inference request of the Open Inference Protocol: JSON, with those tensors
 * behind it that were asked for as binary data.
 */
#ifndef SPIKELOOM_API_OIP_REPLY_H
#define SPIKELOOM_API_OIP_REPLY_H

#include "api/oip.h"

struct oip_output {
    const struct oip_tensor *tensor; /* its name and datatype, FP32 or UINT8 */
    size_t shape[OIP_MAX_DIMS];
    const void *values; /* float or uint8_t, as many as the shape says */
    bool binary;
};

/* All is borrowed. */
struct oip_reply {
    const char *model;
    const char *id; /* the request's; NULL if it had none */
    bool has_seed;  /* one seed was used for all samples */
    bool has_confidence;
    uint64_t seed, spikes, synops;
    double confidence; /* the least of all samples */
    int num_outputs;
    struct oip_output outputs[OIP_MAX_OUTPUTS];
};

/*
 * Appends the body; *json_size becomes the size of its JSON, which is less than the whole when a
 * tensor is binary. NO_MEMORY, TOO_LARGE (the buffer's cap).
 */
enum status oip_reply_write(const struct oip_reply *reply, struct buf *out, size_t *json_size);

#endif
