/*
 * A tone keeps its level and loses nothing but what the new rate cannot hold; and a processor
 * without wide vectors and fused multiplication computes the same bits.
 */
#include "core/base/cpu.h"
#include "core/base/mem.h"
#include "core/media/resample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Whatever the ratio, as many samples as the sound lasts, all of them numbers. */
static void test_any_ratio(void **state)
{
    (void)state;
    const int rates_hz[] = {49,    50,    1000,   4001,    7999,   12499,
                            12501, 37500, 191999, 3199999, 3200000};
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
        struct audio audio = tone(10, 1, rates_hz[i], (size_t)rates_hz[i] / 10);
        double wanted = (double)audio.num_samples * 12500 / rates_hz[i];
        assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
        assert_true(fabs((double)audio.num_samples - wanted) <= 1);
        for (size_t n = 0; n < audio.num_samples; n++)
            assert_true(fabs(audio.samples[n]) < 1.5);
        audio_free(&audio);
    }
}

/* More samples than memory could hold are refused before any of them is read. */
static void test_refuses_lengths(void **state)
{
    (void)state;
    double sample = 0;
    const size_t lengths[] = {SIZE_MAX, SIZE_MAX / 8, (size_t)1 << 31, (size_t)1 << 23};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct audio audio = {&sample, lengths[i], 100}, before = audio;
        assert_int_equal(resample(&audio, 25600, NULL), STATUS_NO_MEMORY);
        assert_same(&audio, &before);
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

/* --- the same bits on other processors --- */

/* FNV-1a */
static uint64_t digest(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211U;
    return hash;
}

/* A chirp, two tones and noise, all at once. */
static struct audio mixture(int sample_rate_hz, size_t num_samples, uint64_t seed)
{
    struct audio audio = tone(440, 0.2, sample_rate_hz, num_samples);
    for (size_t n = 0; n < num_samples; n++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        double at = (double)n / (double)num_samples;
        audio.samples[n] += 0.3 * sin(PI * at * at * (double)num_samples / 2) +
                            0.2 * sin(0.7 * (double)n) + ldexp((double)(seed >> 33), -32) - 0.25;
        audio.samples[n] =
            rint(audio.samples[n] * 32768) / 32768; /* one input for all processors */
    }
    return audio;
}

/* Of the functions that the library designs its filters with; differs between processors. */
static uint64_t fingerprint_mathematics(void)
{
    uint64_t hash = 14695981039346656037U;
    for (int i = 0; i < 100000; i++) {
        volatile double x = i * 0.37123;
        double values[] = {sin(x), cos(x), exp(-x * 1e-4), log(x + 1)};
        hash = digest(hash, values, sizeof values);
    }
    return hash;
}

static uint64_t fingerprint_resampled(void)
{
    const int rates_hz[] = {8000,  11025, 12000, 16000, 22050, 24000,
                            32000, 44100, 48000, 96000, 7999,  100000};
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++)
        for (size_t num_samples = 1; num_samples < 60000; num_samples = num_samples * 7 + 3) {
            struct audio audio = mixture(rates_hz[i], num_samples, i);
            assert_int_equal(resample(&audio, 12500, NULL), STATUS_OK);
            hash = digest(hash, audio.samples, audio.num_samples * sizeof *audio.samples);
            audio_free(&audio);
        }
    return hash;
}

static const char *program;

struct fingerprints {
    unsigned long long mathematics, resampled;
};

/* Those of this program in an environment with `variable` set. */
static struct fingerprints fingerprints_with(const char *variable)
{
    struct fingerprints found = {0};
    char line[1024];
    snprintf(line, sizeof line, "env '%s' '%s' --fingerprints", variable, program);
    FILE *output = popen(line, "r");
    assert_non_null(output);
    assert_int_equal(fscanf(output, "%llx %llx", &found.mathematics, &found.resampled), 2);
    assert_int_equal(pclose(output), 0);
    return found;
}

static void test_same_bits_on_lesser_processors(void **state)
{
    (void)state;
    struct fingerprints here = fingerprints_with("LC_ALL=C");
    struct fingerprints lesser = fingerprints_with(
        "GLIBC_TUNABLES="
        "glibc.cpu.hwcaps=-AVX2_Usable,-AVX2,-FMA,-FMA_Usable,-FMA4,-AVX512F,-AVX");
#if defined(__x86_64__) && defined(__GLIBC__)
    /* it is really another processor, as far as the mathematical library can tell */
    if (cpu_has_level(CPU_AVX2))
        assert_true(here.mathematics != lesser.mathematics);
#endif
    assert_true(here.resampled == lesser.resampled);
}

static void test_same_bits_in_any_environment(void **state)
{
    (void)state;
    const char *const variables[] = {"SOXR_USE_SIMD=0",     "SOXR_USE_SIMD32=0",
                                     "SOXR_MIN_DFT_SIZE=8", "SOXR_LARGE_DFT_SIZE=12",
                                     "SOXR_COEFS_SIZE=100", "SOXR_COEF_INTERP=2",
                                     "SOXR_NOSMALLINTOPT=1"};
    struct fingerprints here = fingerprints_with("LC_ALL=C");
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        assert_true(fingerprints_with(variables[i]).resampled == here.resampled);
}

static int print_fingerprints(void)
{
    resample_ignore_environment();
    printf("%llx %llx\n", (unsigned long long)fingerprint_mathematics(),
           (unsigned long long)fingerprint_resampled());
    return 0;
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc > 1 && !strcmp(argv[1], "--fingerprints"))
        return print_fingerprints();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_a_tone),
        cmocka_unit_test(test_rejects_aliases),
        cmocka_unit_test(test_same_rate_is_untouched),
        cmocka_unit_test(test_repeats_itself),
        cmocka_unit_test(test_any_scale),
        cmocka_unit_test(test_silence_and_short_sounds),
        cmocka_unit_test(test_any_ratio),
        cmocka_unit_test(test_refuses_lengths),
        cmocka_unit_test(test_refuses_ratios),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_same_bits_on_lesser_processors),
        cmocka_unit_test(test_same_bits_in_any_environment),
    };
    return cmocka_run_group_tests_name("resample", tests, NULL, NULL);
}
