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

static void neuron_step_zero(const struct neuron *neuron, real *restrict v,
                             const real *restrict current, real *restrict spiked,
                             real *restrict v_before_reset, size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real raised = v[i] * beta + current[i];
        raised = raised < threshold ? raised : threshold;
        real fires = raised >= threshold ? 1 : 0;
        v_before_reset[i] = raised;
        spiked[i] = fires;
        v[i] = raised >= threshold ? 0 : raised;
    }
}

static void neuron_step_subtract(const struct neuron *neuron, real *restrict v,
                                 const real *restrict current, real *restrict spiked,
                                 real *restrict v_before_reset, size_t count)
{
    const real beta = neuron->beta, threshold = neuron->threshold;
    for (size_t i = 0; i < count; i++) {
        real raised = v[i] * beta + current[i];
        real fires = raised >= threshold ? 1 : 0;
        v_before_reset[i] = raised;
        spiked[i] = fires;
        v[i] = raised - threshold * fires;
    }
}

/* Units handled at a time when the caller does not want the potentials before the reset. */
enum { NEURON_BLOCK = 256 };

void neuron_step(const struct neuron *neuron, real *v, const real *current, real *spiked,
                 real *v_before_reset, size_t count)
{
    real discarded[NEURON_BLOCK];
    for (size_t first = 0; first < count; first += NEURON_BLOCK) {
        size_t size = count - first < NEURON_BLOCK ? count - first : NEURON_BLOCK;
        real *before = v_before_reset ? v_before_reset + first : discarded;
        if (neuron->reset == RESET_ZERO)
            neuron_step_zero(neuron, v + first, current + first, spiked + first, before, size);
        else
            neuron_step_subtract(neuron, v + first, current + first, spiked + first, before, size);
    }
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
