/* Recordings of tones and noise, cut where they are silent. */
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/media/silence.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RATE = 8000 };

/* `seconds` of noise of an amplitude. */
static struct audio make_noise(double seconds, double amplitude)
{
    const struct rng rng = {.seed = 3, .index = 0, .stream = RNG_STREAM_INIT};
    struct audio audio = {.num_samples = (size_t)(seconds * RATE), .sample_rate_hz = RATE};
    audio.samples = mem_alloc(audio.num_samples, sizeof *audio.samples);
    assert_non_null(audio.samples);
    for (size_t i = 0; i < audio.num_samples; i++)
        audio.samples[i] = amplitude * (2 * (double)rng_uniform(&rng, 0, (uint32_t)i) - 1);
    return audio;
}

static void add_tone(struct audio *audio, double begin, double end, double amplitude)
{
    for (size_t i = (size_t)(begin * RATE); i < (size_t)(end * RATE); i++)
        audio->samples[i] += amplitude * sin(2 * acos(-1) * 440 * (double)i / RATE);
}

/* The piece that holds begin .. end seconds, with a margin of 0.1 s or less. */
static void assert_piece(const struct silence_piece *piece, double begin, double end)
{
    double from = (double)piece->begin / RATE, to = (double)piece->end / RATE;
    assert_true(from <= begin && from >= begin - 0.121);
    assert_true(to >= end && to <= end + 0.121);
}

static void test_words_between_silences(void **state)
{
    (void)state;
    static const double noises[] = {0, 0.001, 0.02, 0.1};
    for (size_t i = 0; i < sizeof noises / sizeof noises[0]; i++) {
        struct silence_cuts cuts;
        struct audio audio = make_noise(3, noises[i]);
        add_tone(&audio, 0.3, 0.7, 0.8);
        add_tone(&audio, 1.0, 1.2, 0.5);
        add_tone(&audio, 1.6, 2.4, 0.8);
        assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_OK);
        assert_int_equal(cuts.count, 3);
        assert_piece(&cuts.pieces[0], 0.3, 0.7);
        assert_piece(&cuts.pieces[1], 1.0, 1.2);
        assert_piece(&cuts.pieces[2], 1.6, 2.4);
        assert_true(cuts.pieces[0].end <= cuts.pieces[1].begin);
        audio_free(&audio);
    }
}

static void test_gaps_and_clicks(void **state)
{
    (void)state;
    struct silence_cuts cuts;
    struct audio audio = make_noise(3, 0.001);
    add_tone(&audio, 0.3, 0.7, 0.8);
    add_tone(&audio, 0.85, 1.1, 0.8); /* after 0.15 s: the same word */
    add_tone(&audio, 1.5, 1.53, 0.8); /* a click */
    add_tone(&audio, 2.0, 2.5, 0.8);
    assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_OK);
    assert_int_equal(cuts.count, 2);
    assert_piece(&cuts.pieces[0], 0.3, 1.1);
    assert_piece(&cuts.pieces[1], 2.0, 2.5);
    audio_free(&audio);
}

static void test_sound_from_end_to_end_is_one_piece(void **state)
{
    (void)state;
    struct silence_cuts cuts;
    struct audio audio = make_noise(1, 0);
    add_tone(&audio, 0, 1, 0.3);
    for (size_t i = 0; i < audio.num_samples; i++)
        audio.samples[i] += 0.5; /* a constant is no sound */
    assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_OK);
    assert_int_equal(cuts.count, 1);
    assert_int_equal(cuts.pieces[0].begin, 0);
    assert_int_equal(cuts.pieces[0].end, audio.num_samples);
    audio_free(&audio);
}

static void test_what_cannot_be_cut(void **state)
{
    (void)state;
    struct silence_cuts cuts;
    struct audio audio = make_noise(1, 0);
    assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_UNUSABLE);
    audio.num_samples = 400; /* 0.05 s */
    add_tone(&audio, 0, 0.05, 0.8);
    assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_UNUSABLE);
    audio.num_samples = RATE;
    mem_fail_after(0);
    assert_int_equal(silence_cut(&audio, &cuts, NULL), STATUS_NO_MEMORY);
    mem_fail_never();
    audio_free(&audio);
}

static void test_at_most_so_many_pieces(void **state)
{
    (void)state;
    for (int words = SILENCE_MAX_PIECES; words <= SILENCE_MAX_PIECES + 1; words++) {
        struct silence_cuts cuts;
        struct error error = {.status = STATUS_OK};
        struct audio audio = make_noise(words * 0.4, 0);
        for (int i = 0; i < words; i++)
            add_tone(&audio, i * 0.4, i * 0.4 + 0.1, 0.5);
        enum status status = silence_cut(&audio, &cuts, &error);
        assert_int_equal(status, words > SILENCE_MAX_PIECES ? STATUS_UNUSABLE : STATUS_OK);
        if (status == STATUS_OK)
            assert_int_equal(cuts.count, words);
        audio_free(&audio);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_between_silences),
        cmocka_unit_test(test_gaps_and_clicks),
        cmocka_unit_test(test_sound_from_end_to_end_is_one_piece),
        cmocka_unit_test(test_what_cannot_be_cut),
        cmocka_unit_test(test_at_most_so_many_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
