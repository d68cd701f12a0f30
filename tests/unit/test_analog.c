/* Networks of analog units: activations, inference against a plain reference, what is refused. */
#include "core/math/activation.h"
#include "models/checkpoint.h"
#include "models/inference.h"
#include "models/layer.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"

#include <math.h>

static const struct neuron_params relu = {NEURON_RELU, RESET_ZERO, 1, 0, 0.001};
static const struct neuron_params sigmoid = {NEURON_SIGMOID, RESET_ZERO, 1, 0, 0.001};

static struct network *make_ann(const struct neuron_params *params)
{
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    network->num_steps = 1;
    small_add(network, small_dense(SMALL_PIXELS, SMALL_LATENTS), params, -0.4, 0.5, 1);
    small_add(network, small_dense(SMALL_LATENTS, SMALL_PIXELS), params, -0.4, 0.5, 1);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

static void make_input(real input[SMALL_PIXELS])
{
    small_random(input, SMALL_PIXELS, -0.5, 1, 9, 0);
    for (int i = 0; i < SMALL_PIXELS; i++)
        input[i] = activation_relu(input[i]); /* a third of the pixels is black */
}

static void test_sigmoid_against_the_library(void **state)
{
    (void)state;
    for (double x = -800; x <= 800; x += 0.37) {
        double expected = 1 / (1 + exp(-x)), got = (double)activation_sigmoid((real)x);
        assert_true(fabs(got - 1 / (1 + exp(-(double)(real)x))) <= 1.5e-7 * expected + 1e-30);
    }
    real values[41];
    for (int i = 0; i < 41; i++)
        values[i] = (real)i - 20;
    activation_sigmoid_each(values, 41);
    for (int i = 0; i < 41; i++)
        assert_true(values[i] == activation_sigmoid((real)i - 20));
    assert_true(activation_sigmoid(0) == (real)0.5);
    assert_true(activation_sigmoid((real)INFINITY) == 1);
    assert_true(activation_sigmoid((real)-INFINITY) <= (real)1e-30);
    assert_true(activation_sigmoid((real)NAN) <= (real)1e-30);
    assert_true(activation_relu((real)NAN) == 0);
    assert_true(activation_relu(-2) == 0);
    assert_true(activation_relu(3) == 3);
}

/* Two layers written out; sums in the order of inputs. */
static void reference(const struct network *network, const real *input, real *picture)
{
    real from[SMALL_PIXELS], to[SMALL_PIXELS];
    memcpy(from, input, sizeof from);
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer *layer = &network->layers[i];
        int inputs = layer->shape.in_channels, outputs = layer->shape.out_channels;
        for (int unit = 0; unit < outputs; unit++) {
            real sum = layer->bias[unit];
            for (int k = 0; k < inputs; k++)
                sum += from[k] * layer->weight[k * outputs + unit];
            to[unit] =
                layer->params.model == NEURON_RELU ? activation_relu(sum) : activation_sigmoid(sum);
        }
        memcpy(from, to, sizeof from);
    }
    for (int i = 0; i < SMALL_PIXELS; i++)
        picture[i] = from[i] < 1 ? from[i] : 1;
}

static void test_inference_is_the_reference(void **state)
{
    (void)state;
    const struct neuron_params *const kinds[] = {&relu, &sigmoid};
    for (int i = 0; i < 2; i++) {
        struct network *network = make_ann(kinds[i]);
        real input[SMALL_PIXELS], expected[SMALL_PIXELS], got[SMALL_PIXELS];
        make_input(input);
        reference(network, input, expected);
        for (int path = INFERENCE_EVENT_DRIVEN; path <= INFERENCE_DENSE; path++) {
            struct inference inference = {.path = (enum inference_path)path};
            struct inference_stats stats = {0};
            assert_int_equal(inference_analog(&inference, network, input, got, &stats, NULL),
                             STATUS_OK);
            assert_memory_equal(got, expected, sizeof got);
            assert_int_equal(stats.spikes, 0);
            assert_int_equal(stats.synops, stats.macs);
            inference_free(&inference);
        }
        network_release(network);
    }
}

static void test_operations_are_counted(void **state)
{
    (void)state;
    struct network *network = make_ann(&sigmoid);
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    real input[SMALL_PIXELS] = {0}, picture[SMALL_PIXELS];
    input[4] = input[7] = (real)0.5;
    assert_int_equal(inference_analog(&inference, network, input, picture, &stats, NULL),
                     STATUS_OK);
    /* two bright pixels; no hidden unit of a sigmoid is ever 0 */
    assert_int_equal(stats.macs, 2 * SMALL_LATENTS + SMALL_LATENTS * SMALL_PIXELS);
    assert_int_equal(layer_num_connections(&network->layers[0].shape),
                     SMALL_PIXELS * SMALL_LATENTS);
    uint32_t fan_out[SMALL_PIXELS];
    layer_count_fan_out(&network->layers[0].shape, fan_out);
    for (int i = 0; i < SMALL_PIXELS; i++)
        assert_int_equal(fan_out[i], SMALL_LATENTS);
    inference_free(&inference);
    network_release(network);
}

