/*
 * Counter-based random numbers: Philox4x32 with 10 rounds (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A value is a pure function of
 * (seed, stream, index, step, unit), so that results do not depend on the order of calls, on the
 * number of threads or on the batch a sample happens to share.
 */
#ifndef SPIKELOOM_CORE_BASE_RNG_H
#define SPIKELOOM_CORE_BASE_RNG_H

#include <stdint.h>

/* What the numbers are for; streams never overlap. Values are part of the checkpoint contract. */
enum rng_stream {
    RNG_STREAM_ENCODE = 1,  /* rate coding of an input */
    RNG_STREAM_INIT = 2,    /* initial weights */
    RNG_STREAM_SHUFFLE = 3, /* order of samples in an epoch */
    RNG_STREAM_AUGMENT = 4, /* augmentation */
    RNG_STREAM_DROPOUT = 5,
    RNG_STREAM_SPLIT = 6,      /* division of a data set */
    RNG_STREAM_TARGET = 7,     /* target spike trains and choices among target images */
    RNG_STREAM_CONDITION = 9,  /* noise that speech is scored in */
    RNG_STREAM_ACOUSTICS = 10, /* how a recording is varied for training */
    RNG_STREAM_MASK = 11       /* noise in which a recording is heard again */
};

struct rng {
    uint64_t seed;
    uint64_t index; /* which sample, epoch or tensor; below 2^56 */
    enum rng_stream stream;
};

/* One Philox4x32-10 block, exposed for its known-answer test. */
void rng_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 32 random bits for (step, unit). */
uint32_t rng_u32(const struct rng *rng, uint32_t step, uint32_t unit);

/* The 32-bit values of units first .. first+count-1 of one step; first is a multiple of 4. */
void rng_fill(const struct rng *rng, uint32_t step, uint32_t first, uint32_t count, uint32_t *out);

/* Uniform in [0, 1), 24 bits. */
float rng_uniform(const struct rng *rng, uint32_t step, uint32_t unit);

/* Uniform integer in [0, bound), bound >= 1. The bias is below bound / 2^32. */
uint32_t rng_below(const struct rng *rng, uint32_t step, uint32_t unit, uint32_t bound);

/* A random order of 0 .. count-1 (Fisher and Yates), written to `order`. */
void rng_shuffle(const struct rng *rng, uint32_t *order, uint32_t count);

#endif
