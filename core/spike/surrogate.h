/*
 * The surrogate derivative of the spike: back-propagation replaces the step function's derivative
 * by that of a fast sigmoid, 1 / (1 + slope |x|)^2 with x = v - threshold (Zenke and Ganguli,
 * "SuperSpike", Neural Computation 30, 2018). Also the logistic sigmoid's derivative, which the
 * membrane-potential rule of Roy, Panda and Roy 2019 uses.
 */
#ifndef SPIKELOOM_CORE_SPIKE_SURROGATE_H
#define SPIKELOOM_CORE_SPIKE_SURROGATE_H

#include "core/math/real.h"

#include <math.h>

static inline real surrogate_magnitude(real x)
{
    return x < 0 ? -x : x;
}

static inline real surrogate_fast_sigmoid(real x, real slope)
{
    real steepness = 1 + slope * surrogate_magnitude(x);
    return 1 / (steepness * steepness);
}

/*
 * The smooth function whose derivative surrogate_fast_sigmoid is, 1/2 at 0. Spikes replaced by it
 * make the network differentiable, so that gradients can be checked by finite differences.
 */
static inline real surrogate_fast_sigmoid_twin(real x, real slope)
{
    return (real)0.5 + x / (1 + slope * surrogate_magnitude(x));
}

/* s (1 - s) with s the logistic sigmoid of x; this form does not overflow. */
static inline real surrogate_logistic(real x)
{
    real s = (real)(1 / (1 + exp((double)-x)));
    return s * (1 - s);
}

#endif
