#include "train/adam.h"

#include <math.h>

const struct adam_params adam_default_params = {0.9, 0.999, 1e-8, 0};

static real square_root(real x)
{
#ifdef SPIKELOOM_REAL_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

struct adam_pace adam_pace(const struct adam_params *params, double learning_rate, uint64_t update)
{
    return (struct adam_pace){.beta1 = (real)params->beta1,
                              .beta2 = (real)params->beta2,
                              .rest1 = (real)(1 - params->beta1),
                              .rest2 = (real)(1 - params->beta2),
                              .rate =
                                  (real)(learning_rate / (1 - pow(params->beta1, (double)update))),
                              .scale = (real)(1 / (1 - pow(params->beta2, (double)update))),
                              .epsilon = (real)params->epsilon,
                              .decay = (real)(learning_rate * params->weight_decay)};
}

void adam_apply(const struct adam_pace *pace, real *restrict weight, real *restrict moment1,
                real *restrict moment2, const real *restrict gradient, size_t count)
{
    const struct adam_pace p = *pace;
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = p.beta1 * moment1[i] + p.rest1 * g;
        real s = p.beta2 * moment2[i] + p.rest2 * g * g;
        moment1[i] = m;
        moment2[i] = s;
        weight[i] -= p.rate * m / (square_root(s * p.scale) + p.epsilon) + p.decay * weight[i];
    }
}

void adam_step(const struct adam_params *params, double learning_rate, uint64_t update,
               real *weight, real *moment1, real *moment2, const real *gradient, size_t count)
{
    struct adam_pace pace = adam_pace(params, learning_rate, update);
    adam_apply(&pace, weight, moment1, moment2, gradient, count);
}
