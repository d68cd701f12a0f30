#include "core/math/gemm.h"

#include <cblas.h>

static CBLAS_TRANSPOSE gemm_op(struct gemm_view view)
{
    return view.transposed ? CblasTrans : CblasNoTrans;
}

void gemm(size_t rows, size_t columns, size_t inner, real alpha, struct gemm_view a,
          struct gemm_view b, real beta, real *c, size_t c_stride)
{
#ifdef SPIKELOOM_REAL_DOUBLE
    cblas_dgemm(
#else
    cblas_sgemm(
#endif
        CblasRowMajor, gemm_op(a), gemm_op(b), (blasint)rows, (blasint)columns, (blasint)inner,
        alpha, a.values, (blasint)a.row_stride, b.values, (blasint)b.row_stride, beta, c,
        (blasint)c_stride);
}

static real gemm_element(struct gemm_view view, size_t row, size_t column)
{
    return view.transposed ? view.values[column * view.row_stride + row]
                           : view.values[row * view.row_stride + column];
}

void gemm_reference(size_t rows, size_t columns, size_t inner, real alpha, struct gemm_view a,
                    struct gemm_view b, real beta, real *c, size_t c_stride)
{
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            double sum = 0;
            for (size_t i = 0; i < inner; i++)
                sum += (double)gemm_element(a, row, i) * (double)gemm_element(b, i, column);
            real *element = &c[row * c_stride + column];
            *element = (real)((double)alpha * sum + (beta == 0 ? 0 : (double)beta * *element));
        }
    }
}

void gemm_transpose(const real *from, size_t rows, size_t columns, real *to, size_t to_stride)
{
#ifdef SPIKELOOM_REAL_DOUBLE
    cblas_domatcopy(
#else
    cblas_somatcopy(
#endif
        CblasRowMajor, CblasTrans, (blasint)rows, (blasint)columns, 1, from, (blasint)columns, to,
        (blasint)to_stride);
}

void gemm_use_one_thread(void)
{
    openblas_set_num_threads(1);
}

const char *gemm_library(void)
{
    return openblas_get_config();
}
