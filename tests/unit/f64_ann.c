/* Gradients of analog networks against finite differences, in double precision; and the loop. */
#include "tests/unit/small_network.h"
#include "train/ann.h"

#include <math.h>

enum { BATCH = 3 };

static struct network *make_ann(enum neuron_model model)
{
    const struct neuron_params params = {model, RESET_ZERO, 1, 0, 0.001};
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    network->num_steps = 1;
    small_add(network, small_dense(SMALL_PIXELS, SMALL_LATENTS), &params, -0.4, 0.5, 1);
    small_add(network, small_dense(SMALL_LATENTS, SMALL_PIXELS), &params, -0.4, 0.5, 1);
    for (int i = 0; i < 2; i++) /* training knows no biases */
        memset(network->layers[i].bias, 0,
               (size_t)network->layers[i].shape.out_channels * sizeof(real));
    return network;
}

static double loss_of(struct ann_shard *shard, const struct network *network)
{
    ann_gradient(shard, network, BATCH, BATCH);
    return shard->loss / (BATCH * SMALL_PIXELS);
}

static void test_gradients(void **state)
{
    (void)state;
    for (int model = NEURON_RELU; model <= NEURON_SIGMOID; model++) {
        struct network *network = make_ann((enum neuron_model)model);
        struct ann_shard shard;
        assert_int_equal(ann_shard_init(&shard, network, BATCH, NULL), STATUS_OK);
        small_random(shard.value[0], BATCH * SMALL_PIXELS, 0, 1, 5, 0);
        small_random(shard.target, BATCH * SMALL_PIXELS, 0, 1, 5, 1);
        for (int layer = 0; layer < 2; layer++)
            for (int i = 0; i < SMALL_PIXELS * SMALL_LATENTS; i += 7) {
                real *weight = &network->layers[layer].weight[i], kept = *weight;
                loss_of(&shard, network);
                double gradient = shard.gradient[layer][i];
                *weight = kept + 1e-6;
                double above = loss_of(&shard, network);
                *weight = kept - 1e-6;
                double difference = (above - loss_of(&shard, network)) / 2e-6;
                *weight = kept;
                assert_true(fabs(gradient - difference) < 1e-8);
            }
        ann_shard_free(&shard);
        network_release(network);
    }
}

static void fill_sample(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                        real *latent)
{
    (void)context;
    (void)draw;
    assert_null(latent);
    small_random(input, SMALL_PIXELS, 0, 1, 100 + sample, 0);
    memcpy(image, input, SMALL_PIXELS * sizeof *image);
}

static void test_training_learns_and_keeps_its_biases_at_zero(void **state)
{
    (void)state;
    const struct trainer_source source = {.num_samples = 30, .fill = fill_sample};
    struct trainer_settings settings = {.epochs = 1,
                                        .batch_size = 8,
                                        .learning_rate = 5e-3,
                                        .adam = adam_default_params,
                                        .seed = 3,
                                        .threads = 1,
                                        .label = "test",
                                        .state_minutes = 60,
                                        .quiet = true};
    struct network *network = make_ann(NEURON_SIGMOID), *other = make_ann(NEURON_SIGMOID);
    struct trainer_result first, last;
    struct json_log *log;
    assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
    assert_int_equal(ann_train(network, &source, &settings, log, &first, NULL), STATUS_OK);
    assert_true(first.finished);
    assert_int_equal(first.updates, 4);
    settings.epochs = 40;
    assert_int_equal(ann_train(network, &source, &settings, log, &last, NULL), STATUS_OK);
    assert_true(last.loss.image < 0.8 * first.loss.image);
    for (int i = 0; i < SMALL_LATENTS; i++)
        assert_true(network->layers[0].bias[i] == 0);

    settings.epochs = 1;
    settings.threads = 3;
    assert_int_equal(ann_train(other, &source, &settings, log, &last, NULL), STATUS_OK);
    assert_true(last.loss.image == first.loss.image); /* whatever the number of threads */
    json_log_close(log);
    network_release(network);
    network_release(other);
}

static void test_spiking_networks_are_refused(void **state)
{
    (void)state;
    const struct trainer_source source = {.num_samples = 30, .fill = fill_sample};
    const struct trainer_settings settings = {.epochs = 1, .batch_size = 8, .quiet = true};
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 4);
    struct trainer_result result;
    assert_int_equal(ann_train(network, &source, &settings, NULL, &result, NULL),
                     STATUS_INVALID_ARGUMENT);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_training_learns_and_keeps_its_biases_at_zero),
        cmocka_unit_test(test_spiking_networks_are_refused),
    };
    return cmocka_run_group_tests_name("ann", tests, NULL, NULL);
}
