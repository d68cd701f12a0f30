/*
 * Counting bits in plain C, for the plain kernels and, compiled with its instruction, for levels
 * whose processors have one.
 */
#ifndef SPIKELOOM_CORE_MATH_POPCOUNT_H
#define SPIKELOOM_CORE_MATH_POPCOUNT_H

#include <stddef.h>
#include <stdint.h>

#define POPCOUNT_INLINE static inline __attribute__((always_inline))

/* struct kernels, count_ones */
POPCOUNT_INLINE uint64_t popcount_ones(const uint64_t *words, size_t num_words)
{
    uint64_t count = 0;
    for (size_t w = 0; w < num_words; w++)
        count += (uint64_t)__builtin_popcountll(words[w]);
    return count;
}

/* struct kernels, count_differing */
POPCOUNT_INLINE void popcount_differing(const uint64_t *row, const uint64_t *rows, size_t row_words,
                                        size_t num_rows, uint32_t *counts)
{
    for (size_t i = 0; i < num_rows; i++, rows += row_words) {
        int count = 0;
        for (size_t w = 0; w < row_words; w++)
            count += __builtin_popcountll(row[w] ^ rows[w]);
        counts[i] = (uint32_t)count;
    }
}

#endif
