/*
 * The JSON form of a picture: what /v1/synthesize, /v1/reconstruct and /v1/decode answer to
 * Accept: application/json.
 */
#ifndef SPIKELOOM_API_IMAGE_REPLY_H
#define SPIKELOOM_API_IMAGE_REPLY_H

#include "api/latent.h"

struct image_reply {
    const struct latent *latent; /* says the model, modality, steps and seed as well */
    bool analog;                 /* the model has no spikes: the latent itself is left out */
    enum query_encoding encoding;
    int width, height; /* of the PNG */
    const uint8_t *png;
    size_t png_size;
    const uint8_t *input_png; /* what the network was given; left out where the size is 0 */
    size_t input_png_size;
    uint64_t spikes, synops;
};

/* Writes the members into an object of `writer` that is open. */
void image_reply_write_members(const struct image_reply *reply, struct writer *writer);

/* Appends the object. NO_MEMORY, TOO_LARGE (the buffer's cap). */
enum status image_reply_write(const struct image_reply *reply, struct buf *out);

#endif
