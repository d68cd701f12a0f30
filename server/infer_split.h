/*
 * Recordings of several words (split=1): cut at their silences, each piece run by itself.
 */
#ifndef SPIKELOOM_SERVER_INFER_SPLIT_H
#define SPIKELOOM_SERVER_INFER_SPLIT_H

#include "server/request.h"

/*
 * Body to reply: the pictures of the pieces in a row (PNG, or animated) or a JSON list of them, or,
 * without `pictures`, a list of their latents. A model has been selected.
 */
enum status infer_split(struct request *request, struct inference *scratch, bool pictures,
                        struct error *error);

#endif
