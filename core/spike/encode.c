#include "core/spike/encode.h"

enum status encode_rate_check(double max_rate_hz, double dt, const real *value, size_t count,
                              struct error *error)
{
    if (!(max_rate_hz * dt > 0 && max_rate_hz * dt <= 1))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A rate of %g Hz at steps of %g s is no probability.", max_rate_hz, dt);
    for (size_t i = 0; i < count; i++)
        if (!(value[i] >= 0 && value[i] <= 1))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Value %zu is outside 0..1 and cannot be coded as a rate.", i);
    return STATUS_OK;
}

/* A 32-bit random number below this makes a spike. */
static uint64_t encode_rate_bound(real value, double probability)
{
    return (uint64_t)((double)value * probability * 0x1p32);
}

uint32_t encode_rate(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                     double max_rate_hz, double dt, uint32_t *random, uint32_t *units)
{
    uint32_t found = 0;
    rng_fill(rng, step, 0, count, random);
    for (uint32_t i = 0; i < count; i++) {
        units[found] = i; /* overwritten by the next one unless this unit spikes */
        found += random[i] < encode_rate_bound(value[i], max_rate_hz * dt);
    }
    return found;
}

void encode_rate_dense(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                       double max_rate_hz, double dt, uint32_t *random, real *spiked)
{
    rng_fill(rng, step, 0, count, random);
    for (uint32_t i = 0; i < count; i++)
        spiked[i] = random[i] < encode_rate_bound(value[i], max_rate_hz * dt) ? 1 : 0;
}
