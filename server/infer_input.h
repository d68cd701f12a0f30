/*
 * From the body of a request to the values that a network's first layer takes.
 */
#ifndef SPIKELOOM_SERVER_INFER_INPUT_H
#define SPIKELOOM_SERVER_INFER_INPUT_H

#include "core/media/audio.h"
#include "server/request.h"

/* What the body is, and its name for sentences. */
enum media_kind infer_input_sniff(const struct request *request, const char **name);

/* Makes sure that there is a model for the task, and that it can do what the query asks for. */
enum status infer_input_select(struct request *request, enum network_task task,
                               struct error *error);

/* Takes the seed that was asked for, or makes one of these bytes. */
void infer_input_choose_seed(struct request *request, const void *bytes, size_t size);

/* Decodes a recording; `audio` is filled on success only, and released by audio_free. */
enum status infer_input_audio(struct request *request, const uint8_t *bytes, size_t size,
                              struct audio *audio, struct error *error);

/* A recording to the input [network_num_inputs] of an analog network. */
enum status infer_input_hear(struct request *request, const uint8_t *bytes, size_t size,
                             real *input, struct error *error);

/* A picture to the input [network_num_inputs]. */
enum status infer_input_look(struct request *request, real *input, struct error *error);

/* Room for the network's input, which is scratch's; chooses the seed of the body as well. */
enum status infer_input_begin(struct request *request, struct inference *scratch, real **input,
                              struct error *error);

#endif
