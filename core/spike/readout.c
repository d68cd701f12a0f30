#include "core/spike/readout.h"

void readout_spike_count(const struct raster *raster, uint32_t num_steps, uint32_t *counts,
                         real *value)
{
    raster_unit_counts(raster, num_steps, counts);
    for (uint32_t unit = 0; unit < raster->num_units; unit++)
        value[unit] = (real)counts[unit] / (real)raster->num_steps;
}

void readout_membrane(const real *v, uint32_t num_steps, size_t num_units, real threshold,
                      real *value)
{
    for (size_t unit = 0; unit < num_units; unit++) {
        real sum = 0;
        for (uint32_t step = 0; step < num_steps; step++)
            sum += v[step * num_units + unit];
        real mean = sum / ((real)num_steps * threshold);
        value[unit] = mean < 0 ? 0 : mean > 1 ? 1 : mean;
    }
}
