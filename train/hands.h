/*
 * Choosing the handwritings of a network of speech: latents that its autoencoder makes of training
 * images. Classes decide which images belong together; the network gets the latents alone.
 */
#ifndef SPIKELOOM_TRAIN_HANDS_H
#define SPIKELOOM_TRAIN_HANDS_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"

#include <stdint.h>

/*
 * Fills the anchors of network->handwriting with the latents of the class images, and its hands
 * with those of up to `num_hands` images of each class in an order drawn by `seed`. An image whose
 * latent is nearer to the mean latent of another class than to that of its own is passed over: it
 * would be read wrong. What was there before is replaced, the confidence is gone. INVALID_ARGUMENT
 * where the network does not end in the decoder of this autoencoder, or a class has no image.
 */
enum status hands_choose(struct network *network, const struct network *autoencoder,
                         const struct image_set *images, uint32_t num_hands, uint64_t seed,
                         struct error *error);

#endif
