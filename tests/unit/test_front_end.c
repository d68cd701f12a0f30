/* Speech to input: what is unusable, and what must not matter (volume, offset, silence around). */
#include "models/front_end.h"
#include "tests/unit/small_network.h"

#include <math.h>
#include <stdlib.h>

enum { RATE = 8000, WORD = 4000, MAX_INPUTS = 2048 };

#define PI 3.14159265358979323846

static struct network *network;

static int open_network(void **state)
{
    (void)state;
    network = small_audiocoder(1);
    return 0;
}

static int close_network(void **state)
{
    (void)state;
    network_release(network);
    return 0;
}

static struct audio make_silence(size_t num_samples, int rate)
{
    struct audio audio = {mem_alloc(num_samples, sizeof(double)), num_samples, rate};
    assert_non_null(audio.samples);
    return audio;
}

/* Two syllables that glide, with `quiet` samples before and after. */
static struct audio make_word(double volume, double offset, size_t quiet)
{
    struct audio audio = make_silence(WORD + 2 * quiet, RATE);
    for (size_t i = 0; i < audio.num_samples; i++)
        audio.samples[i] = offset;
    for (int i = 0; i < WORD; i++) {
        double t = (double)i / RATE, envelope = fabs(sin(2 * PI * i / WORD));
        audio.samples[quiet + (size_t)i] +=
            volume * envelope * (sin(2 * PI * (300 + 400 * t) * t) + 0.3 * sin(2 * PI * 1900 * t));
    }
    return audio;
}

static enum status run(struct audio audio, real *input)
{
    struct error error = {STATUS_OK, ""};
    enum status status = front_end_run(network, &audio, input, &error);
    assert_int_equal(error.status, status);
    audio_free(&audio);
    return status;
}

/* The root of the mean squared difference; inputs have a deviation of 1. */
static double distance(const real *a, const real *b)
{
    double sum = 0;
    uint32_t count = network_num_inputs(network);
    for (uint32_t i = 0; i < count; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(sum / count);
}

static void test_unusable_recordings(void **state)
{
    (void)state;
    real input[MAX_INPUTS];
    assert_int_equal(run(make_silence(RATE, RATE), input), STATUS_UNUSABLE);
    assert_int_equal(run(make_silence(0, RATE), input), STATUS_UNUSABLE);
    assert_int_equal(run(make_word(0, 0.5, 0), input), STATUS_UNUSABLE); /* an offset alone */
    assert_int_equal(run(make_word(1e-5, 0, 0), input), STATUS_UNUSABLE);
    static const size_t short_ones[] = {1, 10, 79, 80, 159};
    for (int i = 0; i < 5; i++) {
        struct audio audio = make_silence(short_ones[i], RATE);
        for (size_t k = 0; k < audio.num_samples; k++)
            audio.samples[k] = k % 2 ? 0.5 : -0.5;
        assert_int_equal(run(audio, input), STATUS_UNUSABLE);
    }
}

static void test_input_has_unit_deviation(void **state)
{
    (void)state;
    real input[MAX_INPUTS];
    uint32_t count = network_num_inputs(network);
    double mean = 0, variance = 0;
    assert_int_equal(run(make_word(0.5, 0, 1000), input), STATUS_OK);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(isfinite(input[i]));
        mean += (double)input[i] / count;
    }
    for (uint32_t i = 0; i < count; i++)
        variance += ((double)input[i] - mean) * ((double)input[i] - mean) / count;
    assert_true(fabs(variance - 1) < 1e-4);
}

static void test_volume_and_offset_do_not_matter(void **state)
{
    (void)state;
    real input[MAX_INPUTS], other[MAX_INPUTS];
    assert_int_equal(run(make_word(0.5, 0, 1000), input), STATUS_OK);
    assert_int_equal(run(make_word(0.25, 0, 1000), other), STATUS_OK);
    assert_true(distance(input, other) < 1e-4);
    assert_int_equal(run(make_word(0.003, 0, 1000), other), STATUS_OK);
    assert_true(distance(input, other) < 1e-4);
    assert_int_equal(run(make_word(0.5, 0.3, 1000), other), STATUS_OK);
    assert_true(distance(input, other) < 1e-4);
}

static void test_silence_around_does_not_matter(void **state)
{
    (void)state;
    real input[MAX_INPUTS], other[MAX_INPUTS];
    assert_int_equal(run(make_word(0.5, 0, 800), input), STATUS_OK);
    assert_int_equal(run(make_word(0.5, 0, 8000), other), STATUS_OK);
    assert_true(distance(input, other) < 0.02);
}

static void test_words_are_told_apart(void **state)
{
    (void)state;
    real input[MAX_INPUTS], other[MAX_INPUTS];
    struct audio tone = make_silence(WORD, RATE);
    for (int i = 0; i < WORD; i++)
        tone.samples[i] = 0.5 * sin(2 * PI * 1000 * i / RATE);
    assert_int_equal(run(make_word(0.5, 0, 800), input), STATUS_OK);
    assert_int_equal(run(tone, other), STATUS_OK);
    assert_true(distance(input, other) > 0.5);
}

