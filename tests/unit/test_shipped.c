/*
 * The shipped checkpoints: they load, serve what the dense reference computes, draw what they are
 * shown, and begin blank.
 */
#include "core/base/file.h"
#include "core/base/parallel.h"
#include "core/media/image.h"
#include "models/inference.h"
#include "models/registry.h"
#include "tests/unit/small_network.h"

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
enum { INPUTS = 100 }; /* ten times as slow */
#else
enum { INPUTS = 1000 };
#endif

static struct registry *registry;
static struct registry_list *models;

static int open_registry(void **state)
{
    (void)state;
    struct error error;
    enum status status = registry_open(SPIKELOOM_SOURCE_DIR "/models/weights", &registry, &error);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s\n", error.detail);
        return -1;
    }
    models = registry_models(registry);
    return 0;
}

static int close_registry(void **state)
{
    (void)state;
    registry_list_release(models);
    registry_close(registry);
    return 0;
}

/* Pictures: a random share of the pixels is lit. Features: unit deviation, as the front end gives.
 */
static void make_input(const struct network *network, uint64_t index, real *input)
{
    const struct rng rng = {.seed = 17, .index = index, .stream = RNG_STREAM_INIT};
    uint32_t lit = rng_below(&rng, 0, 0, 100);
    for (uint32_t i = 0; i < network_num_inputs(network); i++) {
        real value = (real)rng_uniform(&rng, 1, i);
        if (network->task == NETWORK_SYNTHESIZE)
            input[i] = (value - (real)0.5) * (real)3.4641016;
        else
            input[i] = rng_below(&rng, 2, i, 100) < lit ? value : 0;
    }
}

static bool rasters_equal(const struct raster *a, const struct raster *b)
{
    return a->num_steps == b->num_steps && a->row_words == b->row_words &&
           memcmp(a->words, b->words, sizeof(uint64_t) * a->num_steps * a->row_words) == 0;
}

struct comparison {
    const struct network *network;
    _Atomic int equal;
    _Atomic uint64_t spikes;
};

/* Pictures of an analog network, which has no spikes to be compared. */
static void compare_analog_paths(void *argument, size_t index)
{
    struct comparison *comparison = argument;
    const struct network *network = comparison->network;
    struct inference paths[] = {{.path = INFERENCE_EVENT_DRIVEN}, {.path = INFERENCE_DENSE}};
    struct inference_stats stats = {0};
    uint32_t pixels = network_num_pixels(network);
    real *input = mem_alloc(network_num_inputs(network), sizeof *input);
    real *pictures = mem_alloc(2 * (size_t)pixels, sizeof *pictures);
    bool ran = input && pictures;
    if (ran)
        make_input(network, index, input);
    for (int i = 0; i < 2 && ran; i++)
        ran = !inference_analog(&paths[i], network, input, pictures + i * (size_t)pixels, &stats,
                                NULL);
    if (ran && memcmp(pictures, pictures + pixels, pixels * sizeof *pictures) == 0)
        atomic_fetch_add(&comparison->equal, 1);
    atomic_fetch_add(&comparison->spikes, stats.spikes);
    for (int i = 0; i < 2; i++)
        inference_free(&paths[i]);
    mem_free(pictures);
    mem_free(input);
}

static void compare_paths(void *argument, size_t index)
{
    struct comparison *comparison = argument;
    const struct network *network = comparison->network;
    struct inference paths[] = {{.path = INFERENCE_EVENT_DRIVEN}, {.path = INFERENCE_DENSE}};
    struct raster latent[2] = {{0}}, output[2] = {{0}};
    struct inference_stats stats = {0};
    real *input = mem_alloc(network_num_inputs(network), sizeof *input);
    bool ran = input != NULL;
    if (input)
        make_input(network, index, input);
    for (int i = 0; i < 2 && ran; i++)
        ran = !inference_encode(&paths[i], network, input, index, network->num_steps, &latent[i],
                                &stats, NULL) &&
              !inference_decode(&paths[i], network, &latent[i], &output[i], &stats, NULL);
    if (ran && rasters_equal(&latent[0], &latent[1]) && rasters_equal(&output[0], &output[1]))
        atomic_fetch_add(&comparison->equal, 1);
    atomic_fetch_add(&comparison->spikes, stats.spikes);
    for (int i = 0; i < 2; i++) {
        raster_free(&latent[i]);
        raster_free(&output[i]);
        inference_free(&paths[i]);
    }
    mem_free(input);
}

