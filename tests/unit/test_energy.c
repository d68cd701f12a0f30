/* Work and energy of an inference from counts made by hand. */
#include "tests/unit/small_network.h"
#include "train/energy.h"

#include <math.h>

static const struct energy_costs costs = {4.6e-12, 0.9e-12};

static void expect_number(const json_t *object, const char *key, double expected)
{
    double got = json_number_value(json_object_get(object, key));
    if (!(fabs(got - expected) <= 1e-9 * fabs(expected)))
        fail_msg("%s is %g, not %g", key, got, expected);
}

static void expect_list(const json_t *object, const char *key, double first, double second)
{
    const json_t *list = json_object_get(object, key);
    assert_int_equal(json_array_size(list), 2);
    assert_true(fabs(json_number_value(json_array_get(list, 0)) - first) < 1e-9);
    assert_true(fabs(json_number_value(json_array_get(list, 1)) - second) < 1e-9);
}

static void test_a_spiking_network(void **state)
{
    (void)state;
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    const struct scores scores = {
        .synops = 1000, .macs = 400, .spikes = 51, .layer_spikes = {34, 17}};
    json_t *object = json_pack("{s:i}", "kept", 1);
    assert_true(energy_add(object, network, &scores, 5, &costs));
    expect_number(object, "kept", 1);
    expect_number(object, "synops_dense", 5.0 * 2 * SMALL_PIXELS * SMALL_LATENTS);
    expect_number(object, "synops_effective", 600);
    expect_number(object, "macs", 400);
    expect_number(object, "energy_joules", 400 * 4.6e-12 + 600 * 0.9e-12);
    expect_number(object, "joules_per_ac", 0.9e-12);
    expect_list(object, "spikes_per_layer", 34, 17);
    /* 34 spikes of 17 units in 5 ms; 17 of 30 */
    expect_list(object, "firing_rate_hz", 400, 17 / (30 * 0.005));
    json_decref(object);
    network_release(network);
}

static void test_an_analog_network(void **state)
{
    (void)state;
    const struct neuron_params relu = {NEURON_RELU, RESET_ZERO, 1, 0, 0.001};
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    network->num_steps = 1;
    small_add(network, small_dense(SMALL_PIXELS, SMALL_LATENTS), &relu, -0.1, 0.1, 1);
    small_add(network, small_dense(SMALL_LATENTS, SMALL_PIXELS), &relu, -0.1, 0.1, 1);
    const struct scores scores = {.synops = 700, .macs = 700};
    json_t *object = json_object();
    assert_true(energy_add(object, network, &scores, 1, &costs));
    expect_number(object, "synops_dense", 2.0 * SMALL_PIXELS * SMALL_LATENTS);
    expect_number(object, "energy_joules", 700 * 4.6e-12);
    assert_true(json_number_value(json_object_get(object, "synops_effective")) == 0);
    assert_true(json_is_null(json_object_get(object, "firing_rate_hz")));
    json_decref(object);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_spiking_network),
        cmocka_unit_test(test_an_analog_network),
    };
    return cmocka_run_group_tests_name("energy", tests, NULL, NULL);
}
