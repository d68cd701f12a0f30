/* Scores of networks made by hand, whose answers are known. */
#include "tests/unit/small_network.h"
#include "train/evaluation.h"

#include <math.h>
#include <stdlib.h>

static const struct evaluation_settings one_thread = {.threads = 1, .quiet = true};

static void assert_near(double got, double expected)
{
    assert_true(fabs(got - expected) < 1e-6);
}

/*
 * Two pixels, no leak: a pixel of 1 spikes at every step. The decoder copies the first pixel and
 * never shows the second.
 */
static struct network *half_blind(enum input_encoding encoding)
{
    const struct neuron_params params = {NEURON_IF, RESET_SUBTRACT, 1, 0, 0.001};
    const struct layer_shape shape = small_dense(2, 2);
    struct network *network = small_network(NETWORK_RECONSTRUCT, encoding);
    network->num_steps = 4;
    network->max_rate_hz = 1000;
    network->image_width = 2;
    network->image_height = 1;
    assert_int_equal(network_add_layer(network, &shape, &params, NULL), STATUS_OK);
    assert_int_equal(network_add_layer(network, &shape, &params, NULL), STATUS_OK);
    network->layers[0].weight[0] = network->layers[0].weight[3] = network->layers[1].weight[0] = 1;
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

static uint8_t pixels[] = {255, 255, 0, 255, 255, 0};
static uint16_t labels[] = {0, 0, 0};
static const struct image_set images = {
    .num_images = 3, .width = 2, .height = 1, .pixels = pixels, .labels = labels};

/* Pictures (1, 1), (0, 1), (1, 0) become (1, 0), (0, 0), (1, 0). */
static void check_pictures(const struct scores *scores)
{
    assert_int_equal(scores->num_samples, 3);
    assert_near(scores->pixel_mse, (0.5 + 0.5 + 0) / 3);
    assert_near(scores->mse_pixels, (0.5 + 0.5 + 0) / 3); /* z of a flat picture is 0, 0 */
    assert_true(isnan(scores->digit_accuracy_nearest));
    assert_true(isnan(scores->digit_accuracy_judge));
}

static void test_pictures_by_current(void **state)
{
    (void)state;
    struct network *network = half_blind(ENCODING_CURRENT);
    struct scores scores;
    assert_int_equal(evaluation_images(network, &images, &one_thread, &scores, NULL), STATUS_OK);
    check_pictures(&scores);
    assert_true(isnan(scores.mse_spikes));
    assert_near(scores.spikes, (12 + 4 + 8) / 3.0);
    assert_near(scores.synops, (4 + 16 + 2 + 8 + 2 + 8) / 3.0);
    network_release(network);
}

static void test_pictures_by_rate(void **state)
{
    (void)state;
    struct network *network = half_blind(ENCODING_RATE);
    struct scores scores;
    assert_int_equal(evaluation_images(network, &images, &one_thread, &scores, NULL), STATUS_OK);
    check_pictures(&scores); /* every step of a pixel of 1 spikes: probability 1 */
    assert_near(scores.mse_spikes, 1.0 / 3);
    assert_near(scores.spikes, (20 + 8 + 12) / 3.0);
    assert_near(scores.synops, (16 + 16 + 8 + 8 + 8 + 8) / 3.0);
    network_release(network);
}

static void test_fewer_steps(void **state)
{
    (void)state;
    struct network *network = half_blind(ENCODING_CURRENT);
    struct evaluation_settings settings = one_thread;
    struct scores scores;
    settings.num_steps = 2;
    assert_int_equal(evaluation_images(network, &images, &settings, &scores, NULL), STATUS_OK);
    check_pictures(&scores);
    assert_near(scores.spikes, (6 + 2 + 4) / 3.0);
    settings.num_steps = 5;
    assert_int_equal(evaluation_images(network, &images, &settings, &scores, NULL),
                     STATUS_INVALID_ARGUMENT);
    network_release(network);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    enum { IMAGES = 95 };
    static uint8_t noise[IMAGES * SMALL_PIXELS];
    static uint16_t no_labels[IMAGES];
    const struct rng rng = {.seed = 1, .index = 0, .stream = RNG_STREAM_INIT};
    for (uint32_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)rng_below(&rng, 0, i, 256);
    const struct image_set set = {.num_images = IMAGES,
                                  .width = SMALL_WIDTH,
                                  .height = SMALL_HEIGHT,
                                  .pixels = noise,
                                  .labels = no_labels};
    struct network *network = small_autoencoder(ENCODING_RATE, &small_neuron, 1);
    struct evaluation_settings settings = one_thread;
    struct scores first, other;
    assert_int_equal(evaluation_images(network, &set, &settings, &first, NULL), STATUS_OK);
    settings.threads = 3;
    assert_int_equal(evaluation_images(network, &set, &settings, &other, NULL), STATUS_OK);
    assert_true(first.pixel_mse == other.pixel_mse && first.mse_pixels == other.mse_pixels);
    assert_true(first.mse_spikes == other.mse_spikes && first.spikes == other.spikes);
    settings.seed = 1000;
    assert_int_equal(evaluation_images(network, &set, &settings, &other, NULL), STATUS_OK);
    assert_true(first.pixel_mse != other.pixel_mse);
    network_release(network);
}

/* Whatever is said, the picture is that of class "1". */
static struct network *stubborn(void)
{
    struct network *network = small_audiocoder(1);
    struct layer *latent = &network->layers[2], *output = &network->layers[3];
    memset(latent->weight, 0, 21 * SMALL_LATENTS * sizeof(real));
    memset(output->weight, 0, SMALL_LATENTS * SMALL_PIXELS * sizeof(real));
    memset(output->bias, 0, SMALL_PIXELS * sizeof(real));
    for (int i = 0; i < SMALL_LATENTS; i++)
        latent->bias[i] = 1;
    for (int i = SMALL_WIDTH; i < 2 * SMALL_WIDTH; i++)
        output->weight[i] = 1;
    return network;
}

/* Utterances of the classes 1, 0, 1; the set numbers its classes in another order. */
static char names[][DATASET_CLASS_NAME_SIZE] = {"1", "0"};

static void make_speech(struct speech_set *set, struct utterance utterances[3])
{
    *set =
        (struct speech_set){.classes = {2, names}, .num_utterances = 3, .utterances = utterances};
    for (int i = 0; i < 3; i++) {
        utterances[i] = (struct utterance){.audio = {NULL, 4000, 8000}, .label = i == 1};
        utterances[i].audio.samples = mem_alloc(4000, sizeof(double));
        snprintf(utterances[i].name, sizeof utterances[i].name, "word-%d", i);
        for (int k = 0; k < 4000; k++)
            utterances[i].audio.samples[k] = 0.3 * sin(0.2 * (i + 1) * k);
    }
}

static void free_speech(struct utterance utterances[3])
{
    for (int i = 0; i < 3; i++)
        audio_free(&utterances[i].audio);
}

static void test_speech(void **state)
{
    (void)state;
    struct network *network = stubborn();
    struct utterance utterances[3];
    struct speech_set set;
    struct scores scores;
    make_speech(&set, utterances);
    assert_int_equal(evaluation_speech(network, &set, &one_thread, &scores, NULL), STATUS_OK);
    assert_int_equal(scores.num_samples, 3);
    assert_near(scores.digit_accuracy_nearest, 2.0 / 3);
    assert_near(scores.pixel_mse, 12.0 / SMALL_PIXELS / 3);
    assert_true(isnan(scores.mse_spikes));
    assert_true(isnan(scores.mse_pixels_class_min));                /* without training images */
    assert_int_equal(set.utterances[0].audio.sample_rate_hz, 8000); /* left as it was */
    free_speech(utterances);
    network_release(network);
}

/* Reads row i of a picture as digit i: the last hidden layer hands the sums of rows on. */
static void make_judge(struct judge *judge)
{
    const int sizes[JUDGE_LAYERS + 1] = {SMALL_PIXELS, SMALL_HEIGHT, SMALL_HEIGHT, SMALL_HEIGHT};
    assert_int_equal(judge_init(judge, sizes, NULL), STATUS_OK);
    for (int i = 0; i < SMALL_PIXELS; i++)
        judge->layers[0].weight[i * SMALL_HEIGHT + i / SMALL_WIDTH] = 1;
    for (int i = 0; i < SMALL_HEIGHT; i++)
        judge->layers[1].weight[i * SMALL_HEIGHT + i] =
            judge->layers[2].weight[i * SMALL_HEIGHT + i] = 1;
}

static void test_speech_before_a_judge(void **state)
{
    (void)state;
    static char words[][DATASET_CLASS_NAME_SIZE] = {"one", "two"};
    struct network *network = stubborn(); /* draws row 1, whatever is said */
    struct utterance utterances[3];
    struct speech_set set;
    struct scores scores;
    struct judge judge;
    struct evaluation_settings settings = one_thread;
    make_judge(&judge);
    make_speech(&set, utterances);
    settings.judge = &judge;
    assert_int_equal(evaluation_speech(network, &set, &settings, &scores, NULL), STATUS_OK);
    assert_near(scores.digit_accuracy_judge, 2.0 / 3);
    assert_near(scores.digit_accuracy_nearest, 2.0 / 3);

    set.classes.names = words; /* "two" where "0" was said */
    strcpy(network->class_names[1], "one");
    strcpy(network->class_names[0], "two");
    assert_int_equal(evaluation_speech(network, &set, &settings, &scores, NULL), STATUS_OK);
    assert_near(scores.digit_accuracy_judge, 2.0 / 3);

    static char no_digits[][DATASET_CLASS_NAME_SIZE] = {"one", "yes"};
    set.classes.names = no_digits;
    strcpy(network->class_names[0], "yes");
    assert_int_equal(evaluation_speech(network, &set, &settings, &scores, NULL), STATUS_OK);
    assert_true(isnan(scores.digit_accuracy_judge));
    assert_near(scores.digit_accuracy_nearest, 2.0 / 3);

    judge_free(&judge);
    free_speech(utterances);
    network_release(network);
}

static void test_a_judge_of_other_pictures_is_refused(void **state)
{
    (void)state;
    struct network *network = half_blind(ENCODING_CURRENT);
    struct scores scores;
    struct judge judge;
    struct evaluation_settings settings = one_thread;
    make_judge(&judge);
    settings.judge = &judge;
    assert_int_equal(evaluation_images(network, &images, &settings, &scores, NULL),
                     STATUS_INVALID_ARGUMENT);
    judge_free(&judge);
    network_release(network);
}

/* Of class "1" the second image is the picture that is always made, of class "0" none is close. */
static void test_speech_against_training_images(void **state)
{
    (void)state;
    static uint8_t training[3 * SMALL_PIXELS];
    static uint16_t training_labels[] = {0, 0, 1};
    char image_names[][DATASET_CLASS_NAME_SIZE] = {"1", "0"};
    const struct image_set set_of_images = {.classes = {2, image_names},
                                            .num_images = 3,
                                            .width = SMALL_WIDTH,
                                            .height = SMALL_HEIGHT,
                                            .pixels = training,
                                            .labels = training_labels};
    struct network *network = stubborn();
    struct utterance utterances[3];
    struct speech_set set;
    struct scores scores;
    struct evaluation_settings settings = one_thread;
    memset(training, 255, SMALL_WIDTH);
    memset(training + SMALL_PIXELS + SMALL_WIDTH, 255, SMALL_WIDTH);
    memset(training + 2 * SMALL_PIXELS, 255, SMALL_WIDTH);
    settings.training_images = &set_of_images;
    make_speech(&set, utterances);
    assert_int_equal(evaluation_speech(network, &set, &settings, &scores, NULL), STATUS_OK);
    /* two rows of 30 pixels that do not meet: z differs by 1 / deviation in 12 pixels */
    double mean = (double)SMALL_WIDTH / SMALL_PIXELS;
    double variance = SMALL_PIXELS * mean * (1 - mean) / (SMALL_PIXELS - 1);
    assert_near(scores.mse_pixels_class_min, 12 / variance / SMALL_PIXELS / 3);
    free_speech(utterances);
    network_release(network);
}

static void test_speech_that_cannot_be_scored(void **state)
{
    (void)state;
    struct network *network = stubborn();
    struct utterance utterances[3];
    struct speech_set set;
    struct scores scores;
    struct error error;
    make_speech(&set, utterances);
    memset(utterances[2].audio.samples, 0, 4000 * sizeof(double));
    assert_int_equal(evaluation_speech(network, &set, &one_thread, &scores, &error),
                     STATUS_UNUSABLE);
    assert_non_null(strstr(error.detail, "word-2"));
    free_speech(utterances);
    make_speech(&set, utterances);
    snprintf(network->class_names[1], sizeof network->class_names[1], "one");
    assert_int_equal(evaluation_speech(network, &set, &one_thread, &scores, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "\"1\""));
    set.num_utterances = 0;
    set.classes.count = 0;
    assert_int_equal(evaluation_speech(network, &set, &one_thread, &scores, &error),
                     STATUS_INVALID_ARGUMENT);
    free_speech(utterances);
    network_release(network);
}

static void test_the_wrong_kind_of_network(void **state)
{
    (void)state;
    struct network *hears = stubborn(), *sees = small_autoencoder(ENCODING_RATE, &small_neuron, 1);
    struct utterance utterances[3];
    struct speech_set set;
    struct scores scores;
    make_speech(&set, utterances);
    assert_int_equal(evaluation_speech(sees, &set, &one_thread, &scores, NULL),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(evaluation_images(hears, &images, &one_thread, &scores, NULL),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(evaluation_images(sees, &images, &one_thread, &scores, NULL),
                     STATUS_INVALID_ARGUMENT); /* not its size */
    free_speech(utterances);
    network_release(hears);
    network_release(sees);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct network *network = half_blind(ENCODING_RATE);
    struct scores scores;
    enum status status = STATUS_NO_MEMORY;
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = evaluation_images(network, &images, &one_thread, &scores, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 60);
    }
    network_release(network);
}

static void test_scores_as_json(void **state)
{
    (void)state;
    const struct scores scores = {.num_samples = 10,
                                  .pixel_mse = 0.25,
                                  .mse_pixels = 0.5,
                                  .mse_spikes = NAN,
                                  .digit_accuracy_nearest = 1,
                                  .digit_accuracy_judge = NAN,
                                  .synops = 1234567,
                                  .spikes = 8};
    struct network *network = half_blind(ENCODING_CURRENT);
    assert_int_equal(evaluation_store(&scores, network, NULL), STATUS_OK);
    json_t *object = json_loads(network->scores_json, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "num_samples")), 10);
    assert_near(json_number_value(json_object_get(object, "pixel_mse")), 0.25);
    assert_near(json_number_value(json_object_get(object, "synops")), 1234570);
    assert_true(json_is_null(json_object_get(object, "mse_spikes")));
    assert_true(json_is_null(json_object_get(object, "digit_accuracy_judge")));
    json_decref(object);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pictures_by_current),
        cmocka_unit_test(test_pictures_by_rate),
        cmocka_unit_test(test_fewer_steps),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_speech),
        cmocka_unit_test(test_speech_before_a_judge),
        cmocka_unit_test(test_a_judge_of_other_pictures_is_refused),
        cmocka_unit_test(test_speech_against_training_images),
        cmocka_unit_test(test_speech_that_cannot_be_scored),
        cmocka_unit_test(test_the_wrong_kind_of_network),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_scores_as_json),
    };
    return cmocka_run_group_tests_name("evaluation", tests, NULL, NULL);
}
