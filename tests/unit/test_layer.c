/* Layers against loops written out, and their three ways of summing against one another. */
#include "models/layer.h"
#include "tests/unit/small_network.h"

enum { MAX_UNITS = 512 };

static const struct layer_shape shapes[] = {
    {LAYER_DENSE, 1, 1, 1, 1, 0, 0, 0},    {LAYER_DENSE, 3, 7, 33, 1, 0, 0, 0},
    {LAYER_DENSE, 40, 2, 100, 1, 0, 0, 0}, {LAYER_CONV, 1, 5, 1, 5, 1, 1, 0},
    {LAYER_CONV, 3, 10, 4, 10, 3, 1, 1},   {LAYER_CONV, 3, 10, 37, 5, 3, 2, 1},
    {LAYER_CONV, 5, 9, 2, 5, 5, 2, 2},     {LAYER_CONV, 4, 12, 6, 13, 4, 1, 2},
    {LAYER_CONV, 4, 12, 6, 3, 2, 5, 0}, /* a stride beyond the width: inputs in between go unseen */
    {LAYER_CONV, 2, 6, 32, 11, 6, 1, 5},   {LAYER_CONV, 7, 6, 8, 1, 6, 3, 0},
    {LAYER_CONV, 2, 3, 3, 3, 5, 2, 3}, /* wider than the input itself */
};

enum { NUM_SHAPES = sizeof shapes / sizeof shapes[0] };

static struct network *one_layer(const struct layer_shape *shape, uint64_t seed)
{
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, *shape, &small_neuron, -1, 1, seed);
    return network;
}

/* Position by position, channel by channel, input by input. */
static double naive_current(const struct layer *layer, const real *value, int position, int channel)
{
    const struct layer_shape *shape = &layer->shape;
    int out = shape->out_channels, in = shape->in_channels;
    double sum = (double)layer->bias[channel];
    if (shape->kind == LAYER_DENSE) {
        for (int i = 0; i < in * shape->in_length; i++)
            sum += (double)value[i] * (double)layer->weight[i * out + channel];
        return sum;
    }
    for (int tap = 0; tap < shape->width; tap++) {
        int place = position * shape->stride - shape->pad + tap;
        for (int c = 0; c < in && place >= 0 && place < shape->in_length; c++)
            sum += (double)value[place * in + c] *
                   (double)layer->weight[(tap * in + c) * out + channel];
    }
    return sum;
}

static void check_naive(const struct layer *layer, const real *value, const real *current)
{
    for (int position = 0; position < layer->shape.out_length; position++) {
        for (int channel = 0; channel < layer->shape.out_channels; channel++) {
            double expected = naive_current(layer, value, position, channel);
            double got = (double)current[position * layer->shape.out_channels + channel];
            assert_true(got - expected < 2e-5 && expected - got < 2e-5);
        }
    }
}

static void test_analog_input(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct network *network = one_layer(&shapes[i], (uint64_t)i);
        const struct layer *layer = &network->layers[0];
        uint32_t inputs = layer_num_inputs(&shapes[i]), outputs = layer_num_outputs(&shapes[i]);
        real value[MAX_UNITS], analog[MAX_UNITS], dense[MAX_UNITS];
        small_random(value, inputs, -1, 1, 99, (uint32_t)i);
        for (uint32_t k = 0; k < inputs; k += 3)
            value[k] = 0;
        layer_start_current(layer, analog);
        layer_start_current(layer, dense);
        layer_add_analog(layer, value, analog);
        layer_add_dense(layer, value, dense);
        assert_memory_equal(analog, dense, outputs * sizeof(real));
        check_naive(layer, value, dense);
        network_release(network);
    }
}

enum { MAX_STEPS = 5 };

/* Lists of spikes of some steps, and room for what a layer makes of them. */
struct steps {
    uint32_t units[MAX_STEPS * MAX_UNITS];
    struct kernel_step lists[MAX_STEPS], windows[MAX_STEPS];
    uint64_t scratch[MAX_STEPS * MAX_UNITS / 64], words[MAX_STEPS * MAX_UNITS / 64];
    real v[MAX_UNITS];
};

static uint64_t run_steps(const struct layer *layer, struct steps *steps, size_t num_steps,
                          const real *analog)
{
    const struct layer_spikes spikes = {steps->units, steps->lists, num_steps};
    const struct layer_scratch scratch = {steps->windows, steps->scratch};
    memset(steps->words, 0, sizeof steps->words);
    return layer_run(layer, &spikes, analog, &scratch, steps->v, steps->words,
                     (layer_num_outputs(&layer->shape) + 63) / 64);
}

/* One step done densely: the potentials v, the spikes in `words`; the operations it would take. */
static uint64_t check_step(const struct layer *layer, const real *value, const real *start, real *v,
                           const uint64_t *words)
{
    uint32_t outputs = layer_num_outputs(&layer->shape);
    real analog[MAX_UNITS], dense[MAX_UNITS], spiked[MAX_UNITS];
    memcpy(analog, start, outputs * sizeof *analog);
    memcpy(dense, start, outputs * sizeof *dense);
    uint64_t operations = layer_add_analog(layer, value, analog);
    layer_add_dense(layer, value, dense);
    assert_memory_equal(analog, dense, outputs * sizeof(real));
    neuron_step(&layer->neuron, v, dense, spiked, NULL, outputs);
    for (uint32_t i = 0; i < outputs; i++)
        assert_int_equal(spiked[i] != 0, words[i / 64] >> i % 64 & 1);
    return operations;
}