static void test_other_sample_rates(void **state)
{
    (void)state;
    real input[MAX_INPUTS], other[MAX_INPUTS];
    assert_int_equal(run(make_word(0.5, 0, 800), input), STATUS_OK);
    struct audio fast = make_silence(2 * WORD + 3200, 2 * RATE);
    for (int i = 0; i < 2 * WORD; i++) {
        double t = (double)i / (2 * RATE), envelope = fabs(sin(PI * i / WORD));
        fast.samples[1600 + i] =
            0.5 * envelope * (sin(2 * PI * (300 + 400 * t) * t) + 0.3 * sin(2 * PI * 1900 * t));
    }
    assert_int_equal(run(fast, other), STATUS_OK);
    assert_true(distance(input, other) < 0.1);
}

static void test_features_are_between_0_and_1(void **state)
{
    (void)state;
    struct features features;
    struct audio audio = make_word(0.5, 0, 1000);
    double largest = 0;
    assert_int_equal(
        front_end_features(&network->front_end, &network->cochlea, &audio, &features, NULL),
        STATUS_OK);
    assert_int_equal(features.num_channels, network->cochlea.num_channels);
    assert_true(features.num_frames >= 40 && features.num_frames <= 60);
    for (int i = 0; i < features.num_frames * features.num_channels; i++) {
        assert_true(features.values[i] >= 0 && features.values[i] <= 1);
        largest = fmax(largest, (double)features.values[i]);
    }
    assert_true(largest == 1);
    features_free(&features);
    features_free(&features);
    audio_free(&audio);
}

/* Frames 0, 1, 2 of one ramp: stretched to five they are 0, 0.5, 1, 1.5, 2. */
static void test_stretching_by_hand(void **state)
{
    (void)state;
    struct front_end_settings settings = network->front_end;
    real values[] = {0, 3, 1, 3, 2, 3}, input[10];
    const struct features features = {values, 3, 2};
    settings.num_frames = 5;
    settings.mean_removal = 1; /* channels -1, -0.5, 0, 0.5, 1 and 0 */
    front_end_normalize(&settings, &features, input);
    double deviation = sqrt(2.5 / 10);
    for (int frame = 0; frame < 5; frame++) {
        assert_true(fabs((double)input[2 * frame] - (frame - 2) / 2.0 / deviation) < 1e-6);
        assert_true(fabs((double)input[2 * frame + 1]) < 1e-6);
    }
    settings.mean_removal = 0.5;
    settings.num_frames = 2;
    const real flat[] = {1, 1, 1, 1};
    memcpy(input, flat, sizeof flat);
    front_end_standardize(&settings, 2, input); /* nothing varies: nothing to divide by */
    for (int i = 0; i < 4; i++)
        assert_true(input[i] == (real)0.5);
}

#define SETTING_REFUSED(member, value)                                                             \
    do {                                                                                           \
        struct front_end_settings settings = network->front_end;                                   \
        settings.member = value;                                                                   \
        assert_int_equal(front_end_validate(&settings, NULL), STATUS_INVALID_ARGUMENT);            \
    } while (0)

static void test_settings_out_of_range(void **state)
{
    (void)state;
    assert_int_equal(front_end_validate(&network->front_end, NULL), STATUS_OK);
    SETTING_REFUSED(cochlea.sample_rate_hz, 999);
    SETTING_REFUSED(cochlea.sample_rate_hz, NAN);
    SETTING_REFUSED(cochlea.sample_rate_hz, 1e9);
    SETTING_REFUSED(cochlea.decimation, 0);
    SETTING_REFUSED(peak_level, 0);
    SETTING_REFUSED(peak_level, 1.5);
    SETTING_REFUSED(peak_level, NAN);
    SETTING_REFUSED(frame_samples, 0);
    SETTING_REFUSED(frame_samples, 85);
    SETTING_REFUSED(floor_removal, -0.1);
    SETTING_REFUSED(floor_removal, NAN);
    SETTING_REFUSED(floor_removal, 11);
    SETTING_REFUSED(trim_level, -0.1);
    SETTING_REFUSED(trim_level, 1);
    SETTING_REFUSED(trim_margin_frames, -1);
    SETTING_REFUSED(trim_margin_frames, 1 << 30);
    SETTING_REFUSED(num_frames, 1);
    SETTING_REFUSED(num_frames, 1 << 30);
    SETTING_REFUSED(mean_removal, -0.1);
    SETTING_REFUSED(mean_removal, 1.1);
}

