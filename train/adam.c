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

void adam_step(const struct adam_params *params, double learning_rate, uint64_t update,
               real *restrict weight, real *restrict moment1, real *restrict moment2,
               const real *restrict gradient, size_t count)
{
    const real beta1 = (real)params->beta1, beta2 = (real)params->beta2;
    const real rest1 = (real)(1 - params->beta1), rest2 = (real)(1 - params->beta2);
    const real pace = (real)(learning_rate / (1 - pow(params->beta1, (double)update)));
    const real scale = (real)(1 / (1 - pow(params->beta2, (double)update)));
    const real epsilon = (real)params->epsilon;
    const real decay = (real)(learning_rate * params->weight_decay);
    for (size_t i = 0; i < count; i++) {
        real g = gradient[i];
        real m = beta1 * moment1[i] + rest1 * g;
        real s = beta2 * moment2[i] + rest2 * g * g;
        moment1[i] = m;
        moment2[i] = s;
        weight[i] -= pace * m / (square_root(s * scale) + epsilon) + decay * weight[i];
    }
}
