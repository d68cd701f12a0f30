/*
 * Adam (Kingma and Ba, 2015) with decoupled weight decay (AdamW, Loshchilov and Hutter, 2019).
 */
#ifndef SPIKELOOM_TRAIN_ADAM_H
#define SPIKELOOM_TRAIN_ADAM_H

#include "core/math/kernels.h"
#include "core/math/real.h"

#include <stddef.h>
#include <stdint.h>

struct adam_params {
    double beta1, beta2, epsilon;
    double weight_decay; /* per update, times the learning rate */
};

extern const struct adam_params adam_default_params; /* 0.9, 0.999, 1e-8, no decay */

/* What all weights of one update share, computed once. */
struct adam_pace {
    struct kernel_adam constants;
};

/* The pace of an update; `update` counts from 1 and corrects the bias of the moments. */
struct adam_pace adam_pace(const struct adam_params *params, double learning_rate, uint64_t update);

/*
 * One update of weight [count] by gradient [count]; moment1 and moment2 [count] are the running
 * moments:
 *     m = beta1 m + (1 - beta1) g,  s = beta2 s + (1 - beta2) g^2,
 *     w -= learning_rate (m / (1 - beta1^update) / (sqrt(s / (1 - beta2^update)) + epsilon)
 *                         + weight_decay w)
 */
void adam_apply(const struct adam_pace *pace, real *weight, real *moment1, real *moment2,
                const real *gradient, size_t count);

/* Both at once. */
void adam_step(const struct adam_params *params, double learning_rate, uint64_t update,
               real *weight, real *moment1, real *moment2, const real *gradient, size_t count);

#endif
