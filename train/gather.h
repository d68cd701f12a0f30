/*
 * Sums of a matrix's rows, each times a factor, where few factors are not 0: a product with a
 * sparse vector. Every element of the sum adds its rows in their order, in vectors where the
 * processor has them (core/base/cpu.h), with the same bits.
 */
#ifndef SPIKELOOM_TRAIN_GATHER_H
#define SPIKELOOM_TRAIN_GATHER_H

#include "core/math/real.h"

#include <stddef.h>

/*
 * sum [columns] += scale value[i] times row i of matrix [count][columns], whose rows are `stride`
 * apart; rows whose value is 0 are passed over.
 */
void gather_rows(const real *value, size_t count, real scale, const real *matrix, size_t stride,
                 size_t columns, real *sum);

/* How many of them are not 0. */
size_t gather_count(const real *value, size_t count);

#endif
