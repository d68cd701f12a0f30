/* The layers of audiocoders, from speech to the autoencoder's latent and on. */
#include "tests/unit/small_network.h"
#include "train/audiocoder_network.h"

static struct network *convolving(const struct options *options)
{
    struct network *autoencoder = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    struct network *network = network_new();
    assert_non_null(network);
    assert_int_equal(audiocoder_network_convolving(options, autoencoder, network, NULL), STATUS_OK);
    small_classes(network);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    const struct layer *decoder = &network->layers[network->latent_layer + 1];
    assert_int_equal(network_num_latents(network), SMALL_LATENTS);
    assert_memory_equal(decoder->weight, autoencoder->layers[1].weight,
                        SMALL_LATENTS * SMALL_PIXELS * sizeof(real));
    network_release(autoencoder);
    return network;
}

static void test_two_convolutions(void **state)
{
    (void)state;
    const struct options options = {.hidden = 10};
    struct network *network = convolving(&options);
    assert_int_equal(network->num_layers, 4);
    assert_int_equal(network->latent_layer, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(network->layers[i].shape.kind, LAYER_CONV);
        assert_int_equal(network->layers[i].shape.out_channels, 10);
    }
    assert_int_equal(layer_num_inputs(&network->layers[2].shape), 10 * 13);
    network_release(network);
}

static void test_a_dense_layer_before_the_latent(void **state)
{
    (void)state;
    const struct options options = {.hidden = 10, .dense = 24};
    struct network *network = convolving(&options);
    assert_int_equal(network->num_layers, 5);
    assert_int_equal(network->latent_layer, 3);
    assert_int_equal(network->layers[2].shape.kind, LAYER_DENSE);
    assert_int_equal(layer_num_inputs(&network->layers[2].shape), 10 * 13);
    assert_int_equal(layer_num_inputs(&network->layers[3].shape), 24);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_convolutions),
        cmocka_unit_test(test_a_dense_layer_before_the_latent),
    };
    return cmocka_run_group_tests_name("audiocoder_network", tests, NULL, NULL);
}
