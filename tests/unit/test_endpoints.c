/* Where sound begins and ends: in silence, in noise, in recordings that have no pause. */
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/media/endpoints.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, COUNT = 12000, FIRST = 4000, LAST = 8000, FRAME = RATE / 100 };

static const struct endpoints_settings plain = {.level = 1e-3, .above_floor = 2, .margin = 0};

static double samples[COUNT];

/* A tone of power 1/2 from FIRST to LAST, in white noise of that power. */
static struct audio make_sound(double noise_power)
{
    struct rng rng = {3, 0, RNG_STREAM_AUGMENT};
    double amplitude = sqrt(3 * noise_power);
    for (int i = 0; i < COUNT; i++) {
        double noise = amplitude * (2 * (double)rng_uniform(&rng, 0, (uint32_t)i) - 1);
        samples[i] = noise + (i >= FIRST && i < LAST ? sin(0.7 * i) : 0);
    }
    return (struct audio){samples, COUNT, RATE};
}

static void find(const struct audio *audio, const struct endpoints_settings *settings,
                 size_t *first, size_t *last)
{
    struct error error;
    assert_int_equal(endpoints_find(audio, settings, first, last, &error), STATUS_OK);
    assert_true(*first < *last && *last <= audio->num_samples);
}

static void assert_near(size_t value, long expected, long tolerance)
{
    assert_true(labs((long)value - expected) <= tolerance);
}

static void test_sound_in_silence(void **state)
{
    (void)state;
    size_t first, last;
    struct audio audio = make_sound(0);
    find(&audio, &plain, &first, &last);
    assert_near(first, FIRST, 2 * FRAME);
    assert_near(last, LAST, 2 * FRAME);
}

/* 10 dB below the tone's power, and 20. */
static void test_sound_in_noise(void **state)
{
    (void)state;
    for (double noise = 0.05; noise > 0.004; noise /= 10) {
        size_t first, last;
        struct audio audio = make_sound(noise);
        find(&audio, &plain, &first, &last);
        assert_near(first, FIRST, 3 * FRAME);
        assert_near(last, LAST, 3 * FRAME);
    }
}

static void test_margin(void **state)
{
    (void)state;
    size_t first, last, wide_first, wide_last;
    struct audio audio = make_sound(0);
    struct endpoints_settings wide = plain;
    find(&audio, &plain, &first, &last);
    wide.margin = 0.1;
    find(&audio, &wide, &wide_first, &wide_last);
    assert_int_equal(wide_first, first - RATE / 10);
    assert_int_equal(wide_last, last + RATE / 10);
    wide.margin = 1;
    find(&audio, &wide, &wide_first, &wide_last);
    assert_int_equal(wide_first, 0);
    assert_int_equal(wide_last, COUNT);
}

/* A recording without a pause has a high floor, which must not eat it. */
static void test_no_pause(void **state)
{
    (void)state;
    size_t first, last;
    struct audio audio = make_sound(0);
    audio.samples += FIRST;
    audio.num_samples = LAST - FIRST;
    find(&audio, &plain, &first, &last);
    assert_int_equal(first, 0);
    assert_int_equal(last, LAST - FIRST);
}

static void test_short_and_silent(void **state)
{
    (void)state;
    size_t first, last;
    memset(samples, 0, sizeof samples);
    for (size_t count = 1; count < 5 * FRAME; count += 7) {
        struct audio audio = {samples, count, RATE};
        find(&audio, &plain, &first, &last);
        assert_int_equal(first, 0);
        assert_int_equal(last, count);
    }
}

static void test_out_of_memory(void **state)
{
    (void)state;
    size_t first, last;
    struct error error;
    struct audio audio = make_sound(0);
    mem_fail_after(0);
    assert_int_equal(endpoints_find(&audio, &plain, &first, &last, &error), STATUS_NO_MEMORY);
    mem_fail_never();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound_in_silence), cmocka_unit_test(test_sound_in_noise),
        cmocka_unit_test(test_margin),           cmocka_unit_test(test_no_pause),
        cmocka_unit_test(test_short_and_silent), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("endpoints", tests, NULL, NULL);
}
