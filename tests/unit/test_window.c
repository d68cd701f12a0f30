/* Windows are the places that a convolution sees, and scattering is gathering's adjoint. */
#include "models/layer.h"
#include "tests/unit/small_network.h"
#include "train/window.h"

#include <math.h>
#include <stdbool.h>

enum { ROWS = 3, MAX_VALUES = 4096 };

static const int shapes[][5] = {/* channels, length, width, stride, pad */
                                {1, 5, 1, 1, 0},  {1, 5, 5, 1, 0}, {3, 10, 5, 2, 2},
                                {4, 12, 3, 5, 1}, {2, 3, 5, 2, 3}, {2, 6, 6, 1, 5},
                                {5, 9, 2, 3, 0},  {7, 8, 3, 3, 2}};

enum { NUM_SHAPES = sizeof shapes / sizeof shapes[0] };

static struct layer_shape shape_at(int i)
{
    return small_conv(shapes[i][0], shapes[i][1], 2, shapes[i][2], shapes[i][3], shapes[i][4]);
}

static double inner_product(const real *a, const real *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void test_gathering(void **state)
{
    (void)state;
    static real input[MAX_VALUES], windows[MAX_VALUES];
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct layer_shape shape = shape_at(i);
        int channels = shape.in_channels;
        size_t inputs = layer_num_inputs(&shape);
        small_random(input, ROWS * inputs, 1, 2, (uint64_t)i, 0);
        window_gather(&shape, input, ROWS, windows);
        const real *window = windows;
        for (size_t row = 0; row < ROWS; row++)
            for (int position = 0; position < shape.out_length; position++)
                for (int tap = 0; tap < shape.width; tap++)
                    for (int c = 0; c < channels; c++, window++) {
                        int place = position * shape.stride - shape.pad + tap;
                        bool inside = place >= 0 && place < shape.in_length;
                        assert_true(
                            *window ==
                            (inside ? input[row * inputs + (size_t)(place * channels + c)] : 0));
                    }
    }
}

static void test_scattering_is_the_adjoint(void **state)
{
    (void)state;
    static real x[MAX_VALUES], y[MAX_VALUES], gathered[MAX_VALUES], scattered[MAX_VALUES];
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct layer_shape shape = shape_at(i);
        size_t inputs = ROWS * layer_num_inputs(&shape);
        size_t values = ROWS * (size_t)shape.out_length * layer_fan_in(&shape);
        assert_true(inputs <= MAX_VALUES && values <= MAX_VALUES);
        small_random(x, inputs, -1, 1, (uint64_t)i, 1);
        small_random(y, values, -1, 1, (uint64_t)i, 2);
        small_random(scattered, inputs, -1, 1, (uint64_t)i, 3); /* what was there is replaced */
        window_gather(&shape, x, ROWS, gathered);
        window_scatter(&shape, y, ROWS, scattered);
        double left = inner_product(gathered, y, values);
        double right = inner_product(x, scattered, inputs);
        assert_true(fabs(left - right) < 1e-4);
    }
}

/* The currents that inference computes are windows times weights. */
static void test_windows_times_weights(void **state)
{
    (void)state;
    static real input[MAX_VALUES], windows[MAX_VALUES], current[MAX_VALUES];
    for (int i = 0; i < NUM_SHAPES; i++) {
        struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
        struct layer_shape shape = shape_at(i);
        small_add(network, shape, &small_neuron, -1, 1, (uint64_t)i);
        const struct layer *layer = &network->layers[0];
        uint32_t fan_in = layer_fan_in(&shape);
        small_random(input, layer_num_inputs(&shape), -1, 1, (uint64_t)i, 4);
        window_gather(&shape, input, 1, windows);
        layer_start_current(layer, current);
        layer_add_dense(layer, input, current);
        for (int unit = 0; unit < shape.out_length * 2; unit++) {
            double sum = (double)layer->bias[unit % 2];
            for (uint32_t k = 0; k < fan_in; k++)
                sum += (double)windows[(uint32_t)(unit / 2) * fan_in + k] *
                       (double)layer->weight[k * 2 + (uint32_t)unit % 2];
            assert_true(fabs(sum - (double)current[unit]) < 1e-5);
        }
        network_release(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gathering),
        cmocka_unit_test(test_scattering_is_the_adjoint),
        cmocka_unit_test(test_windows_times_weights),
    };
    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
