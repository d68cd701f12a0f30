/*
 * From a latent to the reply: the latent itself as JSON, or the picture that it decodes to.
 */
#ifndef SPIKELOOM_SERVER_INFER_ANSWER_H
#define SPIKELOOM_SERVER_INFER_ANSWER_H

#include "server/request.h"

enum { INFER_ANSWER_MAX_PNG = 64 * 1024 * 1024 };

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
