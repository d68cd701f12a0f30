/* Variations of an utterance: the same for the same index, sane at any setting, none at zeros. */
#include "tests/unit/small_network.h"
#include "train/augment.h"

#include <math.h>
#include <stdlib.h>

enum { FRAMES = 31, CHANNELS = 13, COUNT = SMALL_FRAMES * CHANNELS };

static const struct augment_settings nothing = {0};

static real values[FRAMES * CHANNELS];
static const struct features features = {values, FRAMES, CHANNELS};

static struct front_end_settings front_end(int num_frames)
{
    struct front_end_settings settings = {.num_frames = num_frames, .mean_removal = 0.7};
    return settings;
}

static int make_features(void **state)
{
    (void)state;
    small_random(values, FRAMES * CHANNELS, 0, 1, 3, 0);
    return 0;
}

static void augment(const struct augment_settings *settings, uint64_t index, real *input)
{
    const struct rng rng = {.seed = 5, .index = index, .stream = RNG_STREAM_AUGMENT};
    const struct front_end_settings front = front_end(SMALL_FRAMES);
    augment_features(settings, &front, &features, &rng, input);
}

static void test_zero_settings_change_nothing(void **state)
{
    (void)state;
    real plain[COUNT], augmented[COUNT];
    const struct front_end_settings front = front_end(SMALL_FRAMES);
    front_end_normalize(&front, &features, plain);
    for (uint64_t index = 0; index < 10; index++) {
        augment(&nothing, index, augmented);
        for (int i = 0; i < COUNT; i++)
            assert_true(fabs((double)plain[i] - (double)augmented[i]) < 1e-4);
    }
}

static void test_the_index_decides(void **state)
{
    (void)state;
    real first[COUNT], again[COUNT], other[COUNT];
    for (uint64_t index = 0; index < 50; index++) {
        augment(&augment_default_settings, index, first);
        augment(&augment_default_settings, index, again);
        augment(&augment_default_settings, index + 1, other);
        assert_memory_equal(first, again, sizeof first);
        assert_memory_not_equal(first, other, sizeof first);
    }
}

static void test_each_setting_does_something(void **state)
{
    (void)state;
    static const struct augment_settings settings[] = {
        {.stretch = 0.3},     {.shift = 4},
        {.channel_shift = 3}, {.noise = 0.5, .noise_share = 1},
        {.masked_frames = 6}, {.masked_channels = 6},
    };
    real plain[COUNT], augmented[COUNT];
    augment(&nothing, 0, plain);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int changed = 0;
        for (uint64_t index = 0; index < 20; index++) {
            augment(&settings[i], index, augmented);
            double difference = 0;
            for (int k = 0; k < COUNT; k++)
                difference += fabs((double)plain[k] - (double)augmented[k]);
            changed += difference > 0.1;
        }
        assert_true(changed >= 10);
    }
}

/* A shift of the place of one loud frame moves it that far, earlier or later. */
static void test_a_shift_moves(void **state)
{
    (void)state;
    const struct augment_settings settings = {.shift = 3};
    const struct front_end_settings front = {.num_frames = FRAMES, .mean_removal = 0};
    real loud[FRAMES] = {0}, input[FRAMES];
    const struct features one = {loud, FRAMES, 1};
    int earliest = FRAMES, latest = 0;
    loud[15] = 1;
    for (uint64_t index = 0; index < 300; index++) {
        const struct rng rng = {.seed = 5, .index = index, .stream = RNG_STREAM_AUGMENT};
        int loudest = 0;
        augment_features(&settings, &front, &one, &rng, input);
        for (int i = 1; i < FRAMES; i++)
            loudest = input[i] > input[loudest] ? i : loudest;
        earliest = loudest < earliest ? loudest : earliest;
        latest = loudest > latest ? loudest : latest;
    }
    assert_int_equal(earliest, 12);
    assert_int_equal(latest, 18);
}

/* Ranges larger than the input: nothing is read or written beyond it. */
static void test_wild_settings(void **state)
{
    (void)state;
    static const struct augment_settings wild = {.stretch = 3,
                                                 .shift = 1000,
                                                 .channel_shift = 1000,
                                                 .noise = 100,
                                                 .noise_share = 1,
                                                 .masked_frames = 1000,
                                                 .masked_channels = 1000};
    for (int frames = 2; frames <= 9; frames++) {
        const struct front_end_settings front = front_end(frames);
        size_t count = (size_t)frames * CHANNELS;
        real *input = malloc((count + 1) * sizeof *input);
        assert_non_null(input);
        input[count] = 77;
        for (uint64_t index = 0; index < 200; index++) {
            const struct rng rng = {.seed = 5, .index = index, .stream = RNG_STREAM_AUGMENT};
            const struct augment_settings *settings = index % 2 ? &wild : &augment_default_settings;
            augment_features(settings, &front, &features, &rng, input);
            for (size_t i = 0; i < count; i++)
                assert_true(isfinite(input[i]));
        }
        assert_true(input[count] == 77);
        free(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_settings_change_nothing),
        cmocka_unit_test(test_the_index_decides),
        cmocka_unit_test(test_each_setting_does_something),
        cmocka_unit_test(test_a_shift_moves),
        cmocka_unit_test(test_wild_settings),
    };
    return cmocka_run_group_tests_name("augment", tests, make_features, NULL);
}
