#include "core/base/rng.h"

enum { RNG_ROUNDS = 10 };

void rng_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < RNG_ROUNDS; round++) {
        uint64_t product0 = (uint64_t)0xD2511F53u * c0;
        uint64_t product1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void rng_block_at(const struct rng *rng, uint32_t step, uint32_t block, uint32_t out[4])
{
    const uint32_t key[2] = {(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)};
    const uint32_t counter[4] = {block, step, (uint32_t)rng->index,
                                 (uint32_t)(rng->index >> 32) << 8 | (uint32_t)rng->stream};
    rng_block(counter, key, out);
}

uint32_t rng_u32(const struct rng *rng, uint32_t step, uint32_t unit)
{
    uint32_t out[4];
    rng_block_at(rng, step, unit / 4, out);
    return out[unit % 4];
}

void rng_fill(const struct rng *rng, uint32_t step, uint32_t first, uint32_t count, uint32_t *out)
{
    uint32_t done = 0;
    for (; count - done >= 4; done += 4)
        rng_block_at(rng, step, (first + done) / 4, out + done);
    if (done < count) {
        uint32_t last[4];
        rng_block_at(rng, step, (first + done) / 4, last);
        for (uint32_t i = 0; done < count; i++, done++)
            out[done] = last[i];
    }
}

float rng_uniform(const struct rng *rng, uint32_t step, uint32_t unit)
{
    return (float)(rng_u32(rng, step, unit) >> 8) * 0x1p-24f;
}

uint32_t rng_below(const struct rng *rng, uint32_t step, uint32_t unit, uint32_t bound)
{
    return (uint32_t)(((uint64_t)rng_u32(rng, step, unit) * bound) >> 32);
}

void rng_shuffle(const struct rng *rng, uint32_t *order, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = rng_below(rng, 0, i, i);
        uint32_t swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}
