/* Conditions of speech: what they add is measured, and repeats itself. */
#include "core/base/mem.h"
#include "train/condition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, COUNT = 2 * RATE };

/* Two seconds of a tone of 440 Hz. */
static void make_tone(struct audio *audio)
{
    *audio = (struct audio){mem_alloc(COUNT, sizeof(double)), COUNT, RATE};
    assert_non_null(audio->samples);
    for (int i = 0; i < COUNT; i++)
        audio->samples[i] = 0.2 * sin(6.283185307 * 440 * i / RATE);
}

static double power(const double *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return sum / (double)count;
}

static void apply(const char *text, uint64_t seed, uint64_t index, struct audio *audio)
{
    struct condition condition;
    assert_int_equal(condition_parse(text, &condition, NULL), STATUS_OK);
    make_tone(audio);
    assert_int_equal(condition_apply(&condition, seed, index, audio, NULL), STATUS_OK);
}

/* What is left when the tone is taken off. */
static void noise_of(const struct audio *audio, double *noise)
{
    struct audio tone;
    make_tone(&tone);
    for (int i = 0; i < COUNT; i++)
        noise[i] = audio->samples[i] - tone.samples[i];
    audio_free(&tone);
}

static void test_noise_has_the_power_that_was_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double db;
    } cases[] = {{"noise=10dB", 10}, {"noise=0dB", 0}, {"noise=-5dB", -5}, {"noise=22.5dB", 22.5}};
    static double noise[COUNT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audio audio;
        apply(cases[i].text, 1, i, &audio);
        noise_of(&audio, noise);
        double db = 10 * log10(0.02 / power(noise, COUNT)); /* a tone of 0.2: 0.2^2 / 2 */
        assert_true(fabs(db - cases[i].db) < 0.2);
        audio_free(&audio);
    }
}

static void test_noise_is_white_and_normal(void **state)
{
    (void)state;
    static double noise[COUNT];
    struct audio audio;
    double neighbours = 0, fourth = 0, mean = 0;
    apply("noise=0dB", 1, 0, &audio);
    noise_of(&audio, noise);
    double variance = power(noise, COUNT);
    for (int i = 0; i + 1 < COUNT; i++) {
        mean += noise[i] / COUNT;
        neighbours += noise[i] * noise[i + 1] / COUNT;
        fourth += pow(noise[i], 4) / COUNT;
    }
    assert_true(fabs(mean) < 4 * sqrt(variance / COUNT));
    assert_true(fabs(neighbours) < 4 * variance / sqrt(COUNT));
    assert_true(fabs(fourth / (variance * variance) - 3) < 0.3);
    audio_free(&audio);
}

static void test_noise_is_a_function_of_seed_and_index(void **state)
{
    (void)state;
    struct audio first, again, other_seed, other_index;
    apply("noise=10dB", 1, 5, &first);
    apply("noise=10dB", 1, 5, &again);
    apply("noise=10dB", 2, 5, &other_seed);
    apply("noise=10dB", 1, 6, &other_index);
    assert_memory_equal(first.samples, again.samples, COUNT * sizeof(double));
    assert_memory_not_equal(first.samples, other_seed.samples, COUNT * sizeof(double));
    assert_memory_not_equal(first.samples, other_index.samples, COUNT * sizeof(double));
    audio_free(&first);
    audio_free(&again);
    audio_free(&other_seed);
    audio_free(&other_index);
}

static void test_silence_is_before_and_after(void **state)
{
    (void)state;
    struct audio audio, tone;
    apply("silence=0.3", 1, 0, &audio);
    make_tone(&tone);
    assert_int_equal(audio.num_samples, COUNT + 2 * 2400);
    assert_true(power(audio.samples, 2400) == 0);
    assert_true(power(audio.samples + 2400 + COUNT, 2400) == 0);
    assert_memory_equal(audio.samples + 2400, tone.samples, COUNT * sizeof(double));
    audio_free(&audio);
    audio_free(&tone);
}

