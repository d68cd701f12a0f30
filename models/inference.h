/*
 * Running a network, one input at a time. Results depend on the network, the input, the seed and
 * the number of steps alone: every unit sums its inputs in index order, so neither threads nor
 * the processor nor what else is being served can change a bit.
 */
#ifndef SPIKELOOM_MODELS_INFERENCE_H
#define SPIKELOOM_MODELS_INFERENCE_H

#include "core/spike/raster.h"
#include "models/network.h"

struct inference_stats {
    uint64_t spikes; /* of all layers; input spikes of rate encoding count as well */
    uint64_t synops; /* synaptic operations: spikes (or nonzero analog inputs, once) x fan-out */
    uint64_t macs;   /* of these the multiply-accumulates, which analog inputs need */
    uint64_t input_spikes;
    uint64_t layer_spikes[NETWORK_MAX_LAYERS];
};

/* How a network is computed; both give the same bits. */
enum inference_path {
    /* what serves: a spike adds one weight row, layer after layer, each over many steps at once */
    INFERENCE_EVENT_DRIVEN,
    /* the reference it is tested against: every input times its weight, step after step */
    INFERENCE_DENSE
};

enum { INFERENCE_STEPS = KERNEL_MOST_STEPS }; /* that an event-driven layer takes at once */

/*
 * Scratch of one thread, reused from run to run; begins zeroed and with the path chosen:
 * `struct inference inference = {.path = INFERENCE_EVENT_DRIVEN}`. It grows to the widest network
 * that it has run and keeps its memory until inference_free.
 */
struct inference {
    enum inference_path path;
    uint32_t width;     /* units that the buffers below hold */
    uint32_t num_units; /* potentials that v holds */
    real *input;        /* for callers that want to keep none of their own, by inference_input */
    real *v;            /* of all layers, one after the other */
    real *current, *analog_current, *value, *spiked;
    uint32_t *units, *random;   /* spikes: lists of INFERENCE_STEPS, and room for one more */
    uint64_t *words, *position; /* the same as bits: of a layer, and of one of its positions */
    struct kernel_step steps[INFERENCE_STEPS], windows[INFERENCE_STEPS];
    struct raster latent, output; /* for callers that want to keep no rasters of their own */
};

/*
 * An analog network has no latent to be shown and no steps: it goes from input
 * [network_num_inputs] to picture [network_num_pixels], cut to 0..1, in one call.
 * INVALID_ARGUMENT for a spiking network or an input that is no number, NO_MEMORY.
 */
enum status inference_analog(struct inference *inference, const struct network *network,
                             const real *input, real *picture, struct inference_stats *stats,
                             struct error *error);

void inference_free(struct inference *inference);

/*
 * Room for a network's input [network_num_inputs], to be filled by the caller, until the next call
 * for another network. NULL: out of memory.
 */
real *inference_input(struct inference *inference, const struct network *network);

/*
 * Input [network_num_inputs] (pixels 0..1, or features) to the latent raster
 * [num_steps][network_num_latents], which the caller releases. num_steps is 1 ..
 * network->num_steps. stats are added to. NO_MEMORY, INVALID_ARGUMENT, also for an analog network.
 */
enum status inference_encode(struct inference *inference, const struct network *network,
                             const real *input, uint64_t seed, int num_steps, struct raster *latent,
                             struct inference_stats *stats, struct error *error);

/*
 * Latent raster to the output raster [latent->num_steps][network_num_pixels], which the caller
 * releases. INVALID_ARGUMENT when the latent's shape does not fit the network.
 */
enum status inference_decode(struct inference *inference, const struct network *network,
                             const struct raster *latent, struct raster *output,
                             struct inference_stats *stats, struct error *error);

/*
 * The same into a raster that begins zeroed or that an earlier run has left, whose memory is used
 * again: once all has its size, nothing is allocated.
 */
enum status inference_encode_into(struct inference *inference, const struct network *network,
                                  const real *input, uint64_t seed, int num_steps,
                                  struct raster *latent, struct inference_stats *stats,
                                  struct error *error);
enum status inference_decode_into(struct inference *inference, const struct network *network,
                                  const struct raster *latent, struct raster *output,
                                  struct inference_stats *stats, struct error *error);

/*
 * The picture that the output shows after `num_steps` of its steps (1 .. output->num_steps):
 * grey [num_pixels] = round(255 count / output->num_steps).
 */
void inference_grey(const struct raster *output, uint32_t num_steps, uint8_t *grey);

/* The same of an analog picture: grey [count] = round(255 picture). */
void inference_grey_analog(const real *picture, uint32_t count, uint8_t *grey);

#endif
