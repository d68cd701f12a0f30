#include "train/bptt.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/math/gemm.h"
#include "core/spike/encode.h"
#include "models/layer.h"
#include "train/count_backward.h"
#include "train/spike_loss.h"
#include "train/spike_product.h"
#include "train/unroll.h"
#include "train/window.h"

#include <string.h>

/* One layer's buffers, rows = steps x samples. */
struct bptt_layer {
    real *v;       /* [rows][units]: currents, then potentials before the reset, then dL/dI */
    real *spiked;  /* [rows][units], after dropout; NULL for the last layer */
    real *keep;    /* [samples][units], dropout's factors; NULL without dropout */
    real *fan_out; /* [units] connections to the next layer; NULL without a penalty on spikes */
    real *windows; /* [rows][positions][fan_in] of a convolution; NULL for a dense layer */
    real *weight_gradient, *bias_gradient; /* NULL if frozen */
    bool few_spikes; /* reach it in the batch at hand, so that rows are added for them */
};

struct bptt {
    struct bptt_settings settings;
    int num_layers, num_steps, max_batch, batch;
    struct bptt_layer layers[NETWORK_MAX_LAYERS];
    real *input;           /* [rows][inputs] of rate coding; unused otherwise */
    real *gradient_sum;    /* [samples][units of layer 0]: dL/dI summed over steps */
    real *spike_gradient;  /* [rows][widest hidden layer]: dL/ds from the layer after */
    real *window_gradient; /* [rows][positions][fan_in] of the largest convolution */
    real *spike_count;     /* [layers][samples][widest layer] of all steps */
    real *count_gradient;  /* [samples][widest layer]: dL/ds from losses on counts */
    real *shares;          /* [2][latents]: of one sample, and the contrast's gradient */
    uint32_t *random;      /* [inputs] */
    struct spike_product *product;
    struct count_backward *last_backward; /* of the last layer; NULL: as all others */
    size_t widest;                        /* units of the widest layer */
};

static size_t units_of(const struct layer *layer)
{
    return layer_num_outputs(&layer->shape);
}

static size_t window_count(const struct layer *layer)
{
    return (size_t)layer->shape.out_length * layer_fan_in(&layer->shape);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool layer_trained(const struct bptt *bptt, int layer)
{
    return layer < bptt->settings.first_frozen;
}

/* The first layer's input is the same at every step when analog values are injected. */
static bool input_is_static(const struct network *network)
{
    return network->encoding == ENCODING_CURRENT;
}

static bool layer_has_dropout(const struct bptt *bptt, const struct network *network, int layer)
{
    return bptt->settings.dropout > 0 && layer < network->latent_layer;
}

/* The last layer's spikes travel no further. */
static bool layer_is_penalized(const struct bptt *bptt, const struct network *network, int layer)
{
    return bptt->settings.spike_penalty > 0 && layer < network->num_layers - 1;
}

/* The connections of each input of `layer`; NULL when memory is out. */
static real *count_fan_out(const struct layer *layer)
{
    size_t inputs = layer_num_inputs(&layer->shape);
    uint32_t *counts = mem_alloc(inputs, sizeof *counts);
    real *fan_out = mem_alloc(inputs, sizeof *fan_out);
    if (counts && fan_out) {
        layer_count_fan_out(&layer->shape, counts);
        for (size_t i = 0; i < inputs; i++)
            fan_out[i] = (real)counts[i];
    } else {
        mem_free(fan_out);
        fan_out = NULL;
    }
    mem_free(counts);
    return fan_out;
}

static bool allocate_layer(struct bptt *bptt, const struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];
    struct bptt_layer *buffers = &bptt->layers[index];
    size_t samples = (size_t)bptt->max_batch, rows = samples * (size_t)bptt->num_steps;
    size_t units = units_of(layer), channels = (size_t)layer->shape.out_channels;
    bool complete = true;
    complete &= (buffers->v = mem_alloc(rows * units, sizeof(real))) != NULL;
    if (index < network->num_layers - 1)
        complete &= (buffers->spiked = mem_alloc(rows * units, sizeof(real))) != NULL;
    if (layer_has_dropout(bptt, network, index))
        complete &= (buffers->keep = mem_alloc(samples * units, sizeof(real))) != NULL;
    if (layer->shape.kind == LAYER_CONV) {
        size_t window_rows = index == 0 && input_is_static(network) ? samples : rows;
        buffers->windows = mem_alloc(window_rows * window_count(layer), sizeof(real));
        complete &= buffers->windows != NULL;
    }
    if (layer_is_penalized(bptt, network, index))
        complete &= (buffers->fan_out = count_fan_out(&network->layers[index + 1])) != NULL;
    if (layer_trained(bptt, index)) {
        size_t weights = layer_fan_in(&layer->shape) * channels;
        complete &= (buffers->weight_gradient = mem_alloc(weights, sizeof(real))) != NULL;
        complete &= (buffers->bias_gradient = mem_alloc(channels, sizeof(real))) != NULL;
    }
    return complete;
}

