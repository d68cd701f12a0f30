/* What an audiocoder learns from: hearing, and the targets of both data sets. */
#include "tests/unit/small_network.h"
#include "train/utterances.h"

#include <math.h>

/* A recording of SHORTEST samples is just long enough to be a word. */
enum { UTTERANCES = 12, IMAGES = 9, SHORTEST = 165 };

/* The speech numbers its classes in another order than the images. */
static char spoken[][DATASET_CLASS_NAME_SIZE] = {"0", "1", "2"};
static char drawn[][DATASET_CLASS_NAME_SIZE] = {"2", "0", "1"};

static uint8_t pixels[IMAGES][SMALL_PIXELS];
static uint16_t image_labels[IMAGES];
static struct image_set images = {.classes = {3, drawn},
                                  .num_images = IMAGES,
                                  .width = SMALL_WIDTH,
                                  .height = SMALL_HEIGHT,
                                  .pixels = pixels[0],
                                  .labels = image_labels};

/* Image i is of class i % 3 and marked by its number in the first pixel. */
static int make_images(void **state)
{
    (void)state;
    for (int i = 0; i < IMAGES; i++) {
        for (int k = 0; k < SMALL_PIXELS; k++)
            pixels[i][k] = (uint8_t)(k % 2 ? 255 : 0);
        pixels[i][0] = (uint8_t)(10 * i);
        image_labels[i] = (uint16_t)(i % 3);
    }
    return 0;
}

static void make_speech(struct speech_set *speech, struct utterance utterances[UTTERANCES])
{
    *speech = (struct speech_set){
        .classes = {3, spoken}, .num_utterances = UTTERANCES, .utterances = utterances};
    for (int i = 0; i < UTTERANCES; i++) {
        utterances[i] = (struct utterance){.audio = {mem_alloc(4000, sizeof(double)), 4000, 8000},
                                           .label = (uint16_t)(i % 3)};
        snprintf(utterances[i].name, sizeof utterances[i].name, "word-%d", i);
        for (int k = 0; k < 4000; k++)
            utterances[i].audio.samples[k] = 0.3 * sin(0.1 * (i + 1) * k);
    }
}

static enum status hear(struct utterances *utterances, int silent, struct error *error)
{
    struct speech_set speech;
    struct utterance list[UTTERANCES];
    make_speech(&speech, list);
    if (silent >= 0)
        memset(list[silent].audio.samples, 0, 4000 * sizeof(double));
    enum status status = utterances_hear(utterances, &speech, 2, error);
    for (int i = 0; i < UTTERANCES; i++)
        audio_free(&list[i].audio);
    return status;
}

static void test_hearing(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct utterances utterances = {.network = network, .seed = 1};
    struct error error;
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    assert_int_equal(utterances.num_utterances, UTTERANCES);
    for (int i = 0; i < UTTERANCES; i++) {
        assert_int_equal(utterances.labels[i], i % 3);
        assert_true(utterances.features[i].num_frames > 1);
        assert_int_equal(utterances.features[i].num_channels, network->cochlea.num_channels);
    }
    utterances_free(&utterances);
    utterances.network = network;
    assert_int_equal(hear(&utterances, 7, &error), STATUS_UNUSABLE);
    assert_non_null(strstr(error.detail, "word-7"));
    utterances_free(&utterances);
    network_release(network);
}

static void test_one_image_a_class(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct utterances utterances = {.network = network, .seed = 1};
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    assert_int_equal(utterances_aim_at_classes(&utterances, NULL), STATUS_OK);
    assert_int_equal(utterances.num_targets, SMALL_CLASSES + 1);
    for (int i = 0; i < UTTERANCES; i++)
        assert_int_equal(utterances.targets[i], i % 3);
    for (int i = 0; i < SMALL_CLASSES * SMALL_PIXELS; i++)
        assert_true(utterances.images[i] == (real)network->class_images[i] / 255);
    utterances_free(&utterances);
    network_release(network);
}

/* Variants do not depend on threads; a draw picks any of them, or the recording itself. */
static void test_variants(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct utterances utterances = {.network = network, .seed = 1, .num_variants = 3};
    struct utterances again = utterances;
    bool picked[4] = {false};
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    assert_int_equal(hear(&again, -1, NULL), STATUS_OK);
    for (int i = 0; i < 3 * UTTERANCES; i++) {
        const struct features *one = &utterances.variants[i], *other = &again.variants[i];
        size_t count = (size_t)one->num_frames * (size_t)one->num_channels;
        assert_true(one->num_frames > 1 && one->num_frames == other->num_frames);
        assert_memory_equal(one->values, other->values, count * sizeof *one->values);
    }
    for (uint64_t draw = 0; draw < 40; draw++) {
        struct rng rng = {1, draw, RNG_STREAM_AUGMENT};
        const struct features *features = utterances_pick(&utterances, 5, &rng);
        bool itself = features == &utterances.features[5];
        assert_true(itself ||
                    (features >= &utterances.variants[15] && features < &utterances.variants[18]));
        picked[itself ? 3 : features - &utterances.variants[15]] = true;
    }
    assert_true(picked[0] && picked[1] && picked[2] && picked[3]);
    utterances_free(&utterances);
    utterances_free(&again);
    network_release(network);
}

