/*
 * Activation functions of analog units. They use no exponential of the mathematical library, which
 * may round differently from processor to processor.
 */
#ifndef SPIKELOOM_CORE_MATH_ACTIVATION_H
#define SPIKELOOM_CORE_MATH_ACTIVATION_H

#include "core/math/real.h"

#include <stddef.h>

/* max(x, 0); 0 where x is no number. */
static inline real activation_relu(real x)
{
    return x > 0 ? x : 0;
}

/* The logistic sigmoid 1 / (1 + e^-x), exact to a few units in the last place of a double. */
real activation_sigmoid(real x);

/* The same of each of values [count], in their place: the same bits. */
void activation_sigmoid_each(real *values, size_t count);

#endif
