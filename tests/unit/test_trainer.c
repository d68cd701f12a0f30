/* Training: it learns, does not depend on threads, and goes on where it was stopped. */
#include "core/base/file.h"
#include "models/layer.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"
#include "train/trainer.h"

#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 42, BATCH = 8, EPOCHS = 4 };

static struct scratch scratch;
static char state_path[SCRATCH_PATH_SIZE];

/* Fills left until a signal comes; negative: never. */
static _Atomic int fills_left = -1;

static int open_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    scratch_path(&scratch, "run.state", state_path);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

/* One bright row of a picture, on a dim and noisy ground; the picture itself is the target. */
static void fill_picture(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                         real *latent)
{
    (void)context;
    (void)latent;
    small_random(input, SMALL_PIXELS, 0, 0.1, draw, 50);
    for (uint32_t i = 0; i < SMALL_WIDTH; i++)
        input[sample % SMALL_HEIGHT * SMALL_WIDTH + i] += (real)0.9;
    memcpy(image, input, SMALL_PIXELS * sizeof *image);
    if (atomic_load(&fills_left) >= 0 && atomic_fetch_sub(&fills_left, 1) == 0)
        raise(SIGTERM);
}

/* Noise in, a bright row and a latent of every third unit out. */
static void fill_speech(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                        real *latent)
{
    const struct network *network = context;
    small_random(input, network_num_inputs(network), -1, 2, draw, 51);
    for (uint32_t i = 0; i < SMALL_PIXELS; i++)
        image[i] = i / SMALL_WIDTH == sample % SMALL_HEIGHT;
    for (uint32_t i = 0; i < SMALL_LATENTS; i++)
        latent[i] = i % 3 == sample % 3 ? (real)0.5 : 0;
}

static const struct trainer_source pictures = {.num_samples = SAMPLES, .fill = fill_picture};

static struct trainer_settings make_settings(void)
{
    return (struct trainer_settings){.epochs = EPOCHS,
                                     .batch_size = BATCH,
                                     .learning_rate = 0.01,
                                     .adam = adam_default_params,
                                     .bptt = {.surrogate_slope = 2.5, .first_frozen = 2},
                                     .seed = 3,
                                     .threads = 1,
                                     .label = "test",
                                     .state_minutes = 1000,
                                     .quiet = true};
}

static struct network *fresh_autoencoder(enum input_encoding encoding)
{
    struct network *network = small_autoencoder(encoding, &small_neuron, 1);
    trainer_initialize(network, 2, 1, 3);
    return network;
}

static struct trainer_result train(struct network *network, const struct trainer_source *source,
                                   const struct trainer_settings *settings)
{
    struct json_log *log;
    struct trainer_result result = {0};
    struct error error = {STATUS_OK, ""};
    assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
    assert_int_equal(trainer_run(network, source, settings, log, &result, &error), STATUS_OK);
    json_log_close(log);
    return result;
}

static void assert_weights_equal(const struct network *a, const struct network *b)
{
    for (int i = 0; i < a->num_layers; i++) {
        const struct layer_shape *shape = &a->layers[i].shape;
        size_t channels = (size_t)shape->out_channels;
        assert_memory_equal(a->layers[i].weight, b->layers[i].weight,
                            layer_fan_in(shape) * channels * sizeof(real));
        assert_memory_equal(a->layers[i].bias, b->layers[i].bias, channels * sizeof(real));
    }
}

static void test_a_small_problem_is_learnt(void **state)
{
    (void)state;
    for (int encoding = ENCODING_CURRENT; encoding <= ENCODING_RATE; encoding++) {
        struct network *network = fresh_autoencoder((enum input_encoding)encoding);
        struct trainer_settings settings = make_settings();
        settings.epochs = 1;
        settings.learning_rate = 0;
        double before = train(network, &pictures, &settings).loss.image;
        settings.epochs = 40;
        settings.learning_rate = 0.01;
        struct trainer_result result = train(network, &pictures, &settings);
        assert_true(result.finished);
        assert_int_equal(result.updates, 40 * ((SAMPLES + BATCH - 1) / BATCH));
        assert_true(result.loss.image < before / 10);
        assert_int_equal(network_validate(network, NULL), STATUS_OK);
        network_release(network);
    }
}