static bool same_features(const struct features *one, const struct features *other)
{
    size_t count = (size_t)(one->num_frames * one->num_channels);
    return one->num_frames > 1 && one->num_frames == other->num_frames &&
           one->num_channels == other->num_channels &&
           memcmp(one->values, other->values, count * sizeof *one->values) == 0;
}

/* What a draw hears anew is its own, whatever was heard before; the others take what is stored. */
static void test_hearing_anew(void **state)
{
    (void)state;
    enum { RING = 4, DRAWS = 60 };
    struct network *network = small_audiocoder(1);
    struct speech_set speech;
    struct utterance list[UTTERANCES];
    struct utterances utterances = {
        .network = network, .seed = 1, .num_variants = 1, .fresh_share = 0.6, .num_fresh = RING};
    struct utterances again = utterances;
    int fresh = 0;
    make_speech(&speech, list);
    assert_int_equal(utterances_hear(&utterances, &speech, 2, NULL), STATUS_OK);
    assert_int_equal(utterances_hear(&again, &speech, 1, NULL), STATUS_OK);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        const struct rng rng = {1, draw, RNG_STREAM_AUGMENT};
        const struct features *slot = &utterances.fresh[draw % RING];
        assert_int_equal(utterances_hear_anew(&utterances, 5, draw, NULL), STATUS_OK);
        const struct features *picked = utterances_pick(&utterances, 5, &rng);
        assert_true(picked == slot || picked == &utterances.features[5] ||
                    picked == &utterances.variants[5]);
        if (picked != slot)
            continue;
        fresh++;
        assert_int_equal(utterances_hear_anew(&again, 5, draw, NULL), STATUS_OK);
        assert_true(same_features(picked, utterances_pick(&again, 5, &rng)));
        assert_int_equal(utterances_hear_anew(&again, 6, draw, NULL), STATUS_OK);
        assert_false(same_features(picked, utterances_pick(&again, 6, &rng)));
    }
    assert_in_range(fresh, 25, 48);
    for (int i = 0; i < UTTERANCES; i++)
        audio_free(&list[i].audio);
    utterances_free(&utterances);
    utterances_free(&again);
    network_release(network);
}

/* A variant may be too short to be a word where its recording is not: then it is not picked. */
static void test_unusable_variants(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct speech_set speech;
    struct utterance list[UTTERANCES];
    struct utterances utterances = {.network = network, .seed = 1, .num_variants = 20};
    struct error error = {STATUS_OK, ""};
    int unusable = 0;
    make_speech(&speech, list);
    list[3].audio.num_samples = SHORTEST;
    assert_int_equal(utterances_hear(&utterances, &speech, 2, &error), STATUS_OK);
    for (int i = 0; i < 20; i++)
        unusable += utterances.variants[3 * 20 + i].num_frames == 0;
    assert_in_range(unusable, 1, 19);
    for (uint64_t draw = 0; draw < 100; draw++) {
        const struct rng rng = {1, draw, RNG_STREAM_AUGMENT};
        assert_true(utterances_pick(&utterances, 3, &rng)->num_frames > 1);
    }
    for (int i = 0; i < UTTERANCES; i++)
        audio_free(&list[i].audio);
    utterances_free(&utterances);
    network_release(network);
}

static void test_repeated_samples(void **state)
{
    (void)state;
    struct utterances utterances = {.num_utterances = 5, .num_repeated = 2};
    int times[5] = {0};
    assert_int_equal(utterances_num_samples(&utterances), 5);
    utterances.repetitions = 1;
    assert_int_equal(utterances_num_samples(&utterances), 5);
    utterances.repetitions = 4;
    assert_int_equal(utterances_num_samples(&utterances), 11);
    for (uint32_t sample = 0; sample < 11; sample++)
        times[utterances_of_sample(&utterances, sample)]++;
    for (int i = 0; i < 5; i++)
        assert_int_equal(times[i], i < 2 ? 4 : 1);
}

/* What is of no class is to end in silence. */
static void test_others_are_silent(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct network *autoencoder = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    struct utterances utterances = {.network = network, .seed = 1};
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    utterances.labels[4] = SMALL_CLASSES;
    assert_int_equal(utterances_aim_at_classes(&utterances, NULL), STATUS_OK);
    assert_int_equal(utterances_make_latents(&utterances, autoencoder, NULL), STATUS_OK);
    assert_int_equal(utterances.targets[4], SMALL_CLASSES);
    for (int i = 0; i < SMALL_PIXELS; i++)
        assert_true(utterances.images[SMALL_CLASSES * SMALL_PIXELS + i] == 0);
    for (int i = 0; i < SMALL_LATENTS; i++)
        assert_true(utterances.latents[SMALL_CLASSES * SMALL_LATENTS + i] == 0);
    utterances_free(&utterances);
    network_release(network);
    network_release(autoencoder);
}

