/*
 * Every level of the ear's kernels computes the bits of the plain one, of ears of any size, and
 * stays within its scratch and its frames.
 */
#include "core/base/mem.h"
#include "core/media/cochlea_kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CANARY_SIZE = 64, CANARY = 0xA5 };

/* A block with canaries before and after it, filled with canaries too. */
static void *guarded_new(size_t size)
{
    uint8_t *block = mem_alloc(1, size + 2 * CANARY_SIZE);
    assert_non_null(block);
    memset(block, CANARY, size + 2 * CANARY_SIZE);
    return block + CANARY_SIZE;
}

static void guarded_free(void *bytes, size_t size)
{
    uint8_t *block = (uint8_t *)bytes - CANARY_SIZE;
    for (size_t i = 0; i < CANARY_SIZE; i++) {
        assert_int_equal(block[i], CANARY);
        assert_int_equal(block[CANARY_SIZE + size + i], CANARY);
    }
    mem_free(block);
}

static double noise(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return ldexp((double)(*state >> 33), -30) - 1;
}

/* An ear of `num_channels` stable filters; far from a cochlea, but defined for any number. */
static struct cochlea_design any_ear(int num_channels, int decimation, uint64_t seed)
{
    struct cochlea_design ear = {.num_channels = num_channels, .decimation = decimation};
    for (int s = 0; s < num_channels + COCHLEA_FRONT_SECTIONS; s++) {
        double radius = 0.3 + 0.2 * noise(&seed), turn = noise(&seed);
        ear.sections[s] =
            (struct cochlea_section){0.9 + 0.1 * noise(&seed), 0.3 * noise(&seed),
                                     0.2 * noise(&seed), -2 * radius * turn, radius * radius};
    }
    const double targets[] = {.0032, .0016, .0008, .0004};
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++) {
        ear.gain_target[stage] = targets[stage];
        ear.gain_epsilon[stage] = ldexp(1, -4 - 2 * stage);
    }
    ear.smooth_pole = decimation == 1 ? 0 : 0.97;
    return ear;
}

static double *run(enum cpu_level level, const struct cochlea_design *ear, const double *samples,
                   size_t num_frames, size_t frames_size)
{
    const struct cochlea_kernels *kernels = cochlea_kernels_get(level);
    size_t scratch_size = kernels->scratch_size(ear->num_channels + COCHLEA_FRONT_SECTIONS);
    void *scratch = guarded_new(scratch_size);
    double *frames = guarded_new(frames_size);
    kernels->run(ear, samples, num_frames, frames, scratch);
    guarded_free(scratch, scratch_size);
    return frames;
}

/* Compares all levels of this processor on samples [num_samples]. */
static void compare(const struct cochlea_design *ear, const double *samples, size_t num_samples)
{
    size_t num_frames = cochlea_num_frames(ear, num_samples);
    size_t size = num_frames * (size_t)ear->num_channels * sizeof(double);
    double *wanted = run(CPU_PLAIN, ear, samples, num_frames, size);
    for (int level = CPU_PLAIN + 1; level < CPU_LEVEL_COUNT; level++) {
        if (!cpu_has_level((enum cpu_level)level))
            continue;
        double *frames = run((enum cpu_level)level, ear, samples, num_frames, size);
        if (memcmp(frames, wanted, size))
            fail_msg("%s differs: %d channels, %zu samples, decimation %d",
                     cpu_level_name((enum cpu_level)level), ear->num_channels, num_samples,
                     ear->decimation);
        guarded_free(frames, size);
    }
    guarded_free(wanted, size);
}

enum { MOST_SAMPLES = 3000 };

static void fill(double *samples, double level, uint64_t seed)
{
    for (size_t n = 0; n < MOST_SAMPLES; n++)
        samples[n] = level * noise(&seed);
}

static void test_every_size(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    fill(samples, 0.5, 1);
    for (int channels = 1; channels <= COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS; channels++) {
        struct cochlea_design ear = any_ear(channels, 1 + channels % 7, (uint64_t)channels);
        compare(&ear, samples, 200);
    }
}

