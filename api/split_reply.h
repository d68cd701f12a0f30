/*
 * The JSON form of a recording cut at its silences (split=1), written piece by piece: what
 * /v1/synthesize and /v1/encode answer then.
 */
#ifndef SPIKELOOM_API_SPLIT_REPLY_H
#define SPIKELOOM_API_SPLIT_REPLY_H

#include "api/image_reply.h"

/* Where a piece lies in the recording, in seconds; what follows is one of the two. */
struct split_piece {
    double start_s, end_s;
    const struct latent *latent;     /* of /v1/encode */
    const struct image_reply *image; /* of /v1/synthesize; NULL: the latent */
    enum query_encoding encoding;    /* of the latent */
};

/* Opens the object, which tells the number of pieces, and its list. */
void split_reply_begin(uint32_t num_pieces, struct writer *writer);
void split_reply_piece(const struct split_piece *piece, struct writer *writer);
void split_reply_end(struct writer *writer);

#endif
