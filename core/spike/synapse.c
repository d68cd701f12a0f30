#include "core/spike/synapse.h"

#include "core/math/kernels.h"

void synapse_add_spikes(real *current, const real *weight, size_t num_post, const uint32_t *pre,
                        size_t num_spikes, int64_t first)
{
    kernels_get()->add_rows(current, weight, num_post, num_post, pre, num_spikes, first);
}

size_t synapse_add_analog(real *current, const real *weight, size_t num_post, const real *value,
                          size_t num_pre)
{
    return kernels_get()->add_scaled(current, weight, num_post, value, num_pre);
}

void synapse_add_dense(real *current, const real *weight, size_t num_post, const real *value,
                       size_t num_pre)
{
    for (size_t pre = 0; pre < num_pre; pre++)
        for (size_t post = 0; post < num_post; post++)
            current[post] += value[pre] * weight[pre * num_post + post];
}
