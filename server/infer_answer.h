/*
 * From a latent to the reply: the latent itself as JSON, or the picture that it decodes to.
 */
#ifndef SPIKELOOM_SERVER_INFER_ANSWER_H
#define SPIKELOOM_SERVER_INFER_ANSWER_H

#include "api/latent.h"
#include "server/request.h"

enum { INFER_ANSWER_MAX_PNG = 64 * 1024 * 1024, INFER_ANSWER_MAX_JSON = 128 * 1024 * 1024 };

/* What is told of the run besides the reply's body. */
void infer_answer_add_headers(struct request *request);

/* The raster in the form of the wire, which the caller releases by latent_free in any case. */
enum status infer_answer_make_latent(const struct request *request, const struct raster *raster,
                                     struct latent *latent, struct error *error);

/* The latent as JSON. */
enum status infer_answer_latent(struct request *request, const struct raster *raster,
                                struct error *error);

/* Decodes the latent and sends the picture in the media type that was chosen. */
enum status infer_answer_picture(struct request *request, struct inference *scratch,
                                 const struct raster *latent, struct error *error);

/* Sends the PNG, or the JSON around it; `latent` is not looked at where the network is analog. */
enum status infer_answer_png(struct request *request, const struct raster *latent, struct buf *png,
                             struct error *error);

#endif
