/*
 * The networks from speech to the latent of an autoencoder, whose decoder they end with.
 */
#ifndef SPIKELOOM_TRAIN_AUDIOCODER_NETWORK_H
#define SPIKELOOM_TRAIN_AUDIOCODER_NETWORK_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/options.h"

/*
 * Both fill an empty network: task, coding, ear, front end, layers; the decoder's weights are those
 * of the autoencoder, all others 0. INVALID_ARGUMENT, NO_MEMORY.
 *
 * With the rule of back-propagation: two convolutions over time of options->hidden channels, of
 * words that are stretched to one length, and where options->dense is not 0 a dense layer of so many
 * units before the latent.
 */
enum status audiocoder_network_convolving(const struct options *options,
                                          const struct network *autoencoder,
                                          struct network *network, struct error *error);

/*
 * As published by Roy, Panda and Roy (2019): one hidden layer of options->hidden units on the plain
 * cochleagram of 1,500 frames of 0.8 ms as spikes. The autoencoder must be rate-coded and of two
 * dense layers, or INVALID_ARGUMENT.
 */
enum status audiocoder_network_published(const struct options *options,
                                         const struct network *autoencoder, struct network *network,
                                         struct error *error);

#endif
