/*
 * What the query asks of the latent that was heard: how sure it is, and another handwriting.
 */
#ifndef SPIKELOOM_SERVER_INFER_SPEECH_H
#define SPIKELOOM_SERVER_INFER_SPEECH_H

#include "server/request.h"

/* Parameters that make sense for recordings alone. */
enum { INFER_SPEECH_PARAMETERS = QUERY_STYLE | QUERY_MIN_CONFIDENCE | QUERY_SPLIT };

/*
 * Makes sure that the model takes recordings, and has the handwriting and the confidence, where the
 * query asks for them.
 */
enum status infer_speech_check(const struct request *request, struct error *error);

/*
 * Notes the confidence of a latent where the model has one; a poor one is UNUSABLE. Then puts the
 * style that was asked for in the latent's place. Does nothing to latents of pictures.
 */
enum status infer_speech_weigh(struct request *request, struct raster *latent, struct error *error);

#endif
