/* Recordings as strangers send them: the same for the same index, sane for every one. */
#include "core/base/mem.h"
#include "train/acoustics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, COUNT = 4000, OTHERS = 3, DRAWS = 60 };

static double words[OTHERS][COUNT];
static struct utterance utterances[OTHERS];
static struct speech_set others = {.num_utterances = OTHERS, .utterances = utterances};

static int make_others(void **state)
{
    (void)state;
    for (int i = 0; i < OTHERS; i++) {
        utterances[i].audio = (struct audio){words[i], COUNT, RATE};
        for (int k = 0; k < COUNT; k++)
            words[i][k] = 0.4 * sin(0.2 * (i + 1) * k) * sin(3.14159 * k / COUNT);
    }
    return 0;
}

static struct audio vary(uint64_t index)
{
    struct error error;
    struct rng rng = {5, index, RNG_STREAM_ACOUSTICS};
    struct audio audio = {mem_alloc(COUNT, sizeof(double)), COUNT, RATE};
    memcpy(audio.samples, words[0], sizeof words[0]);
    assert_int_equal(acoustics_vary(&others, &rng, &audio, &error), STATUS_OK);
    return audio;
}

static bool same(const struct audio *a, const struct audio *b)
{
    return a->num_samples == b->num_samples &&
           memcmp(a->samples, b->samples, a->num_samples * sizeof *a->samples) == 0;
}

static void test_the_index_decides(void **state)
{
    (void)state;
    for (uint64_t index = 0; index < DRAWS; index++) {
        struct audio first = vary(index), again = vary(index), other = vary(index + 1);
        assert_true(same(&first, &again));
        assert_false(same(&first, &other));
        audio_free(&first);
        audio_free(&again);
        audio_free(&other);
    }
}

static void test_every_variation_is_sound(void **state)
{
    (void)state;
    double shortest = HUGE_VAL, longest = 0;
    for (uint64_t index = 0; index < DRAWS; index++) {
        struct audio audio = vary(index);
        double power = 0;
        assert_in_range(audio.sample_rate_hz, 0.83 * RATE, 1.17 * RATE);
        for (size_t i = 0; i < audio.num_samples; i++) {
            assert_true(isfinite(audio.samples[i]));
            power += audio.samples[i] * audio.samples[i];
        }
        assert_true(power > 0);
        double seconds = (double)audio.num_samples / audio.sample_rate_hz;
        shortest = fmin(shortest, seconds);
        longest = fmax(longest, seconds);
        audio_free(&audio);
    }
    /* Of 0.5 s: faster by up to 16 % and cut by 60 ms, or slower and with 0.5 s of silence. */
    assert_true(shortest > 0.36 && shortest < 0.48);
    assert_true(longest > 0.7 && longest < 1.2);
}

/* The voices in the background are read and left as they are. */
static void test_others_stay(void **state)
{
    (void)state;
    double before[OTHERS][COUNT];
    memcpy(before, words, sizeof words);
    for (uint64_t index = 0; index < DRAWS; index++) {
        struct audio audio = vary(index);
        audio_free(&audio);
    }
    assert_memory_equal(before, words, sizeof words);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (int after = 0, failed = 1; failed && after < 100; after++) {
        struct error error;
        struct rng rng = {5, 7, RNG_STREAM_ACOUSTICS};
        struct audio audio = {mem_alloc(COUNT, sizeof(double)), COUNT, RATE};
        memcpy(audio.samples, words[0], sizeof words[0]);
        mem_fail_after(after);
        failed = acoustics_vary(&others, &rng, &audio, &error) != STATUS_OK;
        mem_fail_never();
        if (failed)
            assert_int_equal(error.status, STATUS_NO_MEMORY);
        assert_true(after > 0 || failed);
        audio_free(&audio);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_index_decides),
        cmocka_unit_test(test_every_variation_is_sound),
        cmocka_unit_test(test_others_stay),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("acoustics", tests, make_others, NULL);
}