/* Each utterance has an image of its class; all images are used; another seed draws others. */
static void test_images_of_their_own(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    int used[IMAGES] = {0}, chosen[UTTERANCES], moved = 0;
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct utterances utterances = {.network = network, .seed = seed};
        assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
        assert_int_equal(
            utterances_aim_at_own(&utterances, &(struct class_list){3, spoken}, &images, NULL),
            STATUS_OK);
        assert_int_equal(utterances.num_targets, UTTERANCES);
        for (int i = 0; i < UTTERANCES; i++) {
            const real *image = utterances.images + utterances.targets[i] * SMALL_PIXELS;
            int number = (int)(image[0] * 25.5f + 0.5f);
            assert_string_equal(drawn[image_labels[number]], spoken[i % 3]);
            assert_true(image[1] == 1 && image[2] == 0);
            moved += seed > 1 && number != chosen[i];
            chosen[i] = number;
            used[number]++;
        }
        utterances_free(&utterances);
    }
    for (int i = 0; i < IMAGES; i++)
        assert_true(used[i] > 5);
    assert_true(moved > 50);
    network_release(network);
}

static void test_a_class_without_an_image(void **state)
{
    (void)state;
    char names[][DATASET_CLASS_NAME_SIZE] = {"0", "1", "seven"};
    struct network *network = small_audiocoder(1);
    struct utterances utterances = {.network = network, .seed = 1};
    struct error error;
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    assert_int_equal(
        utterances_aim_at_own(&utterances, &(struct class_list){3, names}, &images, &error),
        STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "\"seven\""));
    utterances_free(&utterances);
    network_release(network);
}

/* Utterances of one image have rasters of their own; the same seed draws the same ones. */
static void test_rasters(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct network *autoencoder = small_autoencoder(ENCODING_RATE, &small_neuron, 1);
    struct utterances pair[2];
    for (int i = 0; i < 2; i++) {
        pair[i] = (struct utterances){.network = network, .seed = 5};
        assert_int_equal(hear(&pair[i], -1, NULL), STATUS_OK);
        assert_int_equal(utterances_aim_at_classes(&pair[i], NULL), STATUS_OK);
        assert_int_equal(utterances_draw_rasters(&pair[i], autoencoder, NULL), STATUS_OK);
    }
    for (int i = 0; i < UTTERANCES; i++) {
        const struct raster *raster = &pair[0].rasters[i];
        size_t size = (size_t)raster->num_steps * raster->row_words * sizeof *raster->words;
        assert_int_equal(raster->num_steps, SMALL_STEPS);
        assert_int_equal(raster->num_units, SMALL_LATENTS);
        assert_memory_equal(raster->words, pair[1].rasters[i].words, size);
        if (i >= 3)
            assert_memory_not_equal(raster->words, pair[0].rasters[i - 3].words, size);
    }
    for (int i = 0; i < 2; i++)
        utterances_free(&pair[i]);
    network_release(network);
    network_release(autoencoder);
}

static void test_latents(void **state)
{
    (void)state;
    struct network *network = small_audiocoder(1);
    struct network *autoencoder = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    struct utterances utterances = {.network = network, .seed = 1};
    double sum = 0;
    assert_int_equal(hear(&utterances, -1, NULL), STATUS_OK);
    assert_int_equal(utterances_aim_at_classes(&utterances, NULL), STATUS_OK);
    assert_int_equal(utterances_make_latents(&utterances, autoencoder, NULL), STATUS_OK);
    for (int i = 0; i < SMALL_CLASSES * SMALL_LATENTS; i++) {
        double steps = (double)utterances.latents[i] * SMALL_STEPS;
        assert_true(fabs(steps - round(steps)) < 1e-5 && steps >= 0 && steps <= SMALL_STEPS);
        sum += steps;
    }
    assert_true(sum > 0);
    utterances_free(&utterances);
    network_release(network);
    network_release(autoencoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hearing),
        cmocka_unit_test(test_one_image_a_class),
        cmocka_unit_test(test_images_of_their_own),
        cmocka_unit_test(test_a_class_without_an_image),
        cmocka_unit_test(test_rasters),
        cmocka_unit_test(test_latents),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_hearing_anew),
        cmocka_unit_test(test_unusable_variants),
        cmocka_unit_test(test_repeated_samples),
        cmocka_unit_test(test_others_are_silent),
    };
    return cmocka_run_group_tests_name("utterances", tests, make_images, NULL);
}
