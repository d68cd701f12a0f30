/*
 * The windows of a convolution over time as rows of a matrix, so that it becomes a matrix
 * product, and back.
 */
#ifndef SPIKELOOM_TRAIN_WINDOW_H
#define SPIKELOOM_TRAIN_WINDOW_H

#include "models/network.h"

#include <stddef.h>

/* input [rows][inputs] to windows [rows][out_length][fan_in]; padding reads as 0. */
void window_gather(const struct layer_shape *shape, const real *input, size_t rows, real *windows);

/* Its adjoint: input [rows][inputs] = for each input the sum of its places in the windows. */
void window_scatter(const struct layer_shape *shape, const real *windows, size_t rows, real *input);

#endif
