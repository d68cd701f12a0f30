#include "train/gather.h"

#include "core/base/cpu.h"

#include <stdint.h>
#include <string.h>

#define GATHER_INLINE static inline __attribute__((always_inline))

enum { GATHER_ROWS = 256 }; /* listed at a time */

/* The rows that count, times what. */
struct listed {
    size_t count;
    uint32_t row[GATHER_ROWS];
    real factor[GATHER_ROWS];
};

/*
 * Adds the listed rows to as many vectors of sums as are written out here, small enough for
 * registers: compilers that are left to find vectors in loops take two rows at a time instead.
 */
#define GATHER_ADD(name, vector)                                                                   \
    GATHER_INLINE void name##_4(const struct listed *listed, const real *matrix, size_t stride,    \
                                real *sum)                                                         \
    {                                                                                              \
        const size_t width = sizeof(vector) / sizeof *sum;                                         \
        vector s0, s1, s2, s3, x;                                                                  \
        memcpy(&s0, sum + 0 * width, sizeof x);                                                    \
        memcpy(&s1, sum + 1 * width, sizeof x);                                                    \
        memcpy(&s2, sum + 2 * width, sizeof x);                                                    \
        memcpy(&s3, sum + 3 * width, sizeof x);                                                    \
        for (size_t i = 0; i < listed->count; i++) {                                               \
            const real *row = matrix + listed->row[i] * stride, factor = listed->factor[i];        \
            memcpy(&x, row + 0 * width, sizeof x);                                                 \
            s0 += x * factor;                                                                      \
            memcpy(&x, row + 1 * width, sizeof x);                                                 \
            s1 += x * factor;                                                                      \
            memcpy(&x, row + 2 * width, sizeof x);                                                 \
            s2 += x * factor;                                                                      \
            memcpy(&x, row + 3 * width, sizeof x);                                                 \
            s3 += x * factor;                                                                      \
        }                                                                                          \
        memcpy(sum + 0 * width, &s0, sizeof x);                                                    \
        memcpy(sum + 1 * width, &s1, sizeof x);                                                    \
        memcpy(sum + 2 * width, &s2, sizeof x);                                                    \
        memcpy(sum + 3 * width, &s3, sizeof x);                                                    \
    }                                                                                              \
    GATHER_INLINE void name##_1(const struct listed *listed, const real *matrix, size_t stride,    \
                                real *sum)                                                         \
    {                                                                                              \
        vector s, x;                                                                               \
        memcpy(&s, sum, sizeof s);                                                                 \
        for (size_t i = 0; i < listed->count; i++) {                                               \
            memcpy(&x, matrix + listed->row[i] * stride, sizeof x);                                \
            s += x * listed->factor[i];                                                            \
        }                                                                                          \
        memcpy(sum, &s, sizeof s);                                                                 \
    }

typedef real vector16 __attribute__((vector_size(16)));
typedef real vector32 __attribute__((vector_size(32)));
typedef real vector64 __attribute__((vector_size(64)));

GATHER_ADD(add_16_bytes, vector16)
GATHER_ADD(add_32_bytes, vector32)
GATHER_ADD(add_64_bytes, vector64)

GATHER_INLINE void add_one(const struct listed *listed, const real *matrix, size_t stride,
                           real *sum)
{
    for (size_t i = 0; i < listed->count; i++)
        *sum += matrix[listed->row[i] * stride] * listed->factor[i];
}

typedef void adder(const struct listed *listed, const real *matrix, size_t stride, real *sum);

GATHER_INLINE size_t add_columns(const struct listed *listed, const real *matrix, size_t stride,
                                 size_t column, size_t columns, size_t width, adder *add, real *sum)
{
    for (; column + width <= columns; column += width)
        add(listed, matrix + column, stride, sum + column);
    return column;
}

/* With vectors of so many bytes. */
GATHER_INLINE void add_listed(const struct listed *listed, const real *matrix, size_t stride,
                              size_t columns, size_t bytes, real *sum)
{
    size_t at = 0, width = bytes / sizeof *sum, least = 16 / sizeof *sum;
    adder *four = bytes == 64 ? add_64_bytes_4 : bytes == 32 ? add_32_bytes_4 : add_16_bytes_4;
    adder *one = bytes == 64 ? add_64_bytes_1 : bytes == 32 ? add_32_bytes_1 : add_16_bytes_1;
    at = add_columns(listed, matrix, stride, at, columns, 4 * width, four, sum);
    at = add_columns(listed, matrix, stride, at, columns, width, one, sum);
    at = add_columns(listed, matrix, stride, at, columns, least, add_16_bytes_1, sum);
    add_columns(listed, matrix, stride, at, columns, 1, add_one, sum);
}

GATHER_INLINE void add_rows(const real *value, size_t count, real scale, const real *matrix,
                            size_t stride, size_t columns, size_t bytes, real *sum)
{
    struct listed listed;
    for (size_t first = 0; first < count; first += GATHER_ROWS) {
        size_t rest = count - first, end = rest < GATHER_ROWS ? count : first + GATHER_ROWS;
        listed.count = 0;
        for (size_t i = first; i < end; i++) {
            listed.row[listed.count] = (uint32_t)i; /* overwritten by the next one if it is 0 */
            listed.factor[listed.count] = scale * value[i];
            listed.count += value[i] != 0;
        }
        add_listed(&listed, matrix, stride, columns, bytes, sum);
    }
}

GATHER_INLINE size_t count_values(const real *value, size_t count)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += value[i] != 0;
    return found;
}

#ifdef __x86_64__
#define GATHER_AVX2   __attribute__((target("avx2")))
#define GATHER_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

GATHER_AVX2 static void add_rows_avx2(const real *value, size_t count, real scale,
                                      const real *matrix, size_t stride, size_t columns, real *sum)
{
    add_rows(value, count, scale, matrix, stride, columns, 32, sum);
}

GATHER_AVX512 static void add_rows_avx512(const real *value, size_t count, real scale,
                                          const real *matrix, size_t stride, size_t columns,
                                          real *sum)
{
    add_rows(value, count, scale, matrix, stride, columns, 64, sum);
}

GATHER_AVX2 static size_t count_values_avx2(const real *value, size_t count)
{
    return count_values(value, count);
}
#endif

void gather_rows(const real *value, size_t count, real scale, const real *matrix, size_t stride,
                 size_t columns, real *sum)
{
#ifdef __x86_64__
    if (cpu_level() >= CPU_AVX512) {
        add_rows_avx512(value, count, scale, matrix, stride, columns, sum);
        return;
    }
    if (cpu_level() >= CPU_AVX2) {
        add_rows_avx2(value, count, scale, matrix, stride, columns, sum);
        return;
    }
#endif
    add_rows(value, count, scale, matrix, stride, columns, 16, sum);
}

size_t gather_count(const real *value, size_t count)
{
#ifdef __x86_64__
    if (cpu_level() >= CPU_AVX2)
        return count_values_avx2(value, count);
#endif
    return count_values(value, count);
}
