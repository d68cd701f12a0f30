#include "train/bptt.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/math/gemm.h"
#include "core/spike/encode.h"
#include "core/spike/surrogate.h"
#include "models/layer.h"
#include "train/spike_loss.h"
#include "train/window.h"

#include <string.h>

/* One layer's buffers, rows = steps x samples. */
struct bptt_layer {
    real *current; /* [rows][units]: the current going forward, dL/dI going backward */
    real *v;       /* [rows][units], before the reset */
    real *spiked;  /* [rows][units], after dropout */
    real *keep;    /* [samples][units], dropout's factors; NULL without dropout */
    real *fan_out; /* [units] connections to the next layer; NULL without a penalty on spikes */
    real *windows; /* [rows][positions][fan_in] of a convolution; NULL for a dense layer */
    real *weight_gradient, *bias_gradient; /* NULL if frozen */
};

struct bptt {
    struct bptt_settings settings;
    int num_layers, num_steps, max_batch, batch;
    struct bptt_layer layers[NETWORK_MAX_LAYERS];
    real *input;          /* [rows][inputs] of rate coding; unused otherwise */
    real *input_sum;      /* [samples][units of layer 0]: currents or gradients summed over steps */
    real *spike_gradient; /* [rows][widest layer]: dL/ds */
    real *window_gradient; /* [rows][positions][fan_in] of the largest convolution */
    real *carry;      /* [samples][widest layer]: dL/dv of the step after; potentials forward */
    real *shares;     /* [2][latents]: of one sample, and the contrast's gradient */
    uint32_t *random; /* [inputs] */
};

static size_t units_of(const struct layer *layer)
{
    return layer_num_outputs(&layer->shape);
}

static size_t window_count(const struct layer *layer)
{
    return (size_t)layer->shape.out_length * layer_fan_in(&layer->shape);
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
    complete &= (buffers->current = mem_alloc(rows * units, sizeof(real))) != NULL;
    complete &= (buffers->v = mem_alloc(rows * units, sizeof(real))) != NULL;
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
    size_t inputs = network_num_inputs(network), widest = inputs, windows = 0;
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        widest = units_of(layer) > widest ? units_of(layer) : widest;
        if (layer->shape.kind == LAYER_CONV && window_count(layer) > windows)
            windows = window_count(layer);
    }
    bptt->input = mem_alloc(input_is_static(network) ? 0 : rows * inputs, sizeof(real));
    bptt->input_sum = mem_alloc(samples * units_of(&network->layers[0]), sizeof(real));
    bptt->spike_gradient = mem_alloc(rows * widest, sizeof(real));
    bptt->window_gradient = mem_alloc(rows * windows, sizeof(real));
    bptt->carry = mem_alloc(samples * widest, sizeof(real));
    bptt->shares = mem_alloc(2 * network_num_latents(network), sizeof(real));
    bptt->random = mem_alloc(widest, sizeof(uint32_t));
    return bptt->shares && bptt->input && bptt->input_sum && bptt->spike_gradient &&
           bptt->window_gradient && bptt->carry && bptt->random;
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
        mem_free(buffers->current);
        mem_free(buffers->v);
        mem_free(buffers->spiked);
        mem_free(buffers->keep);
        mem_free(buffers->fan_out);
        mem_free(buffers->windows);
        mem_free(buffers->weight_gradient);
        mem_free(buffers->bias_gradient);
    }
    mem_free(bptt->input);
    mem_free(bptt->input_sum);
    mem_free(bptt->spike_gradient);
    mem_free(bptt->window_gradient);
    mem_free(bptt->carry);
    mem_free(bptt->shares);
    mem_free(bptt->random);
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

/* current [rows][units] = input [rows][inputs] times the weights, plus the bias. */
static void weigh_input(const struct layer *layer, const struct bptt_layer *buffers,
                        const real *input, size_t rows, real *current)
{
    size_t channels = (size_t)layer->shape.out_channels, fan_in = layer_fan_in(&layer->shape);
    size_t products = rows * (size_t)layer->shape.out_length;
    const real *left = input;
    if (layer->shape.kind == LAYER_CONV) {
        window_gather(&layer->shape, input, rows, buffers->windows);
        left = buffers->windows;
    }
    for (size_t row = 0; row < products; row++)
        memcpy(current + row * channels, layer->bias, channels * sizeof *current);
    gemm(products, channels, fan_in, 1, (struct gemm_view){left, fan_in, false},
         (struct gemm_view){layer->weight, channels, false}, 1, current, channels);
}