static void test_a_penalty_makes_spikes_few(void **state)
{
    (void)state;
    static const double penalties[] = {1e-9, 0.3, 3};
    double synops[3];
    for (int i = 0; i < 3; i++) {
        struct network *network = fresh_autoencoder(ENCODING_CURRENT);
        struct trainer_settings settings = make_settings();
        settings.epochs = 40;
        settings.bptt.spike_penalty = penalties[i];
        synops[i] = train(network, &pictures, &settings).loss.synops;
        network_release(network);
    }
    assert_true(synops[1] < synops[0] / 2);
    assert_true(synops[2] < synops[1] / 2);
}

static void test_no_learning_rate_no_change(void **state)
{
    (void)state;
    struct network *network = fresh_autoencoder(ENCODING_CURRENT);
    struct network *untouched = fresh_autoencoder(ENCODING_CURRENT);
    struct trainer_settings settings = make_settings();
    settings.learning_rate = 0;
    memset(network->layers[1].bias, 0, SMALL_PIXELS * sizeof(real));
    memset(untouched->layers[1].bias, 0, SMALL_PIXELS * sizeof(real));
    train(network, &pictures, &settings);
    assert_weights_equal(network, untouched);
    network_release(network);
    network_release(untouched);
}

/* Batches of any size, also ones that leave a shard without samples. */
static void test_threads_change_no_bit(void **state)
{
    (void)state;
    static const int batches[] = {1, 3, 8, 42, 100};
    for (int b = 0; b < 5; b++) {
        struct network *reference = NULL;
        for (int threads = 1; threads <= 3; threads++) {
            struct network *network = fresh_autoencoder(ENCODING_RATE);
            struct trainer_settings settings = make_settings();
            settings.epochs = 2;
            settings.batch_size = batches[b];
            settings.threads = threads;
            train(network, &pictures, &settings);
            if (reference)
                assert_weights_equal(network, reference);
            if (!reference)
                reference = network;
            else
                network_release(network);
        }
        network_release(reference);
    }
}

static void test_threads_change_no_bit_of_an_audiocoder(void **state)
{
    (void)state;
    struct network *trained[3];
    struct network *untouched = small_audiocoder(1);
    for (int threads = 1; threads <= 3; threads++) {
        struct network *network = trained[threads - 1] = small_audiocoder(1);
        struct trainer_settings settings = make_settings();
        const struct trainer_source source = {
            .context = network, .num_samples = SAMPLES, .has_latent = true, .fill = fill_speech};
        settings.threads = threads;
        settings.bptt.dropout = 0.3;
        settings.bptt.latent_weight = 0.5;
        settings.bptt.first_frozen = 3;
        settings.warmup = 0.2;
        settings.adam.weight_decay = 0.01;
        assert_true(train(network, &source, &settings).finished);
        assert_weights_equal(network, trained[0]);
        size_t size = SMALL_LATENTS * SMALL_PIXELS * sizeof(real);
        assert_memory_equal(network->layers[3].weight, untouched->layers[3].weight, size);
        assert_memory_not_equal(network->layers[2].weight, untouched->layers[2].weight,
                                21 * SMALL_LATENTS * sizeof(real));
    }
    for (int i = 0; i < 3; i++)
        network_release(trained[i]);
    network_release(untouched);
}

/* One update is Adam along the gradient of the whole batch, whatever the shards. */
static void test_an_update_is_the_gradient_of_the_batch(void **state)
{
    (void)state;
    for (uint32_t samples = 1; samples <= 9; samples += 2) {
        struct network *network = fresh_autoencoder(ENCODING_CURRENT);
        struct network *expected = fresh_autoencoder(ENCODING_CURRENT);
        struct trainer_settings settings = make_settings();
        struct trainer_source source = pictures;
        struct bptt *bptt;
        struct bptt_loss loss = {0};
        real input[9 * SMALL_PIXELS], image[9 * SMALL_PIXELS];
        source.num_samples = samples;
        settings.epochs = 1;
        settings.batch_size = (int)samples;
        settings.adam.epsilon = 1; /* steps proportional to small gradients: rounding stays small */
        struct trainer_result result = train(network, &source, &settings);

        struct rng rng = {settings.seed, 0, RNG_STREAM_SHUFFLE};
        uint32_t order[9];
        rng_shuffle(&rng, order, samples);
        for (uint32_t i = 0; i < samples; i++)
            fill_picture(NULL, order[i], i, input + i * SMALL_PIXELS, image + i * SMALL_PIXELS,
                         NULL);
        const struct bptt_target target = {image, NULL};
        assert_int_equal(bptt_new(expected, &settings.bptt, (int)samples, &bptt, NULL), STATUS_OK);
        bptt_gradient(bptt, expected, input, (int)samples, (int)samples, settings.seed, 0, &target,
                      &loss);
        assert_true(fabs(result.loss.image - loss.image / samples / SMALL_PIXELS) < 1e-6);
        for (int i = 0; i < 2; i++) {
            const real *gradient = bptt_weight_gradient(bptt, i);
            for (int k = 0; k < SMALL_PIXELS * SMALL_LATENTS; k++) {
                double g = (double)gradient[k];
                double weight = (double)expected->layers[i].weight[k] - 0.01 * g / (fabs(g) + 1);
                assert_true(fabs(weight - (double)network->layers[i].weight[k]) < 1e-6);
            }
        }
        bptt_free(bptt);
        network_release(network);
        network_release(expected);
    }
}