static bool allocate_shared(struct bptt *bptt, const struct network *network)
{
    size_t samples = (size_t)bptt->max_batch, rows = samples * (size_t)bptt->num_steps;
    size_t inputs = network_num_inputs(network), hidden = 0, windows = 0;
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        bptt->widest = larger(bptt->widest, units_of(layer));
        if (i < network->num_layers - 1)
            hidden = larger(hidden, units_of(layer));
        if (layer->shape.kind == LAYER_CONV)
            windows = larger(windows, window_count(layer));
    }
    size_t counts = samples * bptt->widest;
    bptt->input = mem_alloc(input_is_static(network) ? 0 : rows * inputs, sizeof(real));
    bptt->gradient_sum = mem_alloc(samples * units_of(&network->layers[0]), sizeof(real));
    bptt->spike_gradient = mem_alloc(rows * hidden, sizeof(real));
    bptt->window_gradient = mem_alloc(rows * windows, sizeof(real));
    bptt->spike_count = mem_alloc((size_t)network->num_layers * counts, sizeof(real));
    bptt->count_gradient = mem_alloc(counts, sizeof(real));
    bptt->shares = mem_alloc(2 * network_num_latents(network), sizeof(real));
    bptt->random = mem_alloc(inputs, sizeof(uint32_t));
    bptt->product = spike_product_new(rows, larger(bptt->widest, inputs));
    return bptt->product && bptt->shares && bptt->input && bptt->gradient_sum &&
           bptt->spike_gradient && bptt->window_gradient && bptt->spike_count &&
           bptt->count_gradient && bptt->random;
}

