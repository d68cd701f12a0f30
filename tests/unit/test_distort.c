/* Distortions of pictures: what each setting does, and that draws repeat themselves. */
#include "train/distort.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 9, HEIGHT = 7, PIXELS = WIDTH * HEIGHT };

static const struct distort_settings nothing = {0};

/* A picture with one bright pixel. */
static void make_dot(uint8_t *grey, int x, int y)
{
    memset(grey, 0, PIXELS);
    grey[y * WIDTH + x] = 255;
}

static void distort(const struct distort_settings *settings, const uint8_t *grey, uint64_t index,
                    real *distorted)
{
    const struct rng rng = {.seed = 5, .index = index, .stream = RNG_STREAM_AUGMENT};
    real scratch[PIXELS];
    distort_picture(settings, grey, WIDTH, HEIGHT, &rng, scratch, distorted);
}

static double sum_of(const real *values)
{
    double sum = 0;
    for (int i = 0; i < PIXELS; i++)
        sum += (double)values[i];
    return sum;
}

/* The middle of the light, relative to the picture's middle. */
static void centroid(const real *values, double *x, double *y)
{
    double sum = sum_of(values);
    *x = *y = 0;
    for (int i = 0; i < PIXELS; i++) {
        *x += (double)values[i] * (i % WIDTH - (WIDTH - 1) / 2.0) / sum;
        *y += (double)values[i] * (i / WIDTH - (HEIGHT - 1) / 2.0) / sum;
    }
}

static void test_nothing_changes_nothing(void **state)
{
    (void)state;
    uint8_t grey[PIXELS];
    real distorted[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        grey[i] = (uint8_t)(4 * i);
    distort(&nothing, grey, 1, distorted);
    for (int i = 0; i < PIXELS; i++)
        assert_true(fabs((double)distorted[i] - grey[i] / 255.0) < 1e-6);
}

static void test_a_shift_moves_at_most_so_far(void **state)
{
    (void)state;
    const struct distort_settings settings = {.shift = 2};
    uint8_t grey[PIXELS];
    real distorted[PIXELS];
    double x, y, farthest = 0;
    make_dot(grey, 4, 3);
    for (uint64_t i = 0; i < 50; i++) {
        distort(&settings, grey, i, distorted);
        centroid(distorted, &x, &y);
        assert_true(fabs(x) <= 2.00001 && fabs(y) <= 2.00001);
        assert_true(fabs(sum_of(distorted) - 1) < 1e-5);
        farthest = fmax(farthest, fabs(x));
    }
    assert_true(farthest > 1.5);
}

static void test_a_rotation_keeps_the_distance_from_the_middle(void **state)
{
    (void)state;
    const struct distort_settings settings = {.rotation = 0.5};
    uint8_t grey[PIXELS];
    real distorted[PIXELS];
    double x, y, lowest = 0, highest = 0;
    make_dot(grey, 6, 3); /* two pixels right of the middle */
    for (uint64_t i = 0; i < 50; i++) {
        distort(&settings, grey, i, distorted);
        centroid(distorted, &x, &y);
        double angle = atan2(y, x);
        assert_true(fabs(hypot(x, y) - 2) < 0.25);
        assert_true(fabs(angle) < 0.5 + 0.1);
        lowest = fmin(lowest, angle);
        highest = fmax(highest, angle);
    }
    assert_true(lowest < -0.3 && highest > 0.3);
}

static void test_a_blur_spreads_but_keeps_the_light(void **state)
{
    (void)state;
    const struct distort_settings settings = {.blur = 0.25};
    uint8_t grey[PIXELS];
    real distorted[PIXELS];
    make_dot(grey, 4, 3);
    distort(&settings, grey, 2, distorted);
    assert_true(fabs(sum_of(distorted) - 1) < 1e-5);
    double middle = (double)distorted[3 * WIDTH + 4], beside = (double)distorted[3 * WIDTH + 5];
    assert_true(middle < 1 && beside > 0);
    assert_true(fabs((double)distorted[4 * WIDTH + 4] - beside) < 1e-6); /* in both directions */
    assert_true(distorted[3 * WIDTH + 6] == 0);                          /* neighbours alone */
}

static void test_a_draw_repeats_itself_and_another_differs(void **state)
{
    (void)state;
    uint8_t grey[PIXELS];
    real first[PIXELS], again[PIXELS], other[PIXELS];
    make_dot(grey, 3, 2);
    distort(&distort_default_settings, grey, 7, first);
    distort(&distort_default_settings, grey, 7, again);
    distort(&distort_default_settings, grey, 8, other);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, other, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_changes_nothing),
        cmocka_unit_test(test_a_shift_moves_at_most_so_far),
        cmocka_unit_test(test_a_rotation_keeps_the_distance_from_the_middle),
        cmocka_unit_test(test_a_blur_spreads_but_keeps_the_light),
        cmocka_unit_test(test_a_draw_repeats_itself_and_another_differs),
    };
    return cmocka_run_group_tests_name("distort", tests, NULL, NULL);
}
