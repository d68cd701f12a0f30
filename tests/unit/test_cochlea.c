/* The ear equals an independent one in double precision, and stays sane at the extremes. */
#include "core/base/mem.h"
#include "core/media/cochlea.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PI 3.14159265358979323846

static const struct cochlea_settings paper = {12500, 8, 0.5, 10};

static double golden_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static double golden_element(const json_t *table, size_t row, size_t column)
{
    const json_t *value = json_array_get(json_array_get(table, row), column);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static double signal_value(const char *signal, size_t n, size_t num_samples, double fs)
{
    if (!strcmp(signal, "impulse"))
        return n == 0;
    if (!strcmp(signal, "tone1k"))
        return sin(2 * PI * 1000 * (double)n / fs);
    assert_string_equal(signal, "chirp");
    double t = (double)n / fs, duration = (double)num_samples / fs;
    return 0.5 * sin(2 * PI * (100 * t + 0.5 * (0.4 * fs - 100) * t * t / duration));
}

static void check_design(const struct cochlea_design *design, const json_t *golden)
{
    assert_int_equal(design->num_channels, (int)golden_number(golden, "num_channels"));
    const json_t *centers = json_object_get(golden, "center_frequencies_hz");
    assert_int_equal(json_array_size(centers), design->num_channels);
    for (int c = 0; c < design->num_channels; c++) {
        double wanted = json_number_value(json_array_get(centers, (size_t)c));
        assert_true(fabs(design->center_frequencies_hz[c] - wanted) <= 1e-8 * wanted);
    }
    const json_t *table = json_object_get(golden, "coefficients");
    for (size_t s = 0; s < (size_t)design->num_channels + COCHLEA_FRONT_SECTIONS; s++) {
        const struct cochlea_section *section = &design->sections[s];
        const double got[] = {section->a0, section->a1, section->a2, section->b1, section->b2};
        for (size_t k = 0; k < 5; k++)
            assert_true(fabs(got[k] - golden_element(table, k, s)) <= 1e-10);
    }
}

static void check_frames(const double *frames, size_t num_frames, size_t num_channels,
                         const json_t *golden)
{
    const json_t *table = json_object_get(golden, "frames");
    assert_int_equal(json_array_size(table), num_frames);
    for (size_t f = 0; f < num_frames; f++) {
        double peak = 0, worst = 0;
        for (size_t c = 0; c < num_channels; c++) {
            double wanted = golden_element(table, f, c);
            peak = fmax(peak, fabs(wanted));
            worst = fmax(worst, fabs(wanted - frames[f * num_channels + c]));
        }
        assert_true(worst <= 1e-5 * peak);
    }
}

static void check_case(const json_t *golden)
{
    const struct cochlea_settings settings = {
        golden_number(golden, "sample_rate_hz"), golden_number(golden, "ear_q"),
        golden_number(golden, "step_factor"), (int)golden_number(golden, "decimation")};
    struct cochlea_design design;
    assert_int_equal(cochlea_design(&settings, &design, NULL), STATUS_OK);
    check_design(&design, golden);

    size_t num_samples = (size_t)golden_number(golden, "num_samples");
    size_t num_frames = cochlea_num_frames(&design, num_samples);
    double *samples = mem_alloc(num_samples, sizeof *samples);
    double *frames = mem_alloc(num_frames * (size_t)design.num_channels, sizeof *frames);
    const char *signal = json_string_value(json_object_get(golden, "signal"));
    for (size_t n = 0; n < num_samples; n++)
        samples[n] = signal_value(signal, n, num_samples, settings.sample_rate_hz);
    assert_int_equal(cochlea_run(&design, samples, num_samples, frames, NULL), STATUS_OK);
    check_frames(frames, num_frames, (size_t)design.num_channels, golden);
    mem_free(samples);
    mem_free(frames);
}

static void test_golden(void **state)
{
    (void)state;
    json_error_t error;
    json_t *root = json_load_file(SPIKELOOM_SOURCE_DIR "/tests/golden/lyon.json", 0, &error);
    assert_non_null(root);
    const json_t *cases = json_object_get(root, "cases");
    assert_int_equal(json_array_size(cases), 18);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(root);
}

/* Frames of `value(n)` through the paper's ear, owned by the caller. */
static double *run_paper(double (*value)(size_t n), size_t num_samples, size_t *num_values)
{
    struct cochlea_design design;
    assert_int_equal(cochlea_design(&paper, &design, NULL), STATUS_OK);
    double *samples = mem_alloc(num_samples, sizeof *samples);
    *num_values = cochlea_num_frames(&design, num_samples) * (size_t)design.num_channels;
    double *frames = mem_alloc(*num_values, sizeof *frames);
    for (size_t n = 0; n < num_samples; n++)
        samples[n] = value(n);
    assert_int_equal(cochlea_run(&design, samples, num_samples, frames, NULL), STATUS_OK);
    mem_free(samples);
    return frames;
}

static double value_silence(size_t n)
{
    (void)n;
    return 0;
}

static double value_click_then_silence(size_t n)
{
    return n < 100 ? sin((double)n) : 0;
}

static double value_largest(size_t n)
{
    const double pattern[] = {1.7e308, -1.7e308, -1.7e308, 0, 3e38, 1.7e308, 1};
    return pattern[n % 7];
}

static double value_smallest(size_t n)
{
    return n % 2 ? 5e-324 : -1e-300;
}

static void test_silence_gives_zeros(void **state)
{
    (void)state;
    size_t count;
    double *frames = run_paper(value_silence, 1000, &count);
    assert_int_equal(count, 100 * 39);
    for (size_t i = 0; i < count; i++)
        assert_true(frames[i] == 0);
    mem_free(frames);
}

/* A long silence after a sound ends in true zeros; none of the way there is subnormal. */
static void test_decay_reaches_zero(void **state)
{
    (void)state;
    size_t count;
    double *frames = run_paper(value_click_then_silence, 60 * 12500, &count);
    double peak = 0;
    for (size_t i = 0; i < count; i++) {
        assert_false(fpclassify(frames[i]) == FP_SUBNORMAL);
        peak = fmax(peak, frames[i]);
    }
    assert_true(peak > 0);
    for (size_t i = count - 39; i < count; i++)
        assert_true(frames[i] == 0);
    mem_free(frames);
}

static void test_extreme_input_stays_finite(void **state)
{
    (void)state;
    size_t count;
    double *frames = run_paper(value_largest, 20000, &count);
    for (size_t i = 0; i < count; i++)
        assert_true(isfinite(frames[i]) && frames[i] >= 0);
    mem_free(frames);
    frames = run_paper(value_smallest, 2000, &count);
    for (size_t i = 0; i < count; i++)
        assert_true(frames[i] == 0);
    mem_free(frames);
}

/* Samples beyond the last whole frame are dropped and change nothing before them. */
static void test_odd_lengths(void **state)
{
    (void)state;
    size_t long_count, short_count;
    double *whole = run_paper(value_click_then_silence, 640, &long_count);
    for (size_t num_samples = 620; num_samples < 640; num_samples++) {
        double *part = run_paper(value_click_then_silence, num_samples, &short_count);
        assert_int_equal(short_count, num_samples / 10 * 39);
        assert_memory_equal(part, whole, short_count * sizeof *part);
        mem_free(part);
    }
    mem_free(whole);
    for (size_t num_samples = 0; num_samples < 10; num_samples++) {
        double *none = run_paper(value_click_then_silence, num_samples, &short_count);
        assert_int_equal(short_count, 0);
        mem_free(none);
    }
}

static void test_flat_round_trip(void **state)
{
    (void)state;
    struct cochlea_design design, twin;
    assert_int_equal(cochlea_design(&paper, &design, NULL), STATUS_OK);
    size_t size = cochlea_flat_size(design.num_channels);
    assert_int_equal(size, 41 * 5 + 39 + 9);
    double *flat = mem_alloc(size, sizeof *flat), *again = mem_alloc(size, sizeof *again);
    cochlea_flatten(&design, flat);
    assert_int_equal(cochlea_unflatten(flat, 39, 10, &twin, NULL), STATUS_OK);
    cochlea_flatten(&twin, again);
    assert_memory_equal(flat, again, size * sizeof *flat);

    double samples[1250], frames[2][125 * 39];
    for (size_t n = 0; n < 1250; n++)
        samples[n] = value_click_then_silence(n);
    assert_int_equal(cochlea_run(&design, samples, 1250, frames[0], NULL), STATUS_OK);
    assert_int_equal(cochlea_run(&twin, samples, 1250, frames[1], NULL), STATUS_OK);
    assert_memory_equal(frames[0], frames[1], sizeof frames[0]);
    mem_free(flat);
    mem_free(again);
}

static enum status unflatten_with(size_t index, double value)
{
    struct cochlea_design design;
    struct error error = {0};
    assert_int_equal(cochlea_design(&paper, &design, NULL), STATUS_OK);
    double flat[41 * 5 + 39 + 9];
    cochlea_flatten(&design, flat);
    flat[index] = value;
    enum status status = cochlea_unflatten(flat, 39, 10, &design, &error);
    assert_int_equal(status, error.status);
    assert_true(status == STATUS_OK || error.detail[0]);
    return status;
}

static void test_unflatten_refuses(void **state)
{
    (void)state;
    const size_t size = 41 * 5 + 39 + 9, centers = 41 * 5, targets = centers + 39;
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(unflatten_with(i, NAN), STATUS_MALFORMED);
        assert_int_equal(unflatten_with(i, INFINITY), STATUS_MALFORMED);
        assert_int_equal(unflatten_with(i, -INFINITY), STATUS_MALFORMED);
    }
    for (size_t s = 0; s < 41; s++) {
        assert_int_equal(unflatten_with(5 * s, 1e7), STATUS_MALFORMED);
        assert_int_equal(unflatten_with(5 * s + 3, -2.01), STATUS_MALFORMED);
        assert_int_equal(unflatten_with(5 * s + 4, 1), STATUS_MALFORMED);
        assert_int_equal(unflatten_with(5 * s + 4, -1), STATUS_MALFORMED);
    }
    assert_int_equal(unflatten_with(centers, 0), STATUS_MALFORMED);
    assert_int_equal(unflatten_with(targets, 0), STATUS_MALFORMED);
    assert_int_equal(unflatten_with(targets + 4, 0), STATUS_MALFORMED);
    assert_int_equal(unflatten_with(targets + 4, 1.5), STATUS_MALFORMED);
    assert_int_equal(unflatten_with(size - 1, 1), STATUS_MALFORMED);
    assert_int_equal(unflatten_with(size - 1, 0.5), STATUS_OK);

    struct cochlea_design design;
    double flat[16] = {0};
    assert_int_equal(cochlea_unflatten(flat, 0, 10, &design, NULL), STATUS_MALFORMED);
    assert_int_equal(cochlea_unflatten(flat, 255, 10, &design, NULL), STATUS_MALFORMED);
    assert_int_equal(cochlea_unflatten(flat, 39, 0, &design, NULL), STATUS_MALFORMED);
}

