/* What hangs together is accepted; each way of not doing so is refused. */
#include "tests/unit/small_network.h"

#include <math.h>

static struct network *sound(void)
{
    return small_autoencoder(ENCODING_RATE, &small_neuron, 1);
}

static void assert_refused(struct network *network)
{
    struct error error = {STATUS_OK, ""};
    assert_int_equal(network_validate(network, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.status, STATUS_INVALID_ARGUMENT);
    assert_true(strlen(error.detail) > 10);
    network_release(network);
}

#define REFUSED(make, member, value)                                                               \
    do {                                                                                           \
        struct network *network = make;                                                            \
        network->member = value;                                                                   \
        assert_refused(network);                                                                   \
    } while (0)

static void test_sound_networks(void **state)
{
    (void)state;
    struct network *network = sound();
    assert_int_equal(network_num_inputs(network), SMALL_PIXELS);
    assert_int_equal(network_num_latents(network), SMALL_LATENTS);
    assert_int_equal(network_num_pixels(network), SMALL_PIXELS);
    network_release(network);
    network = small_audiocoder(1);
    assert_int_equal(network_num_inputs(network), SMALL_FRAMES * network->cochlea.num_channels);
    assert_int_equal(network_num_latents(network), SMALL_LATENTS);
    assert_int_equal(layer_fan_in(&network->layers[1].shape), 27);
    assert_int_equal(layer_num_outputs(&network->layers[1].shape), 21);
    network_release(network);
}

static void test_inconsistent_networks(void **state)
{
    (void)state;
    REFUSED(sound(), latent_layer, -1);
    REFUSED(sound(), latent_layer, 1);
    REFUSED(sound(), num_steps, 0);
    REFUSED(sound(), num_steps, NETWORK_MAX_STEPS + 1);
    REFUSED(sound(), image_width, 5);
    REFUSED(sound(), image_height, -5);
    REFUSED(sound(), image_width, 1 << 30);
    REFUSED(sound(), max_rate_hz, 1001);
    REFUSED(sound(), max_rate_hz, 0);
    REFUSED(sound(), max_rate_hz, NAN);
    REFUSED(sound(), dt, 0.002); /* not that of the layers */
    REFUSED(sound(), task, NETWORK_SYNTHESIZE);
    REFUSED(sound(), layers[0].weight[7], (real)NAN);
    REFUSED(sound(), layers[1].weight[SMALL_LATENTS * SMALL_PIXELS - 1], (real)INFINITY);
    REFUSED(sound(), layers[0].bias[SMALL_LATENTS - 1], (real)-INFINITY);
    REFUSED(sound(), num_classes, 1); /* without a name */
    REFUSED(sound(), num_classes, -1);
    REFUSED(small_audiocoder(1), num_classes, NETWORK_MAX_CLASSES + 1);
    REFUSED(small_audiocoder(1), front_end.num_frames, SMALL_FRAMES + 1);
    REFUSED(small_audiocoder(1), front_end.mean_removal, 1.5);
    REFUSED(small_audiocoder(1), front_end.cochlea.decimation, 8);
    REFUSED(small_audiocoder(1), cochlea.num_channels, 1);
    REFUSED(small_audiocoder(1), encoding, ENCODING_RATE); /* of values beyond 0..1 */
}

static void test_layers_that_do_not_chain(void **state)
{
    (void)state;
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    assert_refused(network); /* no layers at all */
    network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, small_dense(SMALL_PIXELS, SMALL_PIXELS), &small_neuron, 0, 1, 1);
    assert_refused(network); /* no decoder */
    network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, small_dense(SMALL_PIXELS, 8), &small_neuron, 0, 1, 1);
    small_add(network, small_dense(9, SMALL_PIXELS), &small_neuron, 0, 1, 1);
    assert_refused(network);
    network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, small_dense(29, 8), &small_neuron, 0, 1, 1);
    small_add(network, small_dense(8, SMALL_PIXELS), &small_neuron, 0, 1, 1);
    assert_refused(network); /* the input is no picture */
}

static void test_decoders_that_spike_by_themselves(void **state)
{
    (void)state;
    const struct neuron_params without_leak = {NEURON_IF, RESET_ZERO, 1, 0, 0.001};
    real limit = (1 - (real)0.9) * 1;
    REFUSED(sound(), layers[1].bias[3], limit);
    struct network *network = sound();
    network->layers[0].bias[3] = 1; /* an encoder may */
    network->layers[1].bias[3] = (real)(0.99999 * (double)limit);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    network_release(network);
    network = small_autoencoder(ENCODING_CURRENT, &without_leak, 1);
    memset(network->layers[1].bias, 0, SMALL_PIXELS * sizeof(real));
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    network->layers[1].bias[0] = (real)1e-6;
    assert_refused(network);
}

/* The bound holds in rounded arithmetic: the largest bias below it never reaches the threshold. */
static void test_rest_bias_keeps_silent(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct neuron_params params = small_neuron;
        params.tau_mem = params.dt * (1 + 0.03 * i);
        params.threshold = 0.17 * (1 + i % 37);
        struct layer layer = {.params = params};
        assert_int_equal(neuron_derive(&params, &layer.neuron, NULL), STATUS_OK);
        real bias = (real)nextafterf((float)layer_rest_bias(&layer), 0), v = 0, spiked = 0;
        for (int step = 0; step < NETWORK_MAX_STEPS && spiked == 0; step++)
            neuron_step(&layer.neuron, &v, &bias, &spiked, NULL, 1);
        assert_true(spiked == 0);
    }
}

