#include "train/adam.h"

#include <math.h>

const struct adam_params adam_default_params = {0.9, 0.999, 1e-8, 0};

struct adam_pace adam_pace(const struct adam_params *params, double learning_rate, uint64_t update)
{
    return (struct adam_pace){
        {.beta1 = (real)params->beta1,
         .beta2 = (real)params->beta2,
         .rest1 = (real)(1 - params->beta1),
         .rest2 = (real)(1 - params->beta2),
         .rate = (real)(learning_rate / (1 - pow(params->beta1, (double)update))),
         .scale = (real)(1 / (1 - pow(params->beta2, (double)update))),
         .epsilon = (real)params->epsilon,
         .decay = (real)(learning_rate * params->weight_decay)}};
}

void adam_apply(const struct adam_pace *pace, real *weight, real *moment1, real *moment2,
                const real *gradient, size_t count)
{
    kernels_get()->adam(&pace->constants, weight, moment1, moment2, gradient, count);
}

void adam_step(const struct adam_params *params, double learning_rate, uint64_t update,
               real *weight, real *moment1, real *moment2, const real *gradient, size_t count)
{
    struct adam_pace pace = adam_pace(params, learning_rate, update);
    adam_apply(&pace, weight, moment1, moment2, gradient, count);
}
