/*
 * A network's tensors in the words of the Open Inference Protocol.
 */
#ifndef SPIKELOOM_SERVER_SIGNATURE_H
#define SPIKELOOM_SERVER_SIGNATURE_H

#include "api/oip.h"
#include "models/network.h"

/* Outputs of a model: the picture, and the latent where there is one. */
enum { SIGNATURE_IMAGE, SIGNATURE_LATENT };

/* Borrows the network's name. */
void signature_describe(const struct network *network, struct oip_model *model);

#endif
