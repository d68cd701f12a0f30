/*
 * Matrix products for training: C = alpha op(A) op(B) + beta C on row-major views, through
 * OpenBLAS, with a plain reference beside it. Inference never calls these: their order of
 * summation belongs to the library.
 */
#ifndef SPIKELOOM_CORE_MATH_GEMM_H
#define SPIKELOOM_CORE_MATH_GEMM_H

#include "core/math/real.h"

#include <stdbool.h>
#include <stddef.h>

/* A read-only row-major matrix; `transposed` means that op() swaps rows and columns. */
struct gemm_view {
    const real *values;
    size_t row_stride; /* elements from one stored row to the next */
    bool transposed;
};

/*
 * c [rows][columns] (row stride c_stride) = alpha op(a) [rows][inner] op(b) [inner][columns]
 * + beta c. Runs in the calling thread alone.
 */
void gemm(size_t rows, size_t columns, size_t inner, real alpha, struct gemm_view a,
          struct gemm_view b, real beta, real *c, size_t c_stride);

/* The same in plain loops. */
void gemm_reference(size_t rows, size_t columns, size_t inner, real alpha, struct gemm_view a,
                    struct gemm_view b, real beta, real *c, size_t c_stride);

/* to [columns][rows], whose rows are to_stride apart, = from [rows][columns], transposed. */
void gemm_transpose(const real *from, size_t rows, size_t columns, real *to, size_t to_stride);

/* Keeps OpenBLAS to the calling thread; call once before the first product. */
void gemm_use_one_thread(void);

/* What the library says of itself, for logs and benchmarks. */
const char *gemm_library(void);

#endif