enum status bptt_new(const struct network *network, const struct bptt_settings *settings,
                     int max_batch, struct bptt **out, struct error *error)
{
    struct bptt *bptt = mem_alloc(1, sizeof *bptt);
    *out = NULL;
    if (!bptt)
        return error_plain(error, STATUS_NO_MEMORY);
    bptt->settings = *settings;
    bptt->num_layers = network->num_layers;
    bptt->num_steps = network->num_steps;
    bptt->max_batch = max_batch;
    bool complete = allocate_shared(bptt, network);
    int last = network->num_layers - 1;
    if (last > 0 && network->layers[last].shape.kind == LAYER_DENSE) {
        bptt->last_backward = count_backward_new(&network->layers[last].shape, network->num_steps);
        complete &= bptt->last_backward != NULL;
    }
    for (int i = 0; i < network->num_layers; i++)
        complete &= allocate_layer(bptt, network, i);
    if (!complete) {
        bptt_free(bptt);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    *out = bptt;
    return STATUS_OK;
}

void bptt_free(struct bptt *bptt)
{
    if (!bptt)
        return;
    for (int i = 0; i < bptt->num_layers; i++) {
        struct bptt_layer *buffers = &bptt->layers[i];
        mem_free(buffers->v);
        mem_free(buffers->spiked);
        mem_free(buffers->keep);
        mem_free(buffers->fan_out);
        mem_free(buffers->windows);
        mem_free(buffers->weight_gradient);
        mem_free(buffers->bias_gradient);
    }
    mem_free(bptt->input);
    mem_free(bptt->gradient_sum);
    mem_free(bptt->spike_gradient);
    mem_free(bptt->window_gradient);
    mem_free(bptt->spike_count);
    mem_free(bptt->count_gradient);
    mem_free(bptt->shares);
    mem_free(bptt->random);
    spike_product_free(bptt->product);
    count_backward_free(bptt->last_backward);
    mem_free(bptt);
}

const real *bptt_weight_gradient(const struct bptt *bptt, int layer)
{
    return bptt->layers[layer].weight_gradient;
}

const real *bptt_bias_gradient(const struct bptt *bptt, int layer)
{
    return bptt->layers[layer].bias_gradient;
}

/* Forward */

static real *spike_count(const struct bptt *bptt, int layer)
{
    return bptt->spike_count + (size_t)layer * (size_t)bptt->max_batch * bptt->widest;
}

/* Whether rows are added in place of a matrix product with the spikes [rows][inputs]. */
static bool has_few_spikes(const struct bptt *bptt, const struct layer *layer, int index,
                           const real *spikes, size_t rows)
{
    bool scaled = index > 0 && bptt->layers[index - 1].keep;
    return layer->shape.kind == LAYER_DENSE && !scaled && !bptt->settings.smooth &&
           spike_product_pays(spikes, rows, layer_num_inputs(&layer->shape));
}

/* buffers->v [rows][units] = input [rows][inputs] times the weights, plus the bias. */
static void weigh_input(const struct bptt *bptt, const struct layer *layer,
                        const struct bptt_layer *buffers, const real *input, size_t rows)
{
    size_t channels = (size_t)layer->shape.out_channels, fan_in = layer_fan_in(&layer->shape);
    size_t products = rows * (size_t)layer->shape.out_length;
    const real *left = input;
    if (buffers->few_spikes) {
        spike_product_forward(bptt->product, input, rows, fan_in, layer->weight, layer->bias,
                              channels, buffers->v);
        return;
    }
    if (layer->shape.kind == LAYER_CONV) {
        window_gather(&layer->shape, input, rows, buffers->windows);
        left = buffers->windows;
    }
    for (size_t row = 0; row < products; row++)
        memcpy(buffers->v + row * channels, layer->bias, channels * sizeof *buffers->v);
    gemm(products, channels, fan_in, 1, (struct gemm_view){left, fan_in, false},
         (struct gemm_view){layer->weight, channels, false}, 1, buffers->v, channels);
}

/* What the units of a layer do; gradients are set by whoever goes back. */
static struct unroll unroll_of(const struct bptt *bptt, const struct layer *layer, int index)
{
    const struct bptt_layer *buffers = &bptt->layers[index];
    return (struct unroll){.neuron = layer->neuron,
                           .slope = (real)bptt->settings.surrogate_slope,
                           .smooth = bptt->settings.smooth,
                           .num_steps = bptt->num_steps,
                           .count = (size_t)bptt->batch * units_of(layer),
                           .v = buffers->v,
                           .spiked = buffers->spiked,
                           .spike_count = spike_count(bptt, index),
                           .keep = buffers->keep};
}

/* Draws the units that are silent for all steps of a sample; the others count for more. */
static void draw_dropout(const struct bptt *bptt, int layer, size_t units, uint64_t seed,
                         uint64_t draw)
{
    real kept = (real)(1 / (1 - bptt->settings.dropout));
    for (int sample = 0; sample < bptt->batch; sample++) {
        struct rng rng = {seed, draw + (uint64_t)sample, RNG_STREAM_DROPOUT};
        for (size_t unit = 0; unit < units; unit++) {
            bool drop =
                (double)rng_uniform(&rng, (uint32_t)layer, (uint32_t)unit) < bptt->settings.dropout;
            bptt->layers[layer].keep[(size_t)sample * units + unit] = drop ? 0 : kept;
        }
    }
}

static void encode_input(struct bptt *bptt, const struct network *network, const real *input,
                         uint64_t seed, uint64_t draw)
{
    uint32_t inputs = network_num_inputs(network);
    for (int step = 0; step < bptt->num_steps; step++) {
        for (int sample = 0; sample < bptt->batch; sample++) {
            struct rng rng = {seed, draw + (uint64_t)sample, RNG_STREAM_ENCODE};
            encode_rate_dense(&rng, (uint32_t)step, input + (size_t)sample * inputs, inputs,
                              network->max_rate_hz, network->dt, bptt->random,
                              bptt->input +
                                  ((size_t)step * (size_t)bptt->batch + (size_t)sample) * inputs);
        }
    }
}

static void forward(struct bptt *bptt, const struct network *network, const real *input,
                    uint64_t seed, uint64_t draw)
{
    size_t samples = (size_t)bptt->batch, rows = samples * (size_t)bptt->num_steps;
    const real *from = input;
    if (!input_is_static(network)) {
        encode_input(bptt, network, input, seed, draw);
        from = bptt->input;
    }
    for (int i = 0; i < bptt->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        struct bptt_layer *buffers = &bptt->layers[i];
        struct unroll unroll = unroll_of(bptt, layer, i);
        bool one_current = i == 0 && input_is_static(network);
        buffers->few_spikes = !one_current && has_few_spikes(bptt, layer, i, from, rows);
        weigh_input(bptt, layer, buffers, from, one_current ? samples : rows);
        for (int step = 1; one_current && step < bptt->num_steps; step++)
            memcpy(buffers->v + (size_t)step * unroll.count, buffers->v,
                   unroll.count * sizeof *buffers->v);
        if (buffers->keep)
            draw_dropout(bptt, i, units_of(layer), seed, draw);
        unroll_forward(&unroll);
        from = buffers->spiked;
    }
}

/* Backward */

static void sum_rows(const real *values, size_t rows, size_t columns, real *sum)
{
    memset(sum, 0, columns * sizeof *sum);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            sum[column] += values[row * columns + column];
}

/* The gradients of a layer's weights from dL/dI [rows][units] and its input [rows][inputs]. */
static void weight_gradients(const struct bptt *bptt, const struct layer *layer,
                             const struct bptt_layer *buffers, const real *input,
                             const real *current_gradient, size_t rows)
{
    size_t channels = (size_t)layer->shape.out_channels, fan_in = layer_fan_in(&layer->shape);
    size_t products = rows * (size_t)layer->shape.out_length;
    const real *left = layer->shape.kind == LAYER_CONV ? buffers->windows : input;
    if (buffers->few_spikes)
        spike_product_gradient(bptt->product, input, rows, fan_in, current_gradient, channels,
                               buffers->weight_gradient);
    else
        gemm(fan_in, channels, products, 1, (struct gemm_view){left, fan_in, true},
             (struct gemm_view){current_gradient, channels, false}, 0, buffers->weight_gradient,
             channels);
    sum_rows(current_gradient, products, channels, buffers->bias_gradient);
}

/* spike_gradient [rows][inputs] = dL/dI [rows][units] times the weights, transposed. */
static void input_gradients(struct bptt *bptt, const struct layer *layer,
                            const real *current_gradient, size_t rows)
{
    size_t channels = (size_t)layer->shape.out_channels, fan_in = layer_fan_in(&layer->shape);
    size_t products = rows * (size_t)layer->shape.out_length;
    bool conv = layer->shape.kind == LAYER_CONV;
    gemm(products, fan_in, channels, 1, (struct gemm_view){current_gradient, channels, false},
         (struct gemm_view){layer->weight, channels, true}, 0,
         conv ? bptt->window_gradient : bptt->spike_gradient, fan_in);
    if (conv)
        window_scatter(&layer->shape, bptt->window_gradient, rows, bptt->spike_gradient);
}

static struct unroll unroll_with_losses(const struct bptt *bptt, const struct network *network,
                                        int index)
{
    struct unroll unroll = unroll_of(bptt, &network->layers[index], index);
    unroll.gradient = index < network->num_layers - 1 ? bptt->spike_gradient : NULL;
    unroll.count_gradient = bptt->count_gradient;
    return unroll;
}

/* The last layer has no other loss than that on counts. */
static void backward_last_layer(struct bptt *bptt, const struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];
    const struct unroll unroll = unroll_with_losses(bptt, network, index);
    const struct count_backward_pass pass = {.input = bptt->layers[index - 1].spiked,
                                             .num_samples = (size_t)bptt->batch,
                                             .input_gradient = bptt->spike_gradient,
                                             .weight_gradient = bptt->layers[index].weight_gradient,
                                             .bias_gradient = bptt->layers[index].bias_gradient};
    count_backward_run(bptt->last_backward, layer, &unroll, &pass);
}

