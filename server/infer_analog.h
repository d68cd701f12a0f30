/*
 * Requests to networks without spikes: no latent to show, no steps to animate.
 */
#ifndef SPIKELOOM_SERVER_INFER_ANALOG_H
#define SPIKELOOM_SERVER_INFER_ANALOG_H

#include "server/request.h"

/* Body to picture to reply. */
enum status infer_analog_picture(struct request *request, struct inference *scratch,
                                 struct error *error);

#endif
