#include "train/window.h"

#include "models/layer.h"

#include <string.h>

void window_gather(const struct layer_shape *shape, const real *input, size_t rows, real *windows)
{
    size_t inputs = layer_num_inputs(shape), fan_in = layer_fan_in(shape);
    memset(windows, 0, rows * (size_t)shape->out_length * fan_in * sizeof *windows);
    for (size_t row = 0; row < rows; row++) {
        for (int position = 0; position < shape->out_length; position++) {
            struct layer_window window = layer_window(shape, position);
            memcpy(windows + (size_t)(window.first - window.origin),
                   input + row * inputs + window.first,
                   (window.last - window.first) * sizeof *windows);
            windows += fan_in;
        }
    }
}

void window_scatter(const struct layer_shape *shape, const real *windows, size_t rows, real *input)
{
    size_t inputs = layer_num_inputs(shape), fan_in = layer_fan_in(shape);
    memset(input, 0, rows * inputs * sizeof *input);
    for (size_t row = 0; row < rows; row++) {
        for (int position = 0; position < shape->out_length; position++) {
            struct layer_window window = layer_window(shape, position);
            const real *from = windows + (size_t)(window.first - window.origin);
            real *to = input + row * inputs;
            for (uint32_t unit = window.first; unit < window.last; unit++)
                to[unit] += from[unit - window.first];
            windows += fan_in;
        }
    }
}
