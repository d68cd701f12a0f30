/* Weights in fixed point: how they are rounded, found and packed, and that sums are exact. */
#include "models/fixed_point.h"

#include "core/base/mem.h"
#include "core/spike/step_lists.h"
#include "models/layer.h"
#include "tests/unit/small_network.h"

#include <math.h>

static const struct layer_shape dense = {LAYER_DENSE, 30, 1, 70, 1, 0, 0, 0};
static const struct layer_shape conv = {LAYER_CONV, 6, 10, 37, 5, 3, 2, 1};

/* A first layer that takes a current, and one that takes its spikes. */
static struct network *two_layers(const struct layer_shape *second)
{
    const struct layer_shape first = {LAYER_DENSE, 9, 1, second->in_channels * second->in_length,
                                      1,           0, 0, 0};
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, first, &small_neuron, -1, 1, 11);
    small_add(network, *second, &small_neuron, -1, 1, 12);
    return network;
}

/* Whether the second layer is packed. */
static bool fits(struct network *network)
{
    assert_int_equal(fixed_point_pack(network, NULL), STATUS_OK);
    bool packed = network->layers[1].fixed.weight != NULL;
    fixed_point_free(&network->layers[1]);
    return packed;
}

static size_t num_weights(const struct layer *layer)
{
    return (size_t)layer_fan_in(&layer->shape) * (size_t)layer->shape.out_channels;
}

static void test_rounding_is_fine_and_done_once(void **state)
{
    (void)state;
    struct network *network = two_layers(&dense);
    struct layer *layer = &network->layers[1];
    size_t count = num_weights(layer);
    real *before = mem_copy(layer->weight, count * sizeof *before);
    real *first =
        mem_copy(network->layers[0].weight, num_weights(&network->layers[0]) * sizeof *first);
    assert_false(fits(network));
    fixed_point_round(network);
    assert_true(fits(network));
    for (size_t i = 0; i < count; i++) {
        /* 31 magnitudes of 1 at most sum to 31: half of 31 / 16384 is the coarsest that can be */
        assert_true(fabs((double)(layer->weight[i] - before[i])) <= 31.0 / 32768);
    }
    real *once = mem_copy(layer->weight, count * sizeof *once);
    fixed_point_round(network);
    assert_memory_equal(layer->weight, once, count * sizeof *once);
    assert_memory_equal(network->layers[0].weight, first,
                        num_weights(&network->layers[0]) * sizeof *first);
    mem_free(before);
    mem_free(first);
    mem_free(once);
    network_release(network);
}

static void test_a_bias_is_rounded_downwards(void **state)
{
    (void)state;
    struct network *network = two_layers(&dense);
    struct layer *layer = &network->layers[1];
    real *before = mem_copy(layer->bias, 70 * sizeof *before);
    fixed_point_round(network);
    for (int channel = 0; channel < 70; channel++) {
        assert_true(layer->bias[channel] <= before[channel]);
        assert_true(before[channel] - layer->bias[channel] <= (real)(31.0 / 16384));
    }
    mem_free(before);
    network_release(network);
}

static void set_unit(struct layer *layer, size_t channel, real weight, real bias)
{
    for (size_t row = 0; row < layer_fan_in(&layer->shape); row++)
        layer->weight[row * (size_t)layer->shape.out_channels + channel] = row ? 0 : weight;
    layer->bias[channel] = bias;
}

static void test_what_fits(void **state)
{
    (void)state;
    static const struct {
        double weight, bias;
        bool fits;
    } cases[] = {
        {0, 0, true},        {1, 0, true},           {-32767, 0, true},
        {32767, 0, true},    {32766, 1, true},       {32767, 1, false},
        {32768, 1, false},   {32768, 0, true},       {0.75, -0.25, true},
        {1, 0x1p-14, true},  {1, 0x1p-15, false},    {-1, -0x1p-15, false},
        {0x1p-100, 0, true}, {0x1p-101, 0, false},   {0x1p100, 0, true},
        {0x1p115, 0, false}, {0x1.fffcp-3, 0, true}, {0x1.fffep-3, 0, false},
    };
    struct network *network = two_layers(&dense);
    struct layer *layer = &network->layers[1];
    fixed_point_round(network);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_unit(layer, 69, (real)cases[i].weight, (real)cases[i].bias);
        assert_int_equal(fits(network), cases[i].fits);
    }
    network_release(network);
}