/* Targets that are all white drive biases up; they stop below what would spike by itself. */
static void fill_white(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                       real *latent)
{
    fill_picture(context, sample, draw, input, image, latent);
    for (int i = 0; i < SMALL_PIXELS; i++)
        image[i] = 1;
}

static void test_the_decoder_stays_silent(void **state)
{
    (void)state;
    const struct trainer_source white = {.num_samples = SAMPLES, .fill = fill_white};
    struct network *network = fresh_autoencoder(ENCODING_CURRENT);
    struct trainer_settings settings = make_settings();
    settings.epochs = 20;
    settings.learning_rate = 0.05;
    train(network, &white, &settings);
    real limit = layer_rest_bias(&network->layers[1]);
    int near = 0;
    for (int i = 0; i < SMALL_PIXELS; i++)
        near += network->layers[1].bias[i] > (real)0.9 * limit;
    assert_true(near > SMALL_PIXELS / 2);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    network_release(network);
}

/* Trains in another process, as a signal is remembered; its exit status is 0 where all went well.
 */
static int interrupted_run(const struct trainer_settings *settings,
                           const struct trainer_source *source, int fills)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct network *network = fresh_autoencoder(ENCODING_RATE);
        struct trainer_result result = {0};
        struct json_log *log = NULL;
        atomic_store(&fills_left, fills);
        json_log_open(NULL, &log, NULL);
        enum status status = trainer_run(network, source, settings, log, &result, NULL);
        bool stopped = status == STATUS_OK && !result.finished && result.updates > 0;
        json_log_close(log);
        network_release(network);
        _exit(stopped && file_exists(settings->state_path) ? 0 : 1);
    }
    int outcome = -1;
    assert_true(waitpid(child, &outcome, 0) == child);
    return WIFEXITED(outcome) ? WEXITSTATUS(outcome) : -1;
}

static void test_stopping_and_going_on_changes_no_bit(void **state)
{
    (void)state;
    /* within the first batch, within an epoch, at the end of one, in the last epoch */
    static const int fills[] = {0, 20, SAMPLES - 1, SAMPLES, SAMPLES + 9, 3 * SAMPLES + 12};
    struct trainer_settings settings = make_settings();
    struct network *whole = fresh_autoencoder(ENCODING_RATE);
    train(whole, &pictures, &settings);
    settings.state_path = state_path;
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        settings.resume = false;
        settings.threads = 1 + (int)i % 2;
        assert_int_equal(interrupted_run(&settings, &pictures, fills[i]), 0);
        struct network *resumed = fresh_autoencoder(ENCODING_RATE);
        settings.resume = true;
        struct trainer_result result = train(resumed, &pictures, &settings);
        assert_true(result.finished);
        assert_weights_equal(resumed, whole);
        network_release(resumed);
    }
    network_release(whole);
}

/* A source that makes its samples ready: what is filled is what was prepared for that draw. */
struct ring {
    struct network *network;
    uint64_t draws[2 * BATCH]; /* one more than the draw */
    _Atomic int prepared, filled;
    uint64_t fails_at;
};

static enum status prepare_ring(void *context, uint32_t sample, uint64_t draw, struct error *error)
{
    struct ring *ring = context;
    (void)sample;
    if (draw == ring->fails_at)
        return error_set(error, STATUS_UNUSABLE, "draw %d", (int)draw);
    ring->draws[draw % (2 * BATCH)] = draw + 1;
    atomic_fetch_add(&ring->prepared, 1);
    return STATUS_OK;
}

