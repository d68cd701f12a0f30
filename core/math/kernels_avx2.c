/* Kernels for x86-64-v3: bits of spikes, random numbers, Adam. */
#include "core/math/kernels_avx2.h"
#include "core/math/popcount.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <string.h>

/* Every processor with AVX2 has this instruction as well. */
__attribute__((target("popcnt"))) static uint64_t avx2_count_ones(const uint64_t *words,
                                                                  size_t num_words)
{
    return popcount_ones(words, num_words);
}

__attribute__((target("popcnt"))) static void
avx2_count_differing(const uint64_t *row, const uint64_t *rows, size_t row_words, size_t num_rows,
                     uint32_t *counts)
{
    popcount_differing(row, rows, row_words, num_rows, counts);
}

/* Philox4x32-10 of core/base/rng.c, 4 counters at a time, in the lower halves of 64-bit lanes. */
AVX2_INLINE void philox(__m256i state[4], uint32_t key0, uint32_t key1)
{
    const __m256i factor0 = _mm256_set1_epi64x(0xD2511F53),
                  factor1 = _mm256_set1_epi64x(0xCD9E8D57);
    UNROLL
    for (int round = 0; round < 10; round++) {
        __m256i product0 = _mm256_mul_epu32(state[0], factor0);
        __m256i product1 = _mm256_mul_epu32(state[2], factor1);
        __m256i round_key0 = _mm256_set1_epi64x((uint32_t)(key0 + (uint32_t)round * 0x9E3779B9u));
        __m256i round_key1 = _mm256_set1_epi64x((uint32_t)(key1 + (uint32_t)round * 0xBB67AE85u));
        state[0] = _mm256_xor_si256(_mm256_srli_epi64(product1, 32),
                                    _mm256_xor_si256(state[1], round_key0));
        state[2] = _mm256_xor_si256(_mm256_srli_epi64(product0, 32),
                                    _mm256_xor_si256(state[3], round_key1));
        state[1] = product1;
        state[3] = product0;
    }
}

/* The 16 numbers of 4 blocks that begin with `block`, in order. */
AVX2_INLINE void random_blocks(const struct rng *rng, uint32_t step, uint32_t block, uint32_t *out)
{
    const uint32_t index_low = (uint32_t)rng->index;
    const uint32_t index_high = (uint32_t)(rng->index >> 32) << 8 | (uint32_t)rng->stream;
    /* lanes in the order that unpacking makes good again */
    const __m256i order = _mm256_setr_epi64x(0, 2, 1, 3);
    __m256i state[4] = {_mm256_add_epi32(_mm256_set1_epi64x(block), order),
                        _mm256_set1_epi64x(step), _mm256_set1_epi64x(index_low),
                        _mm256_set1_epi64x(index_high)};
    philox(state, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32));
    __m256i first = _mm256_blend_epi32(state[0], _mm256_slli_epi64(state[1], 32), 0xAA);
    __m256i second = _mm256_blend_epi32(state[2], _mm256_slli_epi64(state[3], 32), 0xAA);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_unpacklo_epi64(first, second));
    _mm256_storeu_si256((__m256i *)(void *)(out + 8), _mm256_unpackhi_epi64(first, second));
}

AVX2 static void avx2_random(const struct rng *rng, uint32_t step, uint32_t first, uint32_t count,
                             uint32_t *out)
{
    uint32_t done = 0;
    for (; count - done >= 16; done += 16)
        random_blocks(rng, step, (first + done) / 4, out + done);
    if (done < count) {
        uint32_t last[16];
        random_blocks(rng, step, (first + done) / 4, last);
        memcpy(out + done, last, (count - done) * sizeof *out);
    }
}

/*
 * random < the whole part of a bound is the same as random + 1 <= the bound. As the lower half of
 * 2^52, a number is a double without a conversion.
 */
AVX2_INLINE unsigned below(__m128 value, __m128i random, double probability)
{
    __m256d bound = _mm256_mul_pd(_mm256_cvtps_pd(value), _mm256_set1_pd(probability));
    bound = _mm256_mul_pd(bound, _mm256_set1_pd(0x1p32));
    __m256d next =
        _mm256_or_pd(_mm256_castsi256_pd(_mm256_cvtepu32_epi64(random)), _mm256_set1_pd(0x1p52));
    next = _mm256_sub_pd(next, _mm256_set1_pd(0x1p52 - 1));
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(next, bound, _CMP_LE_OQ));
}