static void test_design_refuses(void **state)
{
    (void)state;
    const struct cochlea_settings wrong[] = {{0, 8, 0.5, 10},        {-12500, 8, 0.5, 10},
                                             {NAN, 8, 0.5, 10},      {INFINITY, 8, 0.5, 10},
                                             {12500, 0.5, 0.5, 10},  {12500, NAN, 0.5, 10},
                                             {12500, 8, 0, 10},      {12500, 8, NAN, 10},
                                             {12500, 8, 0.5, 0},     {12500, 8, 0.5, -1},
                                             {12500, 8, 0.01, 10},   {100, 8, 0.5, 10},
                                             {12500, 8, 100, 10},    {1e300, 8, 1e-300, 1},
                                             {12500, 0.51, 0.5, 10}, {12500, 8, 0.5, 2000000000}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cochlea_design design;
        struct error error = {0};
        enum status status = cochlea_design(&wrong[i], &design, &error);
        assert_int_equal(status, STATUS_INVALID_ARGUMENT);
        assert_int_equal(error.status, STATUS_INVALID_ARGUMENT);
        assert_true(error.detail[0]);
    }
}

static double value_noise(size_t n)
{
    return (double)((n * 7919 + n * n * 104729) % 1009) / 1009 - 0.5;
}

/* What comes later changes no frame, also where fewer samples than sections have come so far. */
static void test_frames_do_not_wait_for_later_samples(void **state)
{
    (void)state;
    size_t num_values, num_first;
    size_t decimation = (size_t)paper.decimation;
    double *frames = run_paper(value_noise, 40 * decimation, &num_values);
    for (size_t blocks = 1; blocks < 40; blocks += 3) {
        double *first = run_paper(value_noise, (blocks + 1) * decimation - 1, &num_first);
        assert_int_equal(num_first, num_values / 40 * blocks);
        assert_memory_equal(first, frames, num_first * sizeof *frames);
        mem_free(first);
    }
    mem_free(frames);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct cochlea_design design;
    double samples[100] = {0}, frames[COCHLEA_MAX_SECTIONS * 100];
    assert_int_equal(cochlea_design(&paper, &design, NULL), STATUS_OK);
    mem_fail_after(0);
    assert_int_equal(cochlea_run(&design, samples, 100, frames, NULL), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_int_equal(cochlea_run(&design, samples, 100, frames, NULL), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_do_not_wait_for_later_samples),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_silence_gives_zeros),
        cmocka_unit_test(test_decay_reaches_zero),
        cmocka_unit_test(test_extreme_input_stays_finite),
        cmocka_unit_test(test_odd_lengths),
        cmocka_unit_test(test_flat_round_trip),
        cmocka_unit_test(test_unflatten_refuses),
        cmocka_unit_test(test_design_refuses),
    };
    return cmocka_run_group_tests_name("cochlea", tests, NULL, NULL);
}