/* As neuron_step, with the smooth twin in place of the spike. */
static void step_smoothly(const struct neuron *neuron, real slope, real *v, const real *current,
                          real *spiked, real *v_before_reset, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        real raised = neuron->beta * v[i] + current[i];
        real s = surrogate_fast_sigmoid_twin(raised - neuron->threshold, slope);
        v_before_reset[i] = raised;
        spiked[i] = s;
        v[i] = neuron->reset == RESET_ZERO ? raised * (1 - s) : raised - neuron->threshold * s;
    }
}

static void fire_layer(struct bptt *bptt, const struct layer *layer, struct bptt_layer *buffers,
                       bool one_current)
{
    size_t count = (size_t)bptt->batch * units_of(layer);
    memset(bptt->carry, 0, count * sizeof(real));
    for (int step = 0; step < bptt->num_steps; step++) {
        size_t place = (size_t)step * count;
        const real *current = one_current ? bptt->input_sum : buffers->current + place;
        if (bptt->settings.smooth)
            step_smoothly(&layer->neuron, (real)bptt->settings.surrogate_slope, bptt->carry,
                          current, buffers->spiked + place, buffers->v + place, count);
        else
            neuron_step(&layer->neuron, bptt->carry, current, buffers->spiked + place,
                        buffers->v + place, count);
    }
}

/* Silences units for all steps of a sample; the others count for more. */
static void drop_units(struct bptt *bptt, struct bptt_layer *buffers, int layer, size_t units,
                       uint64_t seed, uint64_t draw)
{
    size_t count = (size_t)bptt->batch * units;
    real kept = (real)(1 / (1 - bptt->settings.dropout));
    for (int sample = 0; sample < bptt->batch; sample++) {
        struct rng rng = {seed, draw + (uint64_t)sample, RNG_STREAM_DROPOUT};
        for (size_t unit = 0; unit < units; unit++) {
            bool drop =
                (double)rng_uniform(&rng, (uint32_t)layer, (uint32_t)unit) < bptt->settings.dropout;
            buffers->keep[(size_t)sample * units + unit] = drop ? 0 : kept;
        }
    }
    for (int step = 0; step < bptt->num_steps; step++)
        for (size_t i = 0; i < count; i++)
            buffers->spiked[(size_t)step * count + i] *= buffers->keep[i];
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
        bool one_current = i == 0 && input_is_static(network);
        weigh_input(layer, buffers, from, one_current ? samples : rows,
                    one_current ? bptt->input_sum : buffers->current);
        fire_layer(bptt, layer, buffers, one_current);
        if (buffers->keep)
            drop_units(bptt, buffers, i, units_of(layer), seed, draw);
        from = buffers->spiked;
    }
}

/* Backward */

/* One step back: carry becomes dL/dv of this step, which is dL/dI as well. */
static void step_back_subtract(const struct neuron *neuron, real slope, const real *restrict v,
                               const real *restrict spike_gradient, real *restrict carry,
                               real *restrict current_gradient, size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real h = surrogate_fast_sigmoid(v[i] - threshold, slope);
        real through = beta * carry[i];
        real gradient = h * (spike_gradient[i] - threshold * through) + through;
        carry[i] = gradient;
        current_gradient[i] = gradient;
    }
}

static void step_back_zero(const struct neuron *neuron, real slope, bool smooth,
                           const real *restrict v, const real *restrict spike_gradient,
                           real *restrict carry, real *restrict current_gradient, size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real x = v[i] - threshold;
        real h = surrogate_fast_sigmoid(x, slope);
        real s = smooth ? surrogate_fast_sigmoid_twin(x, slope) : x >= 0 ? 1 : 0;
        real through = beta * carry[i];
        real gradient = h * (spike_gradient[i] - v[i] * through) + (1 - s) * through;
        carry[i] = gradient;
        current_gradient[i] = gradient;
    }
}

