/*
 * Back-propagation through time with a surrogate derivative, for any chain of spiking layers.
 *
 * The forward pass runs a batch through the network with matrix products, or with sums of the rows
 * that spikes select where few units spike (spike_product.h), layer by layer, all steps of a layer
 * at once, and keeps every potential. The backward pass walks the layers and the steps in reverse,
 * in the last layer for those units alone whose count is not as wanted (count_backward.h); the
 * spike's derivative is surrogate_fast_sigmoid, and the gradient flows through the reset. With I
 * the current, s the spike and L the loss, per unit and step:
 *     RESET_SUBTRACT: dL/dv[t] = h (dL/ds[t] - beta threshold dL/dv[t+1]) + beta dL/dv[t+1]
 *     RESET_ZERO:     dL/dv[t] = h (dL/ds[t] - beta v[t] dL/dv[t+1]) + beta (1 - s[t]) dL/dv[t+1]
 *     dL/dI[t] = dL/dv[t],  h = surrogate(v[t] - threshold), v before the reset
 *
 * The loss of a sample is the sum over pixels of (count / num_steps - target)^2, plus
 * latent_weight times the same sum over latent units where latent targets are given; of a batch,
 * the mean over its samples. With a loss_power p each of these two sums d counts as (1 + d)^p - 1.
 * A contrast_weight adds that many times
 * the contrast_loss of the latent's shares of steps with a spike. A spike_penalty adds
 *     spike_penalty * synops / (num_pixels * num_steps)
 * with synops the sum over all layers but the last and their spikes of the connections that the
 * spike travels over (the synaptic operations of an inference but for those of the input). Where
 * one latent layer feeds the pixels, that is the sum over its units of the share of steps with a
 * spike.
 *
 * Buffers are [step][sample][unit]. A `struct bptt` serves one thread.
 */
#ifndef SPIKELOOM_TRAIN_BPTT_H
#define SPIKELOOM_TRAIN_BPTT_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/contrast.h"

#include <stdbool.h>
#include <stdint.h>

struct bptt_settings {
    double surrogate_slope;
    double dropout; /* share of units silenced for a sample, hidden layers before the latent */
    double latent_weight;
    double loss_power; /* 0 counts as 1 */
    double contrast_weight;
    struct contrast contrast; /* looked at where there is a weight */
    double spike_penalty;
    int first_frozen; /* layers from here on are not trained; num_layers: all are */
    bool smooth;      /* spikes replaced by the smooth twin: for checks of the gradient */
};

/* What a batch is to become. */
struct bptt_target {
    const real *image;  /* [batch][num_pixels], 0..1 */
    const real *latent; /* [batch][num_latents], share of steps with a spike; NULL: no such loss */
};

struct bptt_loss {
    double image;    /* sum over samples of the sum over pixels */
    double latent;   /* likewise over latent units, before its weight */
    double contrast; /* likewise, before its weight */
    double synops;   /* sum over samples, before the penalty; 0 without one */
};

struct bptt;

/* Buffers for up to max_batch samples of `network`, whose shape must not change. */
enum status bptt_new(const struct network *network, const struct bptt_settings *settings,
                     int max_batch, struct bptt **bptt, struct error *error);
void bptt_free(struct bptt *bptt); /* allows NULL */

/*
 * Forward and backward pass over input [batch][num_inputs] at the network's current weights.
 * Gradients of the loss, divided by `normalizer` (the samples of the whole batch, of which this
 * may be a part), replace those of the call before; the loss is added to *loss. Rate coding and
 * dropout of sample i draw from `seed` at index draw + i.
 */
void bptt_gradient(struct bptt *bptt, const struct network *network, const real *input, int batch,
                   int normalizer, uint64_t seed, uint64_t draw, const struct bptt_target *target,
                   struct bptt_loss *loss);

/* Gradients of the last call: [layer_fan_in][out_channels] and [out_channels]; NULL if frozen. */
const real *bptt_weight_gradient(const struct bptt *bptt, int layer);
const real *bptt_bias_gradient(const struct bptt *bptt, int layer);

#endif