static void assert_shape_refused(struct layer_shape shape)
{
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    struct error error;
    assert_int_equal(network_add_layer(network, &shape, &small_neuron, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(network->num_layers, 0);
    network_release(network);
}

#define SHAPE_REFUSED(make, member, value)                                                         \
    do {                                                                                           \
        struct layer_shape shape = make;                                                           \
        shape.member = value;                                                                      \
        assert_shape_refused(shape);                                                               \
    } while (0)

static void test_inconsistent_shapes(void **state)
{
    (void)state;
    static const int senseless[] = {0, -1, INT32_MAX, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        SHAPE_REFUSED(small_dense(3, 4), in_channels, senseless[i]);
        SHAPE_REFUSED(small_dense(3, 4), in_length, senseless[i]);
        SHAPE_REFUSED(small_dense(3, 4), out_channels, senseless[i]);
        SHAPE_REFUSED(small_dense(3, 4), out_length, senseless[i]);
        SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), width, senseless[i]);
        SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), stride, senseless[i]);
        SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), out_length, senseless[i]);
    }
    SHAPE_REFUSED(small_dense(3, 4), out_length, 2);
    SHAPE_REFUSED(small_dense(3, 4), width, 1);
    SHAPE_REFUSED(small_dense(3, 4), pad, 1);
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), pad, -1);
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), pad, 3); /* a window of nothing but padding */
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), pad, INT32_MAX);
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), out_length, 4);
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), out_length, 6);
    SHAPE_REFUSED(small_conv(3, 9, 4, 3, 2, 1), width, 12);
    assert_shape_refused(small_dense(1 << 15, 1 << 15)); /* 2^30 weights */
    assert_shape_refused(small_dense(NETWORK_MAX_UNITS + 1, 1));
}

static void test_layers_have_a_cap(void **state)
{
    (void)state;
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    struct layer_shape shape = small_dense(2, 2);
    for (int i = 0; i < NETWORK_MAX_LAYERS; i++)
        assert_int_equal(network_add_layer(network, &shape, &small_neuron, NULL), STATUS_OK);
    assert_int_equal(network_add_layer(network, &shape, &small_neuron, NULL),
                     STATUS_INVALID_ARGUMENT);
    network_release(network);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const struct layer_shape shape = small_dense(3, 4);
    for (int64_t i = 0; i < 3; i++) {
        mem_fail_after(i);
        assert_null(network_new());
        mem_fail_never();
    }
    struct network *network = network_new();
    for (int64_t i = 0; i < 2; i++) {
        mem_fail_after(i);
        assert_int_equal(network_add_layer(network, &shape, &small_neuron, NULL), STATUS_NO_MEMORY);
        mem_fail_never();
    }
    assert_int_equal(network->num_layers, 0);
    network_release(network);
    network_release(NULL);
}

static void test_references(void **state)
{
    (void)state;
    struct network *network = network_new();
    assert_ptr_equal(network_retain(network), network);
    network_release(network);
    assert_string_equal(network->scores_json, "{}"); /* still there */
    network_release(network);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(network_task_name(NETWORK_RECONSTRUCT), "reconstruct");
    assert_string_equal(network_task_name(NETWORK_SYNTHESIZE), "synthesize");
    assert_string_equal(network_modality(NETWORK_RECONSTRUCT), "image");
    assert_string_equal(network_modality(NETWORK_SYNTHESIZE), "audio");
    assert_string_equal(input_encoding_name(ENCODING_CURRENT), "current");
    assert_string_equal(input_encoding_name(ENCODING_RATE), "rate");
    assert_string_equal(layer_kind_name(LAYER_DENSE), "dense");
    assert_string_equal(layer_kind_name(LAYER_CONV), "conv");
    assert_string_equal(neuron_model_name(NEURON_LIF), "lif");
    assert_string_equal(neuron_model_name(NEURON_IF), "if");
    assert_string_equal(neuron_reset_name(RESET_ZERO), "zero");
    assert_string_equal(neuron_reset_name(RESET_SUBTRACT), "subtract");
    assert_string_equal(front_end_fit_name(FRONT_END_STRETCH), "stretch");
    assert_string_equal(front_end_fit_name(FRONT_END_PAD), "pad");
    assert_string_equal(front_end_amplitude_name(FRONT_END_ROOT), "root");
    assert_string_equal(front_end_amplitude_name(FRONT_END_LINEAR), "linear");
    assert_string_equal(front_end_scale_name(FRONT_END_DEVIATION), "deviation");
    assert_string_equal(front_end_scale_name(FRONT_END_MAXIMUM), "maximum");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_networks),
        cmocka_unit_test(test_inconsistent_networks),
        cmocka_unit_test(test_layers_that_do_not_chain),
        cmocka_unit_test(test_decoders_that_spike_by_themselves),
        cmocka_unit_test(test_rest_bias_keeps_silent),
        cmocka_unit_test(test_inconsistent_shapes),
        cmocka_unit_test(test_layers_have_a_cap),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
