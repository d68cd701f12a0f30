/*
 * Products with a matrix of spikes S [rows][units], whose elements are 0 or 1: a row of the other
 * matrix is added for each spike, in place of a multiplication for each element. With vectors
 * of the processor it pays where at most three of five elements are spikes. Sums add what they begin with and then the rows in
 * ascending order, as inference does, with the same bits at every level (core/math/kernels.h).
 */
#ifndef SPIKELOOM_TRAIN_SPIKE_PRODUCT_H
#define SPIKELOOM_TRAIN_SPIKE_PRODUCT_H

#include "core/math/real.h"

#include <stdbool.h>
#include <stddef.h>

struct spike_product; /* what the products of one thread work with */

/* For up to so many rows and units; NULL when memory is out. */
struct spike_product *spike_product_new(size_t rows, size_t units);
void spike_product_free(struct spike_product *product); /* allows NULL */

/* Whether so few of the elements [rows][units] are spikes that it pays (measured). */
bool spike_product_pays(const real *spikes, size_t rows, size_t units);

/* out [rows][columns] = start [columns] + spikes [rows][units] matrix [units][columns] */
void spike_product_forward(struct spike_product *product, const real *spikes, size_t rows,
                           size_t units, const real *matrix, const real *start, size_t columns,
                           real *out);

/* out [units][columns] = the transpose of spikes [rows][units] times matrix [rows][columns] */
void spike_product_gradient(struct spike_product *product, const real *spikes, size_t rows,
                            size_t units, const real *matrix, size_t columns, real *out);

#endif
