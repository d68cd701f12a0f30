/* A tone keeps its level and loses nothing but what the new rate cannot hold. */
#include "core/base/mem.h"
#include "core/media/resample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PI 3.14159265358979323846

static struct audio tone(double frequency_hz, double level, int sample_rate_hz, size_t num_samples)
{
    struct audio audio = {mem_alloc(num_samples, sizeof(double)), num_samples, sample_rate_hz};
    assert_non_null(audio.samples);
    for (size_t n = 0; n < num_samples; n++)
        audio.samples[n] = level * sin(2 * PI * frequency_hz * (double)n / sample_rate_hz);
    return audio;
}

/* Largest deviation from `tone` away from the ends. */
static double deviation(const struct audio *audio, double frequency_hz, double level)
{
    double worst = 0;
    for (size_t n = 1000; n + 1000 < audio->num_samples; n++) {
        double wanted = level * sin(2 * PI * frequency_hz * (double)n / audio->sample_rate_hz);
        worst = fmax(worst, fabs(audio->samples[n] - wanted));
    }
    return worst;
}

static void test_keeps_a_tone(void **state)
{
    (void)state;
    const int rates_hz[] = {8000, 11025, 16000, 22050, 44100, 48000, 96000};
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        struct audio audio = tone(1000, 0.9, rates_hz[i], (size_t)rates_hz[i]);
        assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
        assert_int_equal(audio.sample_rate_hz, 12500);
        assert_in_range(audio.num_samples, 12499, 12501);
        assert_true(deviation(&audio, 1000, 0.9) < 2e-5);
        audio_free(&audio);
    }
}

static void test_rejects_aliases(void **state)
{
    (void)state;
    const double frequencies_hz[] = {6500, 7000, 12000, 20000};
    for (size_t i = 0; i < sizeof frequencies_hz / sizeof *frequencies_hz; i++) {
        struct audio audio = tone(frequencies_hz[i], 1, 48000, 48000);
        assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
        assert_true(deviation(&audio, 0, 0) < 1e-5);
        audio_free(&audio);
    }
}

static void assert_same(const struct audio *a, const struct audio *b)
{
    assert_ptr_equal(a->samples, b->samples);
    assert_int_equal(a->num_samples, b->num_samples);
    assert_int_equal(a->sample_rate_hz, b->sample_rate_hz);
}

static void test_same_rate_is_untouched(void **state)
{
    (void)state;
    struct audio audio = tone(300, 1, 12500, 100), before = audio;
    mem_fail_after(0);
    assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
    mem_fail_never();
    assert_same(&audio, &before);
    audio_free(&audio);
}

static void test_repeats_itself(void **state)
{
    (void)state;
    struct audio first = tone(440, 0.3, 44100, 20001), second = tone(440, 0.3, 44100, 20001);
    assert_int_equal(resample(&first, 12500, NULL), STATUS_OK);
    assert_int_equal(resample(&second, 12500, NULL), STATUS_OK);
    assert_int_equal(first.num_samples, second.num_samples);
    assert_memory_equal(first.samples, second.samples, first.num_samples * sizeof(double));
    audio_free(&first);
    audio_free(&second);
}

/* The scale of a file does not matter, even where float ends. */
static void test_any_scale(void **state)
{
    (void)state;
    const int exponents[] = {-900, -130, 20, 200, 1022};
    struct audio plain = tone(440, 0.5, 16000, 8000);
    assert_int_equal(resample(&plain, 12500, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof exponents / sizeof *exponents; i++) {
        struct audio scaled = tone(440, ldexp(0.5, exponents[i]), 16000, 8000);
        assert_int_equal(resample(&scaled, 12500, NULL), STATUS_OK);
        assert_int_equal(scaled.num_samples, plain.num_samples);
        for (size_t n = 0; n < plain.num_samples; n++)
            assert_true(scaled.samples[n] == ldexp(plain.samples[n], exponents[i]));
        audio_free(&scaled);
    }
    audio_free(&plain);
    struct audio largest = tone(3000, 1.7e308, 16000, 8000);
    assert_int_equal(resample(&largest, 12500, NULL), STATUS_OK);
    for (size_t n = 0; n < largest.num_samples; n++)
        assert_true(isfinite(largest.samples[n]));
    audio_free(&largest);
}

static void test_silence_and_short_sounds(void **state)
{
    (void)state;
    for (size_t num_samples = 0; num_samples < 40; num_samples++) {
        struct audio audio = tone(0, 0, 48000, num_samples);
        assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
        assert_true(audio.num_samples <= num_samples);
        for (size_t n = 0; n < audio.num_samples; n++)
            assert_true(audio.samples[n] == 0);
        audio_free(&audio);
    }
}

static void check_refused(int from_hz, int to_hz)
{
    struct audio audio = tone(0, 1, 1000, 100), before;
    audio.sample_rate_hz = from_hz;
    before = audio;
    struct error error = {0};
    assert_int_equal(resample(&audio, to_hz, &error), STATUS_UNUSABLE);
    assert_int_equal(error.status, STATUS_UNUSABLE);
    assert_true(error.detail[0]);
    assert_same(&audio, &before);
    audio_free(&audio);
}

static void test_refuses_ratios(void **state)
{
    (void)state;
    check_refused(12500, 0);
    check_refused(12500, -8000);
    check_refused(0, 12500);
    check_refused(-1, 12500);
    check_refused(100, 25601);
    check_refused(25601, 100);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct audio audio = tone(440, 1, 16000, 1600), before = audio;
    enum status status = STATUS_NO_MEMORY;
    int failures = -1;
    while (status == STATUS_NO_MEMORY) {
        assert_same(&audio, &before);
        struct error error = {0};
        mem_fail_after(++failures);
        status = resample(&audio, 12500, &error);
        mem_fail_never();
        assert_int_equal(error.status, status);
    }
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(failures, 3);
    audio_free(&audio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_a_tone),
        cmocka_unit_test(test_rejects_aliases),
        cmocka_unit_test(test_same_rate_is_untouched),
        cmocka_unit_test(test_repeats_itself),
        cmocka_unit_test(test_any_scale),
        cmocka_unit_test(test_silence_and_short_sounds),
        cmocka_unit_test(test_refuses_ratios),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