static void test_a_rate_keeps_the_tone(void **state)
{
    (void)state;
    struct audio audio;
    apply("rate=48000", 1, 0, &audio);
    assert_int_equal(audio.sample_rate_hz, 48000);
    assert_true(fabs((double)audio.num_samples - 6.0 * COUNT) < 100);
    for (size_t i = 10000; i < 80000; i++) /* far from both ends */
        assert_true(fabs(audio.samples[i] - 0.2 * sin(6.283185307 * 440 * (double)i / 48000)) <
                    0.002);
    audio_free(&audio);
}

/* Noise is as loud as without silence, and fills it; the recorder's rate comes last. */
static void test_several_at_once(void **state)
{
    (void)state;
    struct audio audio;
    apply("noise=10dB,silence=0.5", 1, 0, &audio);
    assert_int_equal(audio.num_samples, COUNT + RATE);
    assert_true(fabs(10 * log10(0.02 / power(audio.samples, RATE / 2)) - 10) < 0.3);
    audio_free(&audio);
    apply("rate=4000,noise=10dB,silence=0.5", 1, 0, &audio);
    assert_int_equal(audio.sample_rate_hz, 4000);
    assert_true(fabs((double)audio.num_samples - (COUNT + RATE) / 2.0) < 10);
    audio_free(&audio);
}

static void test_a_set_draws_for_each_recording(void **state)
{
    (void)state;
    struct utterance utterances[2] = {{.name = "a"}, {.name = "b"}};
    struct speech_set set = {.num_utterances = 2, .utterances = utterances};
    struct condition condition;
    assert_int_equal(condition_parse("noise=0dB", &condition, NULL), STATUS_OK);
    make_tone(&utterances[0].audio);
    make_tone(&utterances[1].audio);
    assert_int_equal(condition_apply_all(&condition, 3, &set, NULL), STATUS_OK);
    assert_memory_not_equal(utterances[0].audio.samples, utterances[1].audio.samples,
                            COUNT * sizeof(double));
    audio_free(&utterances[0].audio);
    audio_free(&utterances[1].audio);
}

static void test_other_words_are_refused(void **state)
{
    (void)state;
    static const char *const words[] = {"",
                                        "noise",
                                        "noise=",
                                        "noise=10",
                                        "noise=10db",
                                        "noise=10 dB",
                                        "noise=61dB",
                                        "noise=-21dB",
                                        "noise=1e1dB",
                                        "noise=nandB",
                                        "silence=",
                                        "silence=-1",
                                        "silence=6",
                                        "silence=1s",
                                        "rate=3999",
                                        "rate=8000.5",
                                        "rate=1000000",
                                        "echo=1",
                                        ",",
                                        "rate=8000,",
                                        ",silence=0.3",
                                        "noise=10dB silence=1",
                                        "noise=1.2.3dB"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct condition condition;
        struct error error;
        if (condition_parse(words[i], &condition, &error) != STATUS_INVALID_ARGUMENT)
            fail_msg("'%s' was taken", words[i]);
    }
}

static void test_out_of_memory_leaves_the_recording(void **state)
{
    (void)state;
    struct condition condition;
    struct audio audio, tone;
    enum status status = STATUS_NO_MEMORY;
    assert_int_equal(condition_parse("silence=0.1,noise=10dB,rate=16000", &condition, NULL),
                     STATUS_OK);
    make_tone(&audio);
    make_tone(&tone);
    int64_t allowed = 0;
    for (; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = condition_apply(&condition, 1, 0, &audio, NULL);
        mem_fail_never();
        if (status == STATUS_OK)
            break;
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_int_equal(audio.num_samples, COUNT);
        assert_memory_equal(audio.samples, tone.samples, COUNT * sizeof(double));
    }
    assert_true(allowed >= 3);
    audio_free(&audio);
    audio_free(&tone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_noise_has_the_power_that_was_asked_for),
        cmocka_unit_test(test_noise_is_white_and_normal),
        cmocka_unit_test(test_noise_is_a_function_of_seed_and_index),
        cmocka_unit_test(test_silence_is_before_and_after),
        cmocka_unit_test(test_a_rate_keeps_the_tone),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_a_set_draws_for_each_recording),
        cmocka_unit_test(test_other_words_are_refused),
        cmocka_unit_test(test_out_of_memory_leaves_the_recording),
    };
    return cmocka_run_group_tests_name("condition", tests, NULL, NULL);
}
