/*
 * Weights in fixed point. Where each unit's bias and weights are multiples of a power of two and
 * few enough of them (core/math/kernels.h, kernel_fixed), sums of spikes are exact: spikes are the
 * same whether floats or 16-bit integers are added, and in which order. Integers are half the
 * bytes and half the instructions. Training ends with rounding the weights so; loading a checkpoint
 * finds out by itself whether they are, and packs them. Others are run as floats.
 */
#ifndef SPIKELOOM_MODELS_FIXED_POINT_H
#define SPIKELOOM_MODELS_FIXED_POINT_H

#include "core/base/status.h"
#include "models/network.h"

/*
 * Rounds the weights and biases of the layers that spikes reach (all, but for the first where the
 * input is a current) to the finest such multiples, a bias downwards, so that no unit begins to
 * spike by itself. Again changes nothing. An analog network is left as it is.
 */
void fixed_point_round(struct network *network);

/*
 * Packs each layer that spikes reach and whose units are all so, for layer_run; its weights must
 * not change any more. NO_MEMORY, which leaves the network as it was before or packed in part.
 */
enum status fixed_point_pack(struct network *network, struct error *error);

/* Frees what a layer has packed. */
void fixed_point_free(struct layer *layer);

#endif