static void backward_layer(struct bptt *bptt, const struct network *network, int index,
                           const real *input)
{
    const struct layer *layer = &network->layers[index];
    struct bptt_layer *buffers = &bptt->layers[index];
    size_t samples = (size_t)bptt->batch, steps = (size_t)bptt->num_steps, rows = samples * steps;
    const struct unroll unroll = unroll_with_losses(bptt, network, index);
    unroll_backward(&unroll);
    if (index == 0 && input_is_static(network)) {
        if (!layer_trained(bptt, 0))
            return;
        sum_rows(buffers->v, steps, samples * units_of(layer), bptt->gradient_sum);
        weight_gradients(bptt, layer, buffers, input, bptt->gradient_sum, samples);
        return;
    }
    if (layer_trained(bptt, index))
        weight_gradients(bptt, layer, buffers, index ? bptt->layers[index - 1].spiked : bptt->input,
                         buffers->v, rows);
    if (index > 0)
        input_gradients(bptt, layer, buffers->v, rows);
}

static double loss_power(const struct bptt_settings *settings)
{
    return settings->loss_power > 0 ? settings->loss_power : 1;
}

/* The losses on the spikes of a hidden layer. */
static void add_hidden_losses(const struct bptt *bptt, const struct network *network, int index,
                              const struct spike_loss *spikes, const struct bptt_target *target,
                              struct bptt_loss *loss)
{
    const struct bptt_settings *settings = &bptt->settings;
    const real *fan_out = bptt->layers[index].fan_out;
    bool latent = index == network->latent_layer && target->latent;
    if (latent)
        loss->latent +=
            spike_loss_count(spikes, target->latent, settings->latent_weight, loss_power(settings));
    if (latent && settings->contrast_weight > 0)
        loss->contrast += spike_loss_contrast(spikes, &settings->contrast, target->latent,
                                              settings->contrast_weight, bptt->shares);
    if (fan_out) {
        double dense = (double)network_num_pixels(network) * network->num_steps;
        loss->synops += spike_loss_synops(spikes, fan_out, settings->spike_penalty / dense);
    }
}

void bptt_gradient(struct bptt *bptt, const struct network *network, const real *input, int batch,
                   int normalizer, uint64_t seed, uint64_t draw, const struct bptt_target *target,
                   struct bptt_loss *loss)
{
    int last = network->num_layers - 1;
    bptt->batch = batch;
    forward(bptt, network, input, seed, draw);
    for (int i = last; i >= 0; i--) {
        const struct spike_loss spikes = {.spike_count = spike_count(bptt, i),
                                          .gradient = bptt->count_gradient,
                                          .num_steps = bptt->num_steps,
                                          .num_samples = batch,
                                          .num_units = units_of(&network->layers[i]),
                                          .normalizer = normalizer};
        memset(spikes.gradient, 0, (size_t)batch * spikes.num_units * sizeof *spikes.gradient);
        if (i == last)
            loss->image += spike_loss_count(&spikes, target->image, 1, loss_power(&bptt->settings));
        add_hidden_losses(bptt, network, i, &spikes, target, loss);
        if (i == last && bptt->last_backward)
            backward_last_layer(bptt, network, i);
        else
            backward_layer(bptt, network, i, input);
    }
}
