/*
 * What inference threads do with a request: body to spikes to picture, each part timed. They read
 * the body, run the models and fill the reply.
 */
#ifndef SPIKELOOM_SERVER_INFER_H
#define SPIKELOOM_SERVER_INFER_H

#include "server/request.h"

/* One for each route: fills the reply on success, returns what went wrong otherwise. */
enum status infer_synthesize(struct request *request, struct inference *scratch,
                             struct error *error);
enum status infer_reconstruct(struct request *request, struct inference *scratch,
                              struct error *error);
enum status infer_encode(struct request *request, struct inference *scratch, struct error *error);
enum status infer_decode(struct request *request, struct inference *scratch, struct error *error);

/*
 * Whether the request that asks for `infer` will take a thread for no longer than a millisecond or
 * so, as far as its body and its query tell: a small picture or a latent, drawn small.
 */
bool infer_is_brief(const struct request *request);

/* Whether it is to hear a short recording, which takes some milliseconds, and to draw small. */
bool infer_is_short(const struct request *request);

/* infer_oip.c: an inference request of the Open Inference Protocol, one sample after the other. */
enum status infer_oip(struct request *request, struct inference *scratch, struct error *error);

#endif