/* The plain cochleagram of a recording as a share of its maximum, by the cochlea alone. */
static double *plain_cochleagram(struct audio audio, size_t *num_frames)
{
    double peak = 0, mean = 0, loudest = 0;
    size_t channels = (size_t)network->cochlea.num_channels;
    for (size_t i = 0; i < audio.num_samples; i++)
        mean += audio.samples[i] / (double)audio.num_samples;
    for (size_t i = 0; i < audio.num_samples; i++)
        peak = fmax(peak, fabs(audio.samples[i] - mean));
    for (size_t i = 0; i < audio.num_samples; i++)
        audio.samples[i] = (audio.samples[i] - mean) / peak * network->front_end.peak_level;
    *num_frames = cochlea_num_frames(&network->cochlea, audio.num_samples);
    double *frames = mem_alloc(*num_frames * channels, sizeof *frames);
    assert_non_null(frames);
    assert_int_equal(cochlea_run(&network->cochlea, audio.samples, audio.num_samples, frames, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < *num_frames * channels; i++)
        loudest = fmax(loudest, frames[i]);
    for (size_t i = 0; i < *num_frames * channels; i++)
        frames[i] /= loudest;
    audio_free(&audio);
    return frames;
}

static const struct front_end_settings plain = {.cochlea = {8000, 6, 0.7, 10},
                                                .peak_level = 0.1,
                                                .frame_samples = 10,
                                                .num_frames = 500,
                                                .fit = FRONT_END_PAD,
                                                .amplitude = FRONT_END_LINEAR,
                                                .scale = FRONT_END_MAXIMUM};

/* Shorter recordings are padded with zeros, longer ones cut. */
static void test_a_plain_cochleagram(void **state)
{
    (void)state;
    static const int num_frames[] = {500, 400, 300};
    size_t channels = (size_t)network->cochlea.num_channels, frames;
    double *expected = plain_cochleagram(make_word(0.5, 0.1, 0), &frames);
    assert_int_equal(frames, WORD / 10);
    for (int i = 0; i < 3; i++) {
        struct front_end_settings settings = plain;
        struct audio audio = make_word(0.5, 0.1, 0);
        struct features features;
        settings.num_frames = num_frames[i];
        real *input = mem_alloc((size_t)num_frames[i] * channels, sizeof *input);
        assert_non_null(input);
        assert_int_equal(front_end_features(&settings, &network->cochlea, &audio, &features, NULL),
                         STATUS_OK);
        front_end_normalize(&settings, &features, input);
        for (size_t k = 0; k < (size_t)num_frames[i] * channels; k++)
            assert_true(fabs((double)input[k] - (k < frames * channels ? expected[k] : 0)) < 1e-6);
        features_free(&features);
        audio_free(&audio);
        mem_free(input);
    }
    mem_free(expected);
}

static int compare_values(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What a channel has in its quietest fifth comes off, twice; the rest is over its new maximum. */
static void test_a_floor_by_hand(void **state)
{
    (void)state;
    size_t channels = (size_t)network->cochlea.num_channels, frames;
    double *expected = plain_cochleagram(make_word(0.5, 0, 0), &frames), loudest = 0;
    double *sorted = mem_alloc(frames, sizeof *sorted);
    struct front_end_settings settings = plain;
    struct audio audio = make_word(0.5, 0, 0);
    struct features features;
    assert_non_null(sorted);
    for (size_t channel = 0; channel < channels; channel++) {
        double floor = 0;
        for (size_t i = 0; i < frames; i++)
            sorted[i] = expected[i * channels + channel];
        qsort(sorted, frames, sizeof *sorted, compare_values);
        for (size_t i = 0; i <= frames / 5; i++)
            floor += sorted[i] / (double)(frames / 5 + 1);
        for (size_t i = 0; i < frames; i++) {
            double *value = &expected[i * channels + channel];
            *value = fmax(*value - 2 * floor, 0);
            loudest = fmax(loudest, *value);
        }
    }
    settings.floor_removal = 2;
    assert_int_equal(front_end_features(&settings, &network->cochlea, &audio, &features, NULL),
                     STATUS_OK);
    assert_int_equal(features.num_frames, frames);
    for (size_t i = 0; i < frames * channels; i++)
        assert_true(fabs((double)features.values[i] - expected[i] / loudest) < 1e-6);
    features_free(&features);
    audio_free(&audio);
    mem_free(expected);
    mem_free(sorted);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    real input[MAX_INPUTS];
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        struct audio audio = make_word(0.5, 0, 1000);
        mem_fail_after(allowed);
        status = front_end_run(network, &audio, input, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 20);
        audio_free(&audio);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unusable_recordings),
        cmocka_unit_test(test_input_has_unit_deviation),
        cmocka_unit_test(test_volume_and_offset_do_not_matter),
        cmocka_unit_test(test_silence_around_does_not_matter),
        cmocka_unit_test(test_words_are_told_apart),
        cmocka_unit_test(test_other_sample_rates),
        cmocka_unit_test(test_features_are_between_0_and_1),
        cmocka_unit_test(test_stretching_by_hand),
        cmocka_unit_test(test_settings_out_of_range),
        cmocka_unit_test(test_a_plain_cochleagram),
        cmocka_unit_test(test_a_floor_by_hand),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("front_end", tests, open_network, close_network);
}