AVX2 static void avx2_compare(const float *value, const uint32_t *random, size_t count,
                              double probability, uint64_t *words)
{
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        uint64_t bits = 0;
        for (size_t k = 0; k < 64; k += 4)
            bits |=
                (uint64_t)below(_mm_loadu_ps(value + i + k),
                                _mm_loadu_si128((const __m128i *)(const void *)(random + i + k)),
                                probability)
                << k;
        words[i / 64] = bits;
    }
    if (i < count)
        kernels_plain.compare(value + i, random + i, count - i, probability, words + i / 64);
}

AVX2 static void avx2_adam(const struct kernel_adam *adam, float *weight, float *moment1,
                           float *moment2, const float *gradient, size_t count)
{
    const __m256 beta1 = _mm256_set1_ps(adam->beta1), rest1 = _mm256_set1_ps(adam->rest1);
    const __m256 beta2 = _mm256_set1_ps(adam->beta2), rest2 = _mm256_set1_ps(adam->rest2);
    const __m256 rate = _mm256_set1_ps(adam->rate), scale = _mm256_set1_ps(adam->scale);
    const __m256 epsilon = _mm256_set1_ps(adam->epsilon), decay = _mm256_set1_ps(adam->decay);
    size_t i = 0;
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 g = _mm256_loadu_ps(gradient + i), w = _mm256_loadu_ps(weight + i);
        __m256 m = _mm256_add_ps(_mm256_mul_ps(beta1, _mm256_loadu_ps(moment1 + i)),
                                 _mm256_mul_ps(rest1, g));
        __m256 s = _mm256_add_ps(_mm256_mul_ps(beta2, _mm256_loadu_ps(moment2 + i)),
                                 _mm256_mul_ps(_mm256_mul_ps(rest2, g), g));
        __m256 root = _mm256_add_ps(_mm256_sqrt_ps(_mm256_mul_ps(s, scale)), epsilon);
        __m256 change =
            _mm256_add_ps(_mm256_div_ps(_mm256_mul_ps(rate, m), root), _mm256_mul_ps(decay, w));
        _mm256_storeu_ps(moment1 + i, m);
        _mm256_storeu_ps(moment2 + i, s);
        _mm256_storeu_ps(weight + i, _mm256_sub_ps(w, change));
    }
    kernels_plain.adam(adam, weight + i, moment1 + i, moment2 + i, gradient + i, count - i);
}

enum { AVX2_MOST_ROWS = 255 }; /* that a byte can count */

/* Adds what the 32 bits at `shift` of up to 255 rows count to counts [32]. */
AVX2_INLINE void count_half(const uint64_t *words, unsigned shift, size_t pitch, size_t num_rows,
                            uint32_t *counts)
{
    const __m256i spread = _mm256_setr_epi64x(0x0000000000000000, 0x0101010101010101,
                                              0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
    __m256i bytes = _mm256_setzero_si256();
    for (size_t row = 0; row < num_rows; row++) {
        uint32_t half = (uint32_t)(words[row * pitch] >> shift);
        __m256i set = _mm256_shuffle_epi8(_mm256_set1_epi32((int)half), spread);
        bytes = _mm256_sub_epi8(bytes, _mm256_cmpeq_epi8(_mm256_and_si256(set, bit), bit));
    }
    uint8_t sums[32];
    _mm256_storeu_si256((__m256i *)(void *)sums, bytes);
    for (int i = 0; i < 32; i++)
        counts[i] += sums[i];
}

AVX2 static void avx2_count_bits(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                                 uint32_t *counts)
{
    size_t whole = count / 32 * 32;
    memset(counts, 0, count * sizeof *counts);
    for (size_t row = 0, rows; row < num_rows; row += rows) {
        rows = num_rows - row < AVX2_MOST_ROWS ? num_rows - row : AVX2_MOST_ROWS;
        for (size_t at = 0; at < whole; at += 32)
            count_half(words + row * pitch + at / 64, at % 64, pitch, rows, counts + at);
    }
    for (size_t row = 0; row < num_rows; row++)
        for (size_t at = whole; at < count; at++)
            counts[at] += words[row * pitch + at / 64] >> at % 64 & 1;
}

void kernels_use_avx2(struct kernels *kernels)
{
    kernels_use_avx2_sums(kernels);
    kernels_use_avx2_layers(kernels);
    kernels->count_ones = avx2_count_ones;
    kernels->count_differing = avx2_count_differing;
    kernels->count_bits = avx2_count_bits;
    kernels->random = avx2_random;
    kernels->compare = avx2_compare;
    kernels->adam = avx2_adam;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx2_empty;

#endif
