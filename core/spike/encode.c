#include "core/spike/encode.h"

#include "core/math/kernels.h"

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

/* Units whose spikes are drawn at a time; as bits, a few words. */
enum { ENCODE_BLOCK = 1024 };

uint32_t encode_rate(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                     double max_rate_hz, double dt, uint32_t *random, uint32_t *units)
{
    uint64_t words[ENCODE_BLOCK / 64];
    uint32_t found = 0;
    kernels_get()->random(rng, step, 0, count, random);
    for (uint32_t first = 0; first < count; first += ENCODE_BLOCK) {
        uint32_t size = count - first < ENCODE_BLOCK ? count - first : ENCODE_BLOCK;
        kernels_get()->compare(value + first, random + first, size, max_rate_hz * dt, words);
        uint32_t more = kernels_get()->list_bits(words, size, units + found);
        for (uint32_t i = 0; i < more && first; i++)
            units[found + i] += first;
        found += more;
    }
    return found;
}

void encode_rate_dense(const struct rng *rng, uint32_t step, const real *value, uint32_t count,
                       double max_rate_hz, double dt, uint32_t *random, real *spiked)
{
    uint64_t words[ENCODE_BLOCK / 64];
    kernels_get()->random(rng, step, 0, count, random);
    for (uint32_t first = 0; first < count; first += ENCODE_BLOCK) {
        uint32_t size = count - first < ENCODE_BLOCK ? count - first : ENCODE_BLOCK;
        kernels_get()->compare(value + first, random + first, size, max_rate_hz * dt, words);
        for (uint32_t i = 0; i < size; i++)
            spiked[first + i] = (real)(words[i / 64] >> i % 64 & 1);
    }
}
