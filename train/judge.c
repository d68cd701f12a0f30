#include "train/judge.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/layer.h"

#include <math.h>
#include <string.h>

const int judge_default_sizes[JUDGE_LAYERS + 1] = {JUDGE_PIXELS, 400, 160, JUDGE_DIGITS};

static enum status add_layer(struct layer *layer, int inputs, int outputs, struct error *error)
{
    layer->shape = (struct layer_shape){.kind = LAYER_DENSE,
                                        .in_channels = inputs,
                                        .in_length = 1,
                                        .out_channels = outputs,
                                        .out_length = 1};
    layer->params.model = NEURON_RELU;
    layer->weight = mem_alloc((size_t)inputs * (size_t)outputs, sizeof(real));
    layer->bias = mem_alloc((size_t)outputs, sizeof(real));
    return layer->weight && layer->bias ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

enum status judge_init(struct judge *judge, const int sizes[JUDGE_LAYERS + 1], struct error *error)
{
    *judge = (struct judge){.training_json = mem_copy_string("{}"),
                            .scores_json = mem_copy_string("{}")};
    enum status status = judge->training_json && judge->scores_json
                             ? STATUS_OK
                             : error_plain(error, STATUS_NO_MEMORY);
    for (int i = 0; i < JUDGE_LAYERS && status == STATUS_OK; i++)
        status = add_layer(&judge->layers[i], sizes[i], sizes[i + 1], error);
    return status;
}

void judge_free(struct judge *judge)
{
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        mem_free(judge->layers[i].weight);
        mem_free(judge->layers[i].bias);
    }
    mem_free(judge->training_json);
    mem_free(judge->scores_json);
    *judge = (struct judge){0};
}

void judge_initialize(struct judge *judge, uint64_t seed)
{
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        struct layer *layer = &judge->layers[i];
        const struct rng rng = {seed, (uint64_t)i, RNG_STREAM_INIT};
        uint32_t inputs = layer_num_inputs(&layer->shape);
        uint32_t outputs = layer_num_outputs(&layer->shape);
        double range = sqrt(6.0 / inputs);
        for (uint32_t k = 0; k < inputs * outputs; k++)
            layer->weight[k] = (real)(range * (2 * (double)rng_uniform(&rng, 0, k) - 1));
        memset(layer->bias, 0, outputs * sizeof *layer->bias);
    }
}

uint32_t judge_num_units(const struct judge *judge)
{
    uint32_t units = 0;
    for (int i = 0; i < JUDGE_LAYERS; i++)
        units += layer_num_outputs(&judge->layers[i].shape);
    return units;
}

/* The softmax probability of the largest of some values. */
static double probability_of_largest(const real *values, uint32_t count, real largest)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += exp((double)(values[i] - largest));
    return 1 / sum;
}

int judge_read(const struct judge *judge, const real *picture, real *scratch, double *confidence)
{
    const real *value = picture;
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        const struct layer *layer = &judge->layers[i];
        layer_start_current(layer, scratch);
        layer_add_analog(layer, value, scratch);
        if (i < JUDGE_LAYERS - 1)
            layer_activate(layer, scratch, scratch);
        value = scratch;
        scratch += layer_num_outputs(&layer->shape);
    }
    int digit = 0, count = judge->layers[JUDGE_LAYERS - 1].shape.out_channels;
    for (int i = 1; i < count; i++)
        if (value[i] > value[digit])
            digit = i;
    if (confidence)
        *confidence = probability_of_largest(value, (uint32_t)count, value[digit]);
    return digit;
}

int judge_digit_of_name(const char *name)
{
    static const char *const words[JUDGE_DIGITS] = {"zero", "one", "two",   "three", "four",
                                                    "five", "six", "seven", "eight", "nine"};
    if (name[0] >= '0' && name[0] <= '9' && !name[1])
        return name[0] - '0';
    for (int i = 0; i < JUDGE_DIGITS; i++)
        if (strcmp(name, words[i]) == 0)
            return i;
    return -1;
}

enum status judge_count_right(const struct judge *judge, const struct image_set *set,
                              uint32_t *num_right, struct error *error)
{
    size_t pixels = (size_t)set->width * (size_t)set->height;
    if (pixels != layer_num_inputs(&judge->layers[0].shape))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The judge does not read pictures of %d x %d.", set->width, set->height);
    real *picture = mem_alloc(pixels, sizeof *picture);
    real *scratch = mem_alloc(judge_num_units(judge), sizeof *scratch);
    enum status status = picture && scratch ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    *num_right = 0;
    for (uint32_t i = 0; i < set->num_images && status == STATUS_OK; i++) {
        for (size_t k = 0; k < pixels; k++)
            picture[k] = (real)set->pixels[i * pixels + k] / 255;
        *num_right += judge_read(judge, picture, scratch, NULL) ==
                      judge_digit_of_name(set->classes.names[set->labels[i]]);
    }
    mem_free(picture);
    mem_free(scratch);
    return status;
}
