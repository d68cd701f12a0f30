/* Kernels for x86-64-v4: bits of spikes, random numbers, Adam. */
#include "core/math/kernels_avx512.h"

#if defined(__x86_64__) && !defined(SPIKELOOM_REAL_DOUBLE)

#include <string.h>

/* Those of 16 units that are set, `left` units from the end; units has room for these. */
AVX512_INLINE size_t list_lanes(__mmask16 set, __m512i unit, size_t left, uint32_t *units)
{
    size_t size = (size_t)__builtin_popcount(_cvtmask16_u32(set));
    /* a whole vector ends before unit 16 would, were all set */
    __mmask16 room = left >= AVX512_LANES ? (__mmask16)0xFFFF : first_lanes(size);
    _mm512_mask_storeu_epi32(units, room, _mm512_maskz_compress_epi32(set, unit));
    return size;
}

AVX512 static uint32_t avx512_list_bits(const uint64_t *words, size_t count, uint32_t *units)
{
    __m512i unit = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    for (size_t at = 0; at < count; at += AVX512_LANES) {
        __mmask16 set = (__mmask16)(words[at / 64] >> at % 64) & first_lanes(count - at);
        found += list_lanes(set, unit, count - at, units + found);
        unit = _mm512_add_epi32(unit, _mm512_set1_epi32(AVX512_LANES));
    }
    return (uint32_t)found;
}

AVX512 static uint32_t avx512_list_nonzero(const float *values, size_t count, uint32_t *units)
{
    __m512i unit = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t found = 0;
    for (size_t at = 0; at < count; at += AVX512_LANES) {
        __m512 some = _mm512_maskz_loadu_ps(first_lanes(count - at), values + at);
        __mmask16 set = _mm512_cmp_ps_mask(some, _mm512_setzero_ps(), _CMP_NEQ_UQ);
        found += list_lanes(set, unit, count - at, units + found);
        unit = _mm512_add_epi32(unit, _mm512_set1_epi32(AVX512_LANES));
    }
    return (uint32_t)found;
}

enum { AVX512_MOST_ROWS = 255 }; /* that a byte can count */

/* Adds what 64 bits of up to 255 rows count to counts [count <= 64]. */
AVX512_INLINE void count_word(const uint64_t *words, size_t pitch, size_t num_rows, size_t count,
                              uint32_t *counts)
{
    __m512i bytes = _mm512_setzero_si512();
    for (size_t row = 0; row < num_rows; row++)
        bytes = _mm512_mask_sub_epi8(bytes, words[row * pitch], bytes, _mm512_set1_epi8(-1));
    uint8_t sums[64];
    _mm512_storeu_si512(sums, bytes);
    for (size_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512i more =
            _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(sums + i)));
        _mm512_mask_storeu_epi32(
            counts + i, lanes, _mm512_add_epi32(more, _mm512_maskz_loadu_epi32(lanes, counts + i)));
    }
}

AVX512 static void avx512_count_bits(const uint64_t *words, size_t pitch, size_t num_rows,
                                     size_t count, uint32_t *counts)
{
    memset(counts, 0, count * sizeof *counts);
    for (size_t row = 0; row < num_rows; row += AVX512_MOST_ROWS) {
        size_t rows = num_rows - row < AVX512_MOST_ROWS ? num_rows - row : AVX512_MOST_ROWS;
        for (size_t at = 0; at < count; at += 64)
            count_word(words + row * pitch + at / 64, pitch, rows,
                       count - at < 64 ? count - at : 64, counts + at);
    }
}

/*
 * Philox4x32-10 of core/base/rng.c, 8 counters at a time. Each word of the state has 64-bit lanes
 * of which the lower halves count; upper halves are what products leave there.
 */
AVX512_INLINE void philox(__m512i state[4], uint32_t key0, uint32_t key1)
{
    const __m512i factor0 = _mm512_set1_epi64(0xD2511F53), factor1 = _mm512_set1_epi64(0xCD9E8D57);
    UNROLL
    for (int round = 0; round < 10; round++) {
        __m512i product0 = _mm512_mul_epu32(state[0], factor0);
        __m512i product1 = _mm512_mul_epu32(state[2], factor1);
        __m512i round_key0 = _mm512_set1_epi64((uint32_t)(key0 + (uint32_t)round * 0x9E3779B9u));
        __m512i round_key1 = _mm512_set1_epi64((uint32_t)(key1 + (uint32_t)round * 0xBB67AE85u));
        state[0] = _mm512_ternarylogic_epi64(_mm512_srli_epi64(product1, 32), state[1], round_key0,
                                             0x96); /* of three: exclusive or */
        state[2] =
            _mm512_ternarylogic_epi64(_mm512_srli_epi64(product0, 32), state[3], round_key1, 0x96);
        state[1] = product1;
        state[3] = product0;
    }
}

