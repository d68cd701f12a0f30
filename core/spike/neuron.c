#include "core/spike/neuron.h"

#include <math.h>
#include <stdbool.h>

enum status neuron_derive(const struct neuron_params *params, struct neuron *neuron,
                          struct error *error)
{
    bool leaky = params->model == NEURON_LIF;
    real threshold = (real)params->threshold; /* a tiny one becomes 0, a huge one infinite */
    if (!isfinite(threshold) || threshold <= 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The threshold must be above 0.");
    if (!isfinite(params->dt) || params->dt <= 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The time step dt must be above 0.");
    if (leaky && !(isfinite(params->tau_mem) && params->tau_mem >= params->dt))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The membrane time constant must be at least one time step.");
    neuron->reset = params->reset;
    neuron->threshold = threshold;
    neuron->beta = leaky ? (real)(1 - params->dt / params->tau_mem) : 1;
    return STATUS_OK;
}

struct kernel_neuron neuron_kernel(const struct neuron *neuron)
{
    return (struct kernel_neuron){neuron->beta, neuron->threshold, neuron->reset == RESET_ZERO};
}

void neuron_step(const struct neuron *neuron, real *v, const real *current, real *spiked,
                 real *v_before_reset, size_t count)
{
    const struct kernel_neuron kernel = neuron_kernel(neuron);
    kernels_get()->fire(&kernel, v, current, spiked, v_before_reset, count);
}

uint32_t neuron_spiking_units(const real *spiked, size_t count, uint32_t *units)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        units[found] = (uint32_t)i; /* overwritten by the next one unless this unit spiked */
        found += spiked[i] != 0;
    }
    return found;
}