static void fill_ring(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                      real *latent)
{
    struct ring *ring = context;
    assert_true(ring->draws[draw % (2 * BATCH)] == draw + 1);
    atomic_fetch_add(&ring->filled, 1);
    fill_picture(NULL, sample, draw, input, image, latent);
}

static struct trainer_source ring_source(struct ring *ring)
{
    *ring = (struct ring){.fails_at = UINT64_MAX};
    return (struct trainer_source){.context = ring,
                                   .num_samples = SAMPLES,
                                   .fill = fill_ring,
                                   .prepare = prepare_ring,
                                   .description = "a ring"};
}

/* The last batch of an epoch is a smaller one; after the last batch nothing is made ready. */
static void test_samples_are_made_ready(void **state)
{
    (void)state;
    struct network *plain = fresh_autoencoder(ENCODING_CURRENT);
    struct trainer_settings settings = make_settings();
    train(plain, &pictures, &settings);
    for (int threads = 1; threads <= 6; threads++) {
        struct network *network = fresh_autoencoder(ENCODING_CURRENT);
        struct ring ring;
        struct trainer_source source = ring_source(&ring);
        settings.threads = threads;
        assert_true(train(network, &source, &settings).finished);
        assert_int_equal(atomic_load(&ring.prepared), EPOCHS * SAMPLES);
        assert_int_equal(atomic_load(&ring.filled), EPOCHS * SAMPLES);
        assert_weights_equal(network, plain);
        network_release(network);
    }
    network_release(plain);
}

/* A run that goes on makes the samples of its first batch ready, too. */
static void test_going_on_with_samples_made_ready(void **state)
{
    (void)state;
    static const int fills[] = {0, 20, SAMPLES - 1, SAMPLES + 9};
    struct trainer_settings settings = make_settings();
    struct network *whole = fresh_autoencoder(ENCODING_RATE);
    struct ring ring;
    struct trainer_source source = ring_source(&ring);
    train(whole, &source, &settings);
    settings.state_path = state_path;
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        settings.resume = false;
        settings.threads = 1 + (int)i % 2;
        source = ring_source(&ring);
        assert_int_equal(interrupted_run(&settings, &source, fills[i]), 0);
        struct network *resumed = fresh_autoencoder(ENCODING_RATE);
        settings.resume = true;
        source = ring_source(&ring);
        assert_true(train(resumed, &source, &settings).finished);
        assert_int_equal(atomic_load(&ring.prepared), atomic_load(&ring.filled));
        assert_weights_equal(resumed, whole);
        network_release(resumed);
    }
    network_release(whole);
}

/* Of the first batch, of a later one; weights are those of the batches before. */
static void test_a_sample_cannot_be_made_ready(void **state)
{
    (void)state;
    static const uint64_t draws[] = {0, BATCH - 1, BATCH, SAMPLES + 3};
    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++) {
        struct network *network = fresh_autoencoder(ENCODING_CURRENT);
        struct trainer_settings settings = make_settings();
        struct trainer_result result;
        struct json_log *log = NULL;
        struct error error = {STATUS_OK, ""};
        struct ring ring;
        struct trainer_source source = ring_source(&ring);
        ring.fails_at = draws[i];
        settings.threads = 1 + (int)i % 2;
        json_log_open(NULL, &log, NULL);
        assert_int_equal(trainer_run(network, &source, &settings, log, &result, &error),
                         STATUS_UNUSABLE);
        assert_non_null(strstr(error.detail, "draw "));
        assert_false(result.finished);
        json_log_close(log);
        network_release(network);
    }
}

static void assert_not_run(const struct trainer_settings *settings,
                           const struct trainer_source *source, enum status expected)
{
    struct network *network = fresh_autoencoder(ENCODING_RATE);
    struct network *untouched = fresh_autoencoder(ENCODING_RATE);
    struct trainer_result result;
    struct json_log *log;
    struct error error = {STATUS_OK, ""};
    json_log_open(NULL, &log, NULL);
    assert_int_equal(trainer_run(network, source, settings, log, &result, &error), expected);
    assert_int_equal(error.status, expected);
    assert_weights_equal(network, untouched);
    json_log_close(log);
    network_release(network);
    network_release(untouched);
}