/* The 32 numbers of 8 blocks that begin with `block`, in order. */
AVX512_INLINE void random_blocks(const struct rng *rng, uint32_t step, uint32_t block, __m512i *low,
                                 __m512i *high)
{
    const uint32_t index_low = (uint32_t)rng->index;
    const uint32_t index_high = (uint32_t)(rng->index >> 32) << 8 | (uint32_t)rng->stream;
    /* lanes in the order that unpacking makes good again */
    const __m512i order = _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
    __m512i state[4] = {_mm512_add_epi32(_mm512_set1_epi64(block), order), _mm512_set1_epi64(step),
                        _mm512_set1_epi64(index_low), _mm512_set1_epi64(index_high)};
    philox(state, (uint32_t)rng->seed, (uint32_t)(rng->seed >> 32));
    __m512i first = _mm512_mask_blend_epi32(0xAAAA, state[0], _mm512_slli_epi64(state[1], 32));
    __m512i second = _mm512_mask_blend_epi32(0xAAAA, state[2], _mm512_slli_epi64(state[3], 32));
    *low = _mm512_unpacklo_epi64(first, second);
    *high = _mm512_unpackhi_epi64(first, second);
}

AVX512 static void avx512_random(const struct rng *rng, uint32_t step, uint32_t first,
                                 uint32_t count, uint32_t *out)
{
    for (uint32_t done = 0; done < count; done += 2 * AVX512_LANES) {
        __m512i low, high;
        uint32_t left = count - done;
        random_blocks(rng, step, (first + done) / 4, &low, &high);
        _mm512_mask_storeu_epi32(out + done, first_lanes(left), low);
        if (left > AVX512_LANES)
            _mm512_mask_storeu_epi32(out + done + AVX512_LANES, first_lanes(left - AVX512_LANES),
                                     high);
    }
}

/* random < the whole part of a bound is the same as random + 1 <= the bound. */
AVX512_INLINE __mmask8 below(__m256 value, __m256i random, double probability)
{
    __m512d bound = _mm512_mul_pd(_mm512_cvtps_pd(value), _mm512_set1_pd(probability));
    bound = _mm512_mul_pd(bound, _mm512_set1_pd(0x1p32));
    __m512d next = _mm512_add_pd(_mm512_cvtepu32_pd(random), _mm512_set1_pd(1));
    return _mm512_cmp_pd_mask(next, bound, _CMP_LE_OQ);
}

AVX512 static void avx512_compare(const float *value, const uint32_t *random, size_t count,
                                  double probability, uint64_t *words)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i += 8) {
        __mmask8 lanes = (__mmask8)first_lanes(count - i < 8 ? count - i : 8);
        uint64_t found = below(_mm256_maskz_loadu_ps(lanes, value + i),
                               _mm256_maskz_loadu_epi32(lanes, random + i), probability);
        bits = i % 64 ? bits | found << i % 64 : found;
        words[i / 64] = bits;
    }
}

AVX512 static void avx512_adam(const struct kernel_adam *adam, float *weight, float *moment1,
                               float *moment2, const float *gradient, size_t count)
{
    const __m512 beta1 = _mm512_set1_ps(adam->beta1), rest1 = _mm512_set1_ps(adam->rest1);
    const __m512 beta2 = _mm512_set1_ps(adam->beta2), rest2 = _mm512_set1_ps(adam->rest2);
    const __m512 rate = _mm512_set1_ps(adam->rate), scale = _mm512_set1_ps(adam->scale);
    const __m512 epsilon = _mm512_set1_ps(adam->epsilon), decay = _mm512_set1_ps(adam->decay);
    for (size_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 lanes = first_lanes(count - i);
        __m512 g = _mm512_maskz_loadu_ps(lanes, gradient + i);
        __m512 w = _mm512_maskz_loadu_ps(lanes, weight + i);
        __m512 m = _mm512_add_ps(_mm512_mul_ps(beta1, _mm512_maskz_loadu_ps(lanes, moment1 + i)),
                                 _mm512_mul_ps(rest1, g));
        __m512 s = _mm512_add_ps(_mm512_mul_ps(beta2, _mm512_maskz_loadu_ps(lanes, moment2 + i)),
                                 _mm512_mul_ps(_mm512_mul_ps(rest2, g), g));
        __m512 root = _mm512_add_ps(_mm512_sqrt_ps(_mm512_mul_ps(s, scale)), epsilon);
        __m512 change =
            _mm512_add_ps(_mm512_div_ps(_mm512_mul_ps(rate, m), root), _mm512_mul_ps(decay, w));
        _mm512_mask_storeu_ps(moment1 + i, lanes, m);
        _mm512_mask_storeu_ps(moment2 + i, lanes, s);
        _mm512_mask_storeu_ps(weight + i, lanes, _mm512_sub_ps(w, change));
    }
}

void kernels_use_avx512(struct kernels *kernels)
{
    kernels_use_avx512_sums(kernels);
    kernels_use_avx512_layers(kernels);
    kernels->list_bits = avx512_list_bits;
    kernels->list_nonzero = avx512_list_nonzero;
    kernels->count_bits = avx512_count_bits;
    kernels->random = avx512_random;
    kernels->compare = avx512_compare;
    kernels->adam = avx512_adam;
}

#else

/* an empty file is not ISO C */
typedef int kernels_avx512_empty;

#endif