static void test_every_length(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    fill(samples, 0.5, 2);
    const int channels[] = {1, 5, 39, 40};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        for (size_t num_samples = 0; num_samples < 140; num_samples++) {
            struct cochlea_design ear = any_ear(channels[i], 1 + (int)(num_samples % 3), 5);
            compare(&ear, samples, num_samples);
        }
}

static void test_decimations(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    fill(samples, 0.5, 3);
    const int decimations[] = {1, 2, 3, 5, 8, 10, 16, 31, 32, 33, 63, 64, 65, 100, 250, 1500, 3000};
    for (size_t i = 0; i < sizeof decimations / sizeof *decimations; i++) {
        struct cochlea_settings settings = {12500, 8, 0.5, decimations[i]};
        struct cochlea_design ear;
        assert_int_equal(cochlea_design(&settings, &ear, NULL), STATUS_OK);
        compare(&ear, samples, MOST_SAMPLES);
    }
}

/* The paper's ear, and others, on what sound can be and on what it cannot. */
static void test_extremes(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    const double levels[] = {0,      0x1p-1074, 1e-310, 1e-200, 1e-150, 1e-75, 1e-9,
                             0.0625, 1,         32768,  1e50,   1e99,   1e101, 1.7e308};
    const double steps[] = {0.5, 0.25, 1.5};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            struct cochlea_settings settings = {12500, 8, steps[k], 10};
            struct cochlea_design ear;
            assert_int_equal(cochlea_design(&settings, &ear, NULL), STATUS_OK);
            fill(samples, levels[i], 4);
            memset(samples + 1000, 0, 1500 * sizeof *samples); /* a silence to die away in */
            compare(&ear, samples, MOST_SAMPLES);
            for (size_t n = 0; n < MOST_SAMPLES; n++)
                samples[n] = n % 700 == 0 ? levels[i] : -0.0;
            compare(&ear, samples, MOST_SAMPLES);
        }
    }
}

/* Filters on the verge of what a checkpoint may hold: the cascade grows until it is cut. */
static void test_cut_values(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    fill(samples, 1e90, 6);
    for (int channels = 3; channels < 60; channels += 7) {
        struct cochlea_design ear = any_ear(channels, 10, 7);
        for (int s = 0; s < channels + COCHLEA_FRONT_SECTIONS; s++)
            ear.sections[s].a0 = s % 2 ? 1e6 : -1e6;
        compare(&ear, samples, MOST_SAMPLES);
        for (int s = 0; s < channels + COCHLEA_FRONT_SECTIONS; s++)
            ear.sections[s].a0 = 1e-6;
        compare(&ear, samples, MOST_SAMPLES);
    }
}

/* A run leaves nothing behind in its scratch that the next could hear. */
static void test_scratch_is_used_again(void **state)
{
    (void)state;
    double samples[MOST_SAMPLES];
    struct cochlea_design ear = any_ear(39, 10, 8);
    size_t size = MOST_SAMPLES / 10 * 39 * sizeof(double);
    double *first = mem_alloc(1, size), *second = mem_alloc(1, size);
    assert_true(first && second);
    fill(samples, 0.5, 9);
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        if (!cpu_has_level((enum cpu_level)level))
            continue;
        const struct cochlea_kernels *kernels = cochlea_kernels_get((enum cpu_level)level);
        void *scratch = mem_alloc(1, kernels->scratch_size(39 + COCHLEA_FRONT_SECTIONS));
        assert_non_null(scratch);
        kernels->run(&ear, samples, MOST_SAMPLES / 10, first, scratch);
        kernels->run(&ear, samples, MOST_SAMPLES / 10, second, scratch);
        assert_memory_equal(first, second, size);
        mem_free(scratch);
    }
    mem_free(first);
    mem_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),  cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_decimations), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_cut_values),  cmocka_unit_test(test_scratch_is_used_again),
    };
    return cmocka_run_group_tests_name("cochlea_kernels", tests, NULL, NULL);
}
