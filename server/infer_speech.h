/*
 * From a recording to its latent, and what the query asks of that: how sure it is, and another
 * handwriting.
 */
#ifndef SPIKELOOM_SERVER_INFER_SPEECH_H
#define SPIKELOOM_SERVER_INFER_SPEECH_H

#include "core/media/audio.h"
#include "server/request.h"

/* Parameters that make sense for recordings alone. */
enum { INFER_SPEECH_PARAMETERS = QUERY_STYLE | QUERY_MIN_CONFIDENCE | QUERY_SPLIT };

/*
 * Makes sure that the model takes recordings, and has the handwriting and the confidence, where the
 * query asks for them.
 */
enum status infer_speech_check(const struct request *request, struct error *error);

/*
 * A recording to what the network was given, input [network_num_inputs], and its latent; notes how
 * long ear and network took. `audio` is changed, stats are added to.
 */
enum status infer_speech_listen(struct request *request, struct inference *scratch,
                                struct audio *audio, real *input, struct raster *latent,
                                struct inference_stats *stats, struct error *error);

/* The same from a file: decodes it, and leaves the latent in scratch and the stats in request. */
enum status infer_speech_hear(struct request *request, struct inference *scratch,
                              const uint8_t *bytes, size_t size, real *input, struct error *error);

/*
 * Notes the confidence of a latent where the model has one; a poor one is UNUSABLE. Then puts the
 * style that was asked for in the latent's place. Does nothing to latents of pictures.
 */
enum status infer_speech_weigh(struct request *request, struct raster *latent, struct error *error);

#endif
