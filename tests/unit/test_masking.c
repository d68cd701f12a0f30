/* So much noise that the whole is as loud as was asked for, and none where that is there already.
 */
#include "core/base/mem.h"
#include "core/media/loudness.h"
#include "core/media/masking.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { RATE = 8000, COUNT = 8000, FRAMES = 100 };

static const struct rng rng_of_test = {.seed = 5, .index = 1, .stream = RNG_STREAM_MASK};

static double samples[COUNT];

/* A tone of power 1/2 in the middle half, between noise of that power or silence. */
static struct audio make_sound(double noise_power)
{
    const struct rng rng = {.seed = 9, .stream = RNG_STREAM_CONDITION};
    for (int i = 0; i < COUNT; i++) {
        double noise = 2 * (double)rng_uniform(&rng, 0, (uint32_t)i) - 1;
        samples[i] = sqrt(3 * noise_power) * noise;
        if (i >= COUNT / 4 && i < 3 * COUNT / 4)
            samples[i] += sin(0.7 * i);
    }
    return (struct audio){samples, COUNT, RATE};
}

static bool mask(struct audio *audio, double share, const struct rng *rng)
{
    bool added;
    assert_int_equal(masking_add(audio, share, rng, &added, NULL), STATUS_OK);
    return added;
}

static void test_frames_and_floor(void **state)
{
    (void)state;
    double power[FRAMES];
    struct audio audio = make_sound(0);
    assert_int_equal(loudness_num_frames(&audio), FRAMES);
    loudness_frames(&audio, power);
    assert_true(power[0] == 0);
    assert_true(fabs(power[FRAMES / 2] - 0.5) < 0.05);
    assert_true(loudness_floor(power, FRAMES) == 0);
    for (int i = 1; i < FRAMES; i++)
        assert_true(power[i] >= power[i - 1]);
    audio = make_sound(0.02);
    loudness_frames(&audio, power);
    assert_true(fabs(loudness_floor(power, FRAMES) - 0.02) < 0.006); /* quiet ones of many */
    audio.sample_rate_hz = 50;
    assert_int_equal(loudness_num_frames(&audio), 0);
}

static void test_noise_in_silence(void **state)
{
    (void)state;
    const double shares[] = {0.01, 0.063, 0.5};
    for (int i = 0; i < 3; i++) {
        struct audio audio = make_sound(0);
        double noise = 0, product = 0;
        assert_true(mask(&audio, shares[i], &rng_of_test));
        for (int k = 0; k < COUNT / 4; k++) /* where there was silence */
            noise += samples[k] * samples[k] / (COUNT / 4.0);
        assert_true(fabs(noise / (shares[i] * 0.25) - 1) < 0.1);
        for (int k = 0; k + 1 < COUNT / 4; k++)
            product += samples[k] * samples[k + 1] / (COUNT / 4.0);
        assert_true(fabs(product) < 0.1 * noise); /* white */
    }
}

/* What is noisy gets what is missing, or nothing. */
static void test_noise_in_noise(void **state)
{
    (void)state;
    static double before[COUNT];
    struct audio audio = make_sound(0.02);
    double noise = 0;
    assert_true(mask(&audio, 0.15, &rng_of_test)); /* of 0.27: twice what is there */
    for (int k = 0; k < COUNT / 4; k++)
        noise += samples[k] * samples[k] / (COUNT / 4.0);
    assert_true(noise > 0.035 && noise < 0.055);
    audio = make_sound(0.02);
    memcpy(before, samples, sizeof before);
    assert_false(mask(&audio, 0.05, &rng_of_test));
    for (int k = 0; k < COUNT; k++) /* but for the mean */
        assert_true(fabs(samples[k] - before[k] - (samples[0] - before[0])) < 1e-12);
}

/* A constant offset is not taken for a noise floor. */
static void test_offset(void **state)
{
    (void)state;
    static double plain[COUNT];
    struct audio audio = make_sound(0);
    assert_true(mask(&audio, 0.01, &rng_of_test));
    memcpy(plain, samples, sizeof plain);
    audio = make_sound(0);
    for (int k = 0; k < COUNT; k++)
        samples[k] += 0.5;
    assert_true(mask(&audio, 0.01, &rng_of_test));
    for (int k = 0; k < COUNT; k++)
        assert_true(fabs(samples[k] - plain[k]) < 1e-9);
}

static void test_noise_is_drawn_by_the_generator(void **state)
{
    (void)state;
    static double first[COUNT];
    const struct rng other = {.seed = 5, .index = 2, .stream = RNG_STREAM_MASK};
    struct audio audio = make_sound(0);
    mask(&audio, 0.01, &rng_of_test);
    memcpy(first, samples, sizeof first);
    audio = make_sound(0);
    mask(&audio, 0.01, &rng_of_test);
    assert_memory_equal(first, samples, sizeof first);
    audio = make_sound(0);
    mask(&audio, 0.01, &other);
    assert_memory_not_equal(first, samples, sizeof first);
}

static void test_ends_of_the_range(void **state)
{
    (void)state;
    double two[] = {0.5, -0.5};
    bool added;
    struct audio audio = {two, 2, RATE}, none = {two, 0, RATE};
    assert_true(mask(&audio, 0.01, &rng_of_test)); /* no frame, so no floor */
    assert_true(two[0] != 0.5 && fabs(two[0] - 0.5) < 0.1);
    assert_false(mask(&none, 0.01, &rng_of_test));
    audio = make_sound(0);
    mem_fail_after(0);
    assert_int_equal(masking_add(&audio, 0.01, &rng_of_test, &added, NULL), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_false(added);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_and_floor),
        cmocka_unit_test(test_noise_in_silence),
        cmocka_unit_test(test_noise_in_noise),
        cmocka_unit_test(test_offset),
        cmocka_unit_test(test_noise_is_drawn_by_the_generator),
        cmocka_unit_test(test_ends_of_the_range),
    };
    return cmocka_run_group_tests_name("masking", tests, NULL, NULL);
}
