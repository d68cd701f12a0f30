/* The library's matrix products against plain loops, and those against a product by hand. */
#include "core/base/rng.h"
#include "core/math/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_SIDE = 40, PADDING = 3, MAX_VALUES = MAX_SIDE * (MAX_SIDE + PADDING) };

struct problem {
    size_t rows, columns, inner;
    bool a_transposed, b_transposed;
    size_t padding; /* values between the rows, in all three */
    real alpha, beta;
};

static void fill(real *values, uint64_t index)
{
    const struct rng rng = {.seed = 9, .index = index, .stream = RNG_STREAM_INIT};
    for (uint32_t i = 0; i < MAX_VALUES; i++)
        values[i] = 2 * (real)rng_uniform(&rng, 0, i) - 1;
}

static void check_problem(const struct problem *p)
{
    static real a[MAX_VALUES], b[MAX_VALUES], c[MAX_VALUES], expected[MAX_VALUES];
    fill(a, 1);
    fill(b, 2);
    fill(c, 3);
    memcpy(expected, c, sizeof c);
    struct gemm_view view_a = {a, (p->a_transposed ? p->rows : p->inner) + p->padding,
                               p->a_transposed};
    struct gemm_view view_b = {b, (p->b_transposed ? p->inner : p->columns) + p->padding,
                               p->b_transposed};
    size_t stride = p->columns + p->padding;
    gemm(p->rows, p->columns, p->inner, p->alpha, view_a, view_b, p->beta, c, stride);
    gemm_reference(p->rows, p->columns, p->inner, p->alpha, view_a, view_b, p->beta, expected,
                   stride);
    for (size_t i = 0; i < MAX_VALUES; i++) {
        bool inside = i / stride < p->rows && i % stride < p->columns;
        double difference = fabs((double)c[i] - (double)expected[i]);
        assert_true(inside ? difference < 2e-5 : difference == 0);
    }
}

static void test_all_shapes_and_transpositions(void **state)
{
    (void)state;
    static const size_t sides[] = {1, 2, 7, 16, 33, 40};
    for (int i = 0; i < 6 * 6 * 6 * 8; i++) {
        struct problem problem = {.rows = sides[i % 6],
                                  .columns = sides[i / 6 % 6],
                                  .inner = sides[i / 36 % 6],
                                  .a_transposed = i / 216 & 1,
                                  .b_transposed = i / 216 & 2,
                                  .padding = i / 216 & 4 ? PADDING : 0,
                                  .alpha = 1,
                                  .beta = 0};
        check_problem(&problem);
    }
}

static void test_scales(void **state)
{
    (void)state;
    static const real scales[] = {0, 1, -1, (real)0.5, 2};
    for (int i = 0; i < 25; i++) {
        struct problem problem = {.rows = 5,
                                  .columns = 9,
                                  .inner = 13,
                                  .a_transposed = i % 2,
                                  .padding = 1,
                                  .alpha = scales[i % 5],
                                  .beta = scales[i / 5]};
        check_problem(&problem);
    }
}

static void test_transposed_rows_are_columns(void **state)
{
    (void)state;
    static real from[MAX_VALUES], to[MAX_VALUES];
    static const size_t sides[] = {1, 2, 7, 16, 33, 40};
    fill(from, 4);
    for (int i = 0; i < 36; i++) {
        size_t rows = sides[i % 6], columns = sides[i / 6];
        fill(to, 5);
        real behind = to[rows * columns];
        gemm_transpose(from, rows, columns, to, rows);
        for (size_t k = 0; k < rows * columns; k++)
            assert_true(to[k % columns * rows + k / columns] == from[k]);
        assert_true(to[rows * columns] == behind);
        fill(to, 5);
        behind = to[rows];
        gemm_transpose(from, rows, columns, to, rows + PADDING);
        for (size_t k = 0; k < rows * columns; k++)
            assert_true(to[k % columns * (rows + PADDING) + k / columns] == from[k]);
        assert_true(to[rows] == behind);
    }
}

/* beta = 0 overwrites: what was there before, even NaN, leaves no trace. */
static void test_zero_beta_ignores_the_old_value(void **state)
{
    (void)state;
    const real a[] = {1, 2}, b[] = {3, 4};
    real c[] = {(real)NAN}, reference[] = {(real)NAN};
    gemm(1, 1, 2, 1, (struct gemm_view){a, 2, false}, (struct gemm_view){b, 1, false}, 0, c, 1);
    gemm_reference(1, 1, 2, 1, (struct gemm_view){a, 2, false}, (struct gemm_view){b, 1, false}, 0,
                   reference, 1);
    assert_true(c[0] == 11 && reference[0] == 11);
}

static void test_reference_by_hand(void **state)
{
    (void)state;
    const real a[] = {1, 2, 3, 4, 5, 6};    /* [2][3] */
    const real b[] = {1, 0, -1, 2, 10, 20}; /* [3][2] */
    const real expected[] = {2 * 29 + 1, 2 * 64 + 1, 2 * 59 + 1, 2 * 130 + 1};
    real c[] = {1, 1, 1, 1};
    gemm_reference(2, 2, 3, 2, (struct gemm_view){a, 3, false}, (struct gemm_view){b, 2, false}, 1,
                   c, 2);
    for (int i = 0; i < 4; i++)
        assert_true(c[i] == expected[i]);
}

static void test_the_library_names_itself(void **state)
{
    (void)state;
    assert_non_null(strstr(gemm_library(), "OpenBLAS"));
}

int main(void)
{
    gemm_use_one_thread();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_shapes_and_transpositions),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_transposed_rows_are_columns),
        cmocka_unit_test(test_zero_beta_ignores_the_old_value),
        cmocka_unit_test(test_reference_by_hand),
        cmocka_unit_test(test_the_library_names_itself),
    };
    return cmocka_run_group_tests_name("gemm", tests, NULL, NULL);
}