static void test_event_driven_equals_dense(void **state)
{
    (void)state;
    struct parallel *parallel;
    assert_int_equal(parallel_new(0, &parallel, NULL), STATUS_OK);
    for (size_t i = 0; i < models->count; i++) {
        struct network *network = models->models[i].network;
        struct comparison comparison = {.network = network};
        bool spiking = network_is_spiking(network);
        parallel_for(parallel, INPUTS, spiking ? compare_paths : compare_analog_paths, &comparison);
        assert_int_equal(comparison.equal, INPUTS);
        assert_int_equal(comparison.spikes > INPUTS * 10, spiking);
    }
    parallel_free(parallel);
}

static void test_an_empty_latent_is_a_blank_picture(void **state)
{
    (void)state;
    for (size_t i = 0; i < models->count; i++) {
        struct network *network = models->models[i].network;
        struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
        struct inference_stats stats = {0};
        struct raster latent, output;
        if (!network_is_spiking(network))
            continue;
        assert_int_equal(
            raster_init(&latent, (uint32_t)network->num_steps, network_num_latents(network), NULL),
            STATUS_OK);
        assert_int_equal(inference_decode(&inference, network, &latent, &output, &stats, NULL),
                         STATUS_OK);
        assert_int_equal(raster_count(&output), 0);
        assert_int_equal(stats.spikes, 0);
        raster_free(&latent);
        raster_free(&output);
        inference_free(&inference);
    }
}

static void test_both_tasks_are_shipped(void **state)
{
    (void)state;
    int pictures = 0, speech = 0, analog = 0;
    for (size_t i = 0; i < models->count; i++) {
        struct network *network = models->models[i].network;
        pictures += network->task == NETWORK_RECONSTRUCT;
        speech += network->task == NETWORK_SYNTHESIZE;
        analog += !network_is_spiking(network);
        assert_int_equal(strlen(network->checksum), DIGEST_HEX_SIZE - 1);
        assert_string_not_equal(network->training_json, "{}");
        assert_string_not_equal(network->scores_json, "{}");
    }
    assert_true(pictures >= 1 && speech >= 1 && analog >= 1);
}

/* One of the pictures that are shipped with the tests, as an input. */
static void read_digit(int digit, real *input)
{
    char path[256];
    float pixels[28 * 28];
    struct buf png;
    buf_init(&png, 1 << 20);
    snprintf(path, sizeof path, SPIKELOOM_SOURCE_DIR "/tests/samples/digit_%d.png", digit);
    assert_int_equal(file_read(path, &png, NULL), STATUS_OK);
    assert_int_equal(
        image_decode_png(png.bytes, png.size, IMAGE_POLARITY_KEEP, 28, 28, pixels, NULL),
        STATUS_OK);
    for (int i = 0; i < 28 * 28; i++)
        input[i] = (real)pixels[i];
    buf_free(&png);
}

static void reconstruct(const struct network *network, const real *input, real *picture)
{
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    struct raster latent, output;
    uint8_t grey[28 * 28];
    if (!network_is_spiking(network)) {
        assert_int_equal(inference_analog(&inference, network, input, picture, &stats, NULL),
                         STATUS_OK);
        inference_free(&inference);
        return;
    }
    assert_int_equal(
        inference_encode(&inference, network, input, 1, network->num_steps, &latent, &stats, NULL),
        STATUS_OK);
    assert_int_equal(inference_decode(&inference, network, &latent, &output, &stats, NULL),
                     STATUS_OK);
    inference_grey(&output, output.num_steps, grey);
    for (int i = 0; i < 28 * 28; i++)
        picture[i] = (real)grey[i] / 255;
    raster_free(&latent);
    raster_free(&output);
    inference_free(&inference);
}

/* The analog network beside mnist-ae is one to compare it with: the same sizes, good pictures. */
static void test_spiking_and_analog_draw_digits(void **state)
{
    (void)state;
    static const char *const names[] = {"mnist-ae", "mnist-ann"};
    for (int i = 0; i < 2; i++) {
        struct network *network = registry_acquire(registry, names[i]);
        assert_non_null(network);
        assert_int_equal(network_is_spiking(network), i == 0);
        assert_int_equal(network_num_inputs(network), 28 * 28);
        assert_int_equal(network_num_latents(network), 196);
        for (int digit = 0; digit < 10; digit++) {
            real input[28 * 28], picture[28 * 28];
            double error = 0;
            read_digit(digit, input);
            reconstruct(network, input, picture);
            for (int k = 0; k < 28 * 28; k++)
                error += pow((double)(picture[k] - input[k]), 2) / (28 * 28);
            assert_true(error < 0.004);
        }
        network_release(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event_driven_equals_dense),
        cmocka_unit_test(test_an_empty_latent_is_a_blank_picture),
        cmocka_unit_test(test_both_tasks_are_shipped),
        cmocka_unit_test(test_spiking_and_analog_draw_digits),
    };
    return cmocka_run_group_tests_name("shipped", tests, open_registry, close_registry);
}