static void check_spikes(const struct layer *layer, uint64_t seed, uint32_t one_in)
{
    static struct steps steps;
    static real value[MAX_STEPS][MAX_UNITS];
    const struct rng rng = {.seed = seed, .index = one_in, .stream = RNG_STREAM_ENCODE};
    uint32_t inputs = layer_num_inputs(&layer->shape), count = 0;
    uint32_t outputs = layer_num_outputs(&layer->shape), num_steps = (uint32_t)seed % MAX_STEPS + 1;
    real v[MAX_UNITS] = {0}, start[MAX_UNITS];
    uint64_t operations = 0;
    for (uint32_t step = 0; step < num_steps; step++) {
        uint32_t begin = count;
        for (uint32_t i = 0; i < inputs; i++) {
            value[step][i] = rng_below(&rng, step, i, one_in) ? 0 : 1;
            if (value[step][i] != 0)
                steps.units[count++] = i;
        }
        steps.lists[step] = (struct kernel_step){.more = {begin, count}};
    }
    memset(steps.v, 0, sizeof steps.v);
    layer_start_current(layer, start);
    uint64_t counted = run_steps(layer, &steps, num_steps, NULL);
    for (uint32_t step = 0; step < num_steps; step++)
        operations += check_step(layer, value[step], start, v,
                                 steps.words + (size_t)step * ((outputs + 63) / 64));
    assert_int_equal(counted, operations);
    assert_memory_equal(steps.v, v, outputs * sizeof *v);
    layer_add_dense(layer, value[0], start);
    check_naive(layer, value[0], start);
}

static void test_spikes(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct network *network = one_layer(&shapes[i], (uint64_t)i);
        for (uint32_t one_in = 1; one_in <= 16; one_in *= 2)
            for (uint64_t seed = 0; seed < 5; seed++)
                check_spikes(&network->layers[0], seed, one_in);
        network_release(network);
    }
}

/* Where a current is injected it takes the place of the bias. */
static void test_injected_current(void **state)
{
    (void)state;
    static struct steps steps;
    static const real nothing[MAX_UNITS];
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct network *network = one_layer(&shapes[i], (uint64_t)i);
        uint32_t outputs = layer_num_outputs(&shapes[i]);
        real v[MAX_UNITS] = {0}, analog[MAX_UNITS];
        small_random(analog, outputs, -1, 2, 98, (uint32_t)i);
        memset(&steps, 0, sizeof steps);
        assert_int_equal(run_steps(&network->layers[0], &steps, MAX_STEPS, analog), 0);
        for (size_t step = 0; step < MAX_STEPS; step++)
            check_step(&network->layers[0], nothing, analog, v,
                       steps.words + step * ((outputs + 63) / 64));
        assert_memory_equal(steps.v, v, outputs * sizeof *v);
        network_release(network);
    }
}

static void test_operations_are_connections(void **state)
{
    (void)state;
    static struct steps steps = {.units = {0, 7, 19}};
    struct layer_shape shape = small_dense(20, 11);
    struct network *network = one_layer(&shape, 1);
    steps.lists[0].more.end = 3;
    assert_int_equal(run_steps(&network->layers[0], &steps, 1, NULL), 33);
    steps.lists[0].more.end = 0;
    assert_int_equal(run_steps(&network->layers[0], &steps, 1, NULL), 0);
    network_release(network);
    /* 10 positions, width 3, stride 2, pad 1: windows -1..1, 1..3, 3..5, 5..7, 7..9 */
    shape = small_conv(2, 10, 11, 3, 2, 1);
    network = one_layer(&shape, 1);
    steps.lists[0].more.end = 3;
    /* position 0 is in one window, position 3 in two, position 9 in one */
    assert_int_equal(run_steps(&network->layers[0], &steps, 1, NULL), 44);
    network_release(network);
}

static void test_windows_by_hand(void **state)
{
    (void)state;
    struct layer_shape shape = small_conv(2, 10, 11, 3, 2, 1);
    struct layer_window window = layer_window(&shape, 0);
    assert_int_equal(window.origin, -2);
    assert_int_equal(window.first, 0);
    assert_int_equal(window.last, 4);
    window = layer_window(&shape, 4);
    assert_int_equal(window.origin, 14);
    assert_int_equal(window.first, 14);
    assert_int_equal(window.last, 20);
    shape = small_conv(2, 3, 3, 5, 2, 3);
    window = layer_window(&shape, 1);
    assert_int_equal(window.origin, -2);
    assert_int_equal(window.first, 0);
    assert_int_equal(window.last, 6);
    shape = small_dense(20, 11);
    window = layer_window(&shape, 0);
    assert_int_equal(window.last, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_analog_input),     cmocka_unit_test(test_spikes),
        cmocka_unit_test(test_injected_current), cmocka_unit_test(test_operations_are_connections),
        cmocka_unit_test(test_windows_by_hand),
    };
    return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