static void test_connections_of_a_convolution(void **state)
{
    (void)state;
    /* 3 positions of width 3 and stride 2 over 5 frames, one frame of padding at either end */
    const struct layer_shape shape = small_conv(4, 5, 7, 3, 2, 1);
    assert_int_equal(shape.out_length, 3);
    assert_int_equal(layer_num_connections(&shape), (2 + 3 + 2) * 4 * 7);
    /* the second and fourth of the five frames are seen from two positions */
    static const uint32_t positions[] = {1, 2, 1, 2, 1};
    uint32_t fan_out[5 * 4];
    layer_count_fan_out(&shape, fan_out);
    for (int i = 0; i < 5 * 4; i++)
        assert_int_equal(fan_out[i], positions[i / 4] * 7);
}

static void test_grey(void **state)
{
    (void)state;
    const real picture[] = {0, (real)0.001, (real)0.002, (real)0.5, 1};
    const uint8_t expected[] = {0, 0, 1, 128, 255};
    uint8_t grey[5];
    inference_grey_analog(picture, 5, grey);
    assert_memory_equal(grey, expected, sizeof grey);
}

static void expect_refused(enum status status, const struct error *error, const char *what)
{
    assert_int_equal(status, STATUS_INVALID_ARGUMENT);
    if (!strstr(error->detail, what))
        fail_msg("'%s' lacks '%s'", error->detail, what);
}

static void test_kinds_are_kept_apart(void **state)
{
    (void)state;
    struct network *ann = make_ann(&relu);
    struct network *spiking = small_autoencoder(ENCODING_CURRENT, &small_neuron, 4);
    struct inference inference = {0};
    struct inference_stats stats = {0};
    struct raster latent = {0}, output = {0};
    struct error error;
    real input[SMALL_PIXELS] = {0}, picture[SMALL_PIXELS];
    expect_refused(inference_encode(&inference, ann, input, 1, 1, &latent, &stats, &error), &error,
                   "has no spikes");
    expect_refused(inference_decode(&inference, ann, &latent, &output, &stats, &error), &error,
                   "has no spikes");
    expect_refused(inference_analog(&inference, spiking, input, picture, &stats, &error), &error,
                   "it spikes");
    input[3] = (real)NAN;
    expect_refused(inference_analog(&inference, ann, input, picture, &stats, &error), &error,
                   "Input 3");
    assert_string_equal(network_kind_name(ann), "ann");
    assert_string_equal(network_kind_name(spiking), "spiking");
    inference_free(&inference);
    network_release(ann);
    network_release(spiking);
}

static void test_validation(void **state)
{
    (void)state;
    struct error error;
    struct network *network = make_ann(&relu);
    network->num_steps = 2;
    expect_refused(network_validate(network, &error), &error, "one step");
    network->num_steps = 1;
    network->encoding = ENCODING_RATE;
    expect_refused(network_validate(network, &error), &error, "one step");
    network->encoding = ENCODING_CURRENT;
    network->layers[1].params.model = NEURON_LIF;
    expect_refused(network_validate(network, &error), &error, "Layer 1");
    network_release(network);
}

static void test_checkpoints_keep_the_kind(void **state)
{
    (void)state;
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct network *saved = make_ann(&sigmoid), *loaded = NULL;
    scratch_make(&scratch);
    scratch_path(&scratch, "small-ann.safetensors", path);
    assert_int_equal(checkpoint_save(path, saved, NULL), STATUS_OK);
    assert_int_equal(checkpoint_load(path, &loaded, NULL), STATUS_OK);
    assert_false(network_is_spiking(loaded));
    assert_int_equal(loaded->layers[1].params.model, NEURON_SIGMOID);
    assert_memory_equal(loaded->layers[1].weight, saved->layers[1].weight,
                        SMALL_LATENTS * SMALL_PIXELS * sizeof(real));
    network_release(saved);
    network_release(loaded);
    scratch_remove(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigmoid_against_the_library),
        cmocka_unit_test(test_inference_is_the_reference),
        cmocka_unit_test(test_operations_are_counted),
        cmocka_unit_test(test_connections_of_a_convolution),
        cmocka_unit_test(test_grey),
        cmocka_unit_test(test_kinds_are_kept_apart),
        cmocka_unit_test(test_validation),
        cmocka_unit_test(test_checkpoints_keep_the_kind),
    };
    return cmocka_run_group_tests_name("analog", tests, NULL, NULL);
}