static void test_states_that_do_not_fit(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    settings.state_path = state_path;
    assert_int_equal(interrupted_run(&settings, &pictures, 20), 0);
    settings.resume = true;
    struct trainer_settings other = settings;
    other.seed++;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    other = settings;
    other.epochs++;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    other = settings;
    other.learning_rate = 0.02;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    other = settings;
    other.bptt.spike_penalty = 0.1;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    other = settings;
    other.bptt.loss_power = 0.5;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    other = settings;
    other.batch_size = 7;
    assert_not_run(&other, &pictures, STATUS_BAD_CHECKPOINT);
    struct trainer_source fewer = pictures;
    fewer.num_samples--;
    assert_not_run(&settings, &fewer, STATUS_BAD_CHECKPOINT);
    fewer = pictures;
    fewer.description = "other copies of each";
    assert_not_run(&settings, &fewer, STATUS_BAD_CHECKPOINT);
    remove(state_path);
    assert_not_run(&settings, &pictures, STATUS_NOT_FOUND);
}

static void test_settings_that_cannot_be(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    struct trainer_source none = pictures;
    none.num_samples = 0;
    assert_not_run(&settings, &none, STATUS_INVALID_ARGUMENT);
    settings.epochs = 0;
    assert_not_run(&settings, &pictures, STATUS_INVALID_ARGUMENT);
    settings = make_settings();
    settings.batch_size = 0;
    assert_not_run(&settings, &pictures, STATUS_INVALID_ARGUMENT);
    settings = make_settings();
    settings.threads = -1;
    assert_not_run(&settings, &pictures, STATUS_INVALID_ARGUMENT);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    struct trainer_result result;
    struct json_log *log;
    enum status status = STATUS_NO_MEMORY;
    settings.epochs = 1;
    json_log_open(NULL, &log, NULL);
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        struct network *network = fresh_autoencoder(ENCODING_CURRENT);
        struct ring ring;
        struct trainer_source source = ring_source(&ring);
        mem_fail_after(allowed);
        status = trainer_run(network, &source, &settings, log, &result, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 300);
        network_release(network);
    }
    json_log_close(log);
}

static void test_initial_weights(void **state)
{
    (void)state;
    struct network *network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    struct network *before = small_autoencoder(ENCODING_CURRENT, &small_neuron, 1);
    trainer_initialize(network, 1, 2, 9);
    double range = 2 / sqrt(SMALL_PIXELS), largest = 0;
    for (int i = 0; i < SMALL_PIXELS * SMALL_LATENTS; i++)
        largest = fmax(largest, fabs((double)network->layers[0].weight[i]));
    assert_true(largest <= range && largest > 0.95 * range);
    assert_memory_equal(network->layers[1].weight, before->layers[1].weight,
                        SMALL_PIXELS * SMALL_LATENTS * sizeof(real));
    trainer_initialize_uniform(network, 2, 0.1, 9);
    largest = 0;
    for (int i = 0; i < SMALL_PIXELS * SMALL_LATENTS; i++)
        largest = fmax(largest, fabs((double)network->layers[1].weight[i]));
    assert_true(largest <= 0.1 + 1e-7 && largest > 0.095);
    for (int i = 0; i < SMALL_PIXELS; i++)
        assert_true(network->layers[1].bias[i] == 0);
    network_release(network);
    network_release(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_small_problem_is_learnt),
        cmocka_unit_test(test_a_penalty_makes_spikes_few),
        cmocka_unit_test(test_no_learning_rate_no_change),
        cmocka_unit_test(test_threads_change_no_bit),
        cmocka_unit_test(test_threads_change_no_bit_of_an_audiocoder),
        cmocka_unit_test(test_an_update_is_the_gradient_of_the_batch),
        cmocka_unit_test(test_the_decoder_stays_silent),
        cmocka_unit_test(test_stopping_and_going_on_changes_no_bit),
        cmocka_unit_test(test_samples_are_made_ready),
        cmocka_unit_test(test_going_on_with_samples_made_ready),
        cmocka_unit_test(test_a_sample_cannot_be_made_ready),
        cmocka_unit_test(test_states_that_do_not_fit),
        cmocka_unit_test(test_settings_that_cannot_be),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_initial_weights),
    };
    return cmocka_run_group_tests_name("trainer", tests, open_scratch, close_scratch);
}