static void test_extremes_are_rounded(void **state)
{
    (void)state;
    static const double values[] = {0, 1e-38, -1e-38, 1e-30, 3, -5e8, 1e30, 0x1p-100};
    struct network *network = two_layers(&dense);
    struct layer *layer = &network->layers[1];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        set_unit(layer, i, (real)values[i], 0);
    fixed_point_round(network);
    assert_true(fits(network));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        double error = fabs((double)layer->weight[i] - values[i]);
        assert_true(error <= fabs(values[i]) / 16384 || error <= 0x1p-100);
    }
    network_release(network);
}

/* Some steps of a layer on spikes drawn from `seed`: potentials, bits and operations. */
struct run {
    real v[256];
    uint64_t words[6 * 4], operations;
};

static void run_layer(const struct layer *layer, uint32_t seed, struct run *run)
{
    const struct rng rng = {.seed = seed, .index = 0, .stream = RNG_STREAM_INIT};
    uint32_t units[7 * 64], num_inputs = layer_num_inputs(&layer->shape);
    uint64_t words[6] = {0}, row, position[6 * 2];
    struct kernel_step steps[6], windows[6];
    const struct step_bits bits = {words, num_inputs, 6};
    const struct layer_scratch scratch = {windows, position};
    const struct layer_spikes spikes = {units, steps, 6};
    memset(run, 0, sizeof *run);
    assert_true(num_inputs <= 64);
    for (uint32_t step = 0; step < 6; step++)
        for (uint32_t i = 0; i < num_inputs; i++)
            words[step] |= (uint64_t)(rng_below(&rng, step / 2, i, 10) < 4 + step % 2) << i;
    if (layer->fixed.weight)
        step_lists_changes(&bits, &row, units, steps);
    else
        step_lists_whole(&bits, units, steps);
    run->operations = layer_run(layer, &spikes, NULL, &scratch, run->v, run->words, 4);
}

static void check_exact(const struct layer_shape *shape)
{
    struct network *network = two_layers(shape);
    struct layer *layer = &network->layers[1];
    struct run floats[20], integers;
    struct error error;
    uint64_t spikes = 0;
    fixed_point_round(network);
    for (uint32_t seed = 0; seed < 20; seed++)
        run_layer(layer, seed, &floats[seed]);
    assert_int_equal(fixed_point_pack(network, &error), STATUS_OK);
    assert_non_null(layer->fixed.weight);
    assert_null(network->layers[0].fixed.weight);
    for (uint32_t seed = 0; seed < 20; seed++) {
        run_layer(layer, seed, &integers);
        assert_memory_equal(integers.words, floats[seed].words, sizeof integers.words);
        assert_int_equal(integers.operations, floats[seed].operations);
        for (int i = 0; i < 256; i++)
            assert_true(integers.v[i] == floats[seed].v[i]);
        for (size_t w = 0; w < sizeof integers.words / 8; w++)
            spikes += (uint64_t)__builtin_popcountll(integers.words[w]);
    }
    assert_true(spikes > 100);
    network_release(network);
}

static void test_integers_give_what_floats_do(void **state)
{
    (void)state;
    check_exact(&dense);
    check_exact(&conv);
}

static void test_what_does_not_fit_stays_float(void **state)
{
    (void)state;
    struct network *network = two_layers(&dense);
    struct error error;
    assert_int_equal(fixed_point_pack(network, &error), STATUS_OK);
    assert_null(network->layers[1].fixed.weight);
    network_release(network);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct network *network = two_layers(&dense);
    struct error error;
    fixed_point_round(network);
    for (int64_t successes = 0; successes < 4; successes++) {
        mem_fail_after(successes);
        assert_int_equal(fixed_point_pack(network, &error), STATUS_NO_MEMORY);
        mem_fail_never();
        assert_null(network->layers[1].fixed.weight);
    }
    assert_int_equal(fixed_point_pack(network, &error), STATUS_OK);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding_is_fine_and_done_once),
        cmocka_unit_test(test_a_bias_is_rounded_downwards),
        cmocka_unit_test(test_what_fits),
        cmocka_unit_test(test_extremes_are_rounded),
        cmocka_unit_test(test_integers_give_what_floats_do),
        cmocka_unit_test(test_what_does_not_fit_stays_float),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