/* dL/ds of all steps in spike_gradient to dL/dI in buffers->current. */
static void unfire_layer(struct bptt *bptt, const struct layer *layer, struct bptt_layer *buffers)
{
    size_t count = (size_t)bptt->batch * units_of(layer);
    real slope = (real)bptt->settings.surrogate_slope;
    memset(bptt->carry, 0, count * sizeof(real));
    for (int step = bptt->num_steps - 1; step >= 0; step--) {
        size_t place = (size_t)step * count;
        real *spike_gradient = bptt->spike_gradient + place;
        if (buffers->keep)
            for (size_t i = 0; i < count; i++)
                spike_gradient[i] *= buffers->keep[i];
        if (layer->neuron.reset == RESET_ZERO)
            step_back_zero(&layer->neuron, slope, bptt->settings.smooth, buffers->v + place,
                           spike_gradient, bptt->carry, buffers->current + place, count);
        else
            step_back_subtract(&layer->neuron, slope, buffers->v + place, spike_gradient,
                               bptt->carry, buffers->current + place, count);
    }
}

/* gradient [count] = the sum over steps of buffers->current [steps][count]. */
static void sum_over_steps(const struct bptt *bptt, const real *current, size_t count, real *sum)
{
    memcpy(sum, current, count * sizeof *sum);
    for (int step = 1; step < bptt->num_steps; step++)
        for (size_t i = 0; i < count; i++)
            sum[i] += current[(size_t)step * count + i];
}

static void sum_rows(const real *values, size_t rows, size_t columns, real *sum)
{
    memset(sum, 0, columns * sizeof *sum);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            sum[column] += values[row * columns + column];
}

/* The gradients of a layer's weights from dL/dI [rows][units] and its input [rows][inputs]. */
static void weight_gradients(const struct layer *layer, struct bptt_layer *buffers,
                             const real *input, const real *current_gradient, size_t rows)
{
    size_t channels = (size_t)layer->shape.out_channels, fan_in = layer_fan_in(&layer->shape);
    size_t products = rows * (size_t)layer->shape.out_length;
    const real *left = layer->shape.kind == LAYER_CONV ? buffers->windows : input;
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

static void backward_layer(struct bptt *bptt, const struct network *network, int index,
                           const real *input)
{
    const struct layer *layer = &network->layers[index];
    struct bptt_layer *buffers = &bptt->layers[index];
    size_t samples = (size_t)bptt->batch, rows = samples * (size_t)bptt->num_steps;
    unfire_layer(bptt, layer, buffers);
    if (index == 0 && input_is_static(network)) {
        if (!layer_trained(bptt, 0))
            return;
        sum_over_steps(bptt, buffers->current, samples * units_of(layer), bptt->input_sum);
        weight_gradients(layer, buffers, input, bptt->input_sum, samples);
        return;
    }
    if (layer_trained(bptt, index))
        weight_gradients(layer, buffers, index ? bptt->layers[index - 1].spiked : bptt->input,
                         buffers->current, rows);
    if (index > 0)
        input_gradients(bptt, layer, buffers->current, rows);
}

/* The losses on the spikes of a hidden layer, added to dL/ds. */
static void add_hidden_losses(const struct bptt *bptt, const struct network *network, int index,
                              const struct spike_loss *spikes, const struct bptt_target *target,
                              struct bptt_loss *loss)
{
    const struct bptt_settings *settings = &bptt->settings;
    const real *fan_out = bptt->layers[index].fan_out;
    bool latent = index == network->latent_layer && target->latent;
    if (latent)
        loss->latent += spike_loss_count(spikes, target->latent, settings->latent_weight);
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
    memset(bptt->spike_gradient, 0,
           (size_t)batch * (size_t)bptt->num_steps * network_num_pixels(network) * sizeof(real));
    for (int i = last; i >= 0; i--) {
        const struct spike_loss spikes = {.spiked = bptt->layers[i].spiked,
                                          .gradient = bptt->spike_gradient,
                                          .num_steps = bptt->num_steps,
                                          .num_samples = batch,
                                          .num_units = units_of(&network->layers[i]),
                                          .normalizer = normalizer};
        if (i == last)
            loss->image += spike_loss_count(&spikes, target->image, 1);
        add_hidden_losses(bptt, network, i, &spikes, target, loss);
        backward_layer(bptt, network, i, input);
    }
}
