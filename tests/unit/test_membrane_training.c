/*
 * The loop of the membrane rule: it learns, does not depend on threads, goes on where it was
 * stopped, and so do its variants.
 */
#include "core/base/file.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"
#include "train/membrane_training.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SAMPLES = 42, BATCH = 8, EPOCHS = 3, INPUTS = 70, HIDDEN = 40, STEPS = 6 };

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

/* A bright run of inputs that depends on the sample; the last inputs are always dark. */
static void fill_run(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                     real *latent)
{
    (void)context;
    assert_true(draw == 0 && !image && !latent);
    memset(input, 0, INPUTS * sizeof *input);
    for (uint32_t i = 0; i < 12; i++)
        input[sample % 4 * 12 + i] = (real)0.9;
    if (atomic_load(&fills_left) >= 0 && atomic_fetch_sub(&fills_left, 1) == 0)
        raise(SIGTERM);
}

/* Every third unit, another third at each step. */
static void aim(void *context, uint32_t sample, uint32_t step, real *target)
{
    (void)context;
    for (uint32_t i = 0; i < SMALL_LATENTS; i++)
        target[i] = i % 3 == (sample + step) % 3 ? 1 : 0;
}

static const struct trainer_source runs = {.num_samples = SAMPLES, .fill = fill_run};

static struct trainer_settings make_settings(void)
{
    return (struct trainer_settings){.epochs = EPOCHS,
                                     .batch_size = BATCH,
                                     .learning_rate = 0.003,
                                     .adam = adam_default_params,
                                     .seed = 3,
                                     .threads = 1,
                                     .label = "test",
                                     .state_minutes = 1000,
                                     .quiet = true};
}

/* The rule and its variants; those with a target learn units of their own. */
enum variant { PUBLISHED, WITHOUT_MASK, AIMED, SGD, KEPT, DECAYED, CLIPPED, VARIANTS };

static struct membrane_settings make_variant(enum variant variant)
{
    struct membrane_settings settings = {.divisor = {INPUTS, INPUTS}};
    settings.mask = variant == WITHOUT_MASK ? MEMBRANE_MASK_NONE : MEMBRANE_MASK_XOR;
    settings.target = variant == AIMED ? aim : NULL;
    settings.optimizer.plain_sgd = variant == SGD;
    settings.optimizer.keep_moments = variant == KEPT;
    settings.optimizer.clip_norm = variant == CLIPPED ? 0.05 : 0;
    return settings;
}

static struct network *fresh_network(enum variant variant)
{
    const struct neuron_params neuron = {NEURON_LIF, RESET_ZERO, 1, 0.01, 0.001};
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_RATE);
    network->num_steps = STEPS;
    network->max_rate_hz = 300;
    small_add(network, small_dense(INPUTS, HIDDEN), &neuron, 0, 0, 1);
    small_add(network, small_dense(HIDDEN, variant == AIMED ? SMALL_LATENTS : INPUTS), &neuron, 0,
              0, 1);
    trainer_initialize_uniform(network, 2, 0.3, 3);
    return network;
}

static enum status run(struct network *network, enum variant variant,
                       const struct trainer_settings *settings, struct trainer_result *result)
{
    struct trainer_settings varied = *settings;
    struct membrane_settings membrane = make_variant(variant);
    struct json_log *log = NULL;
    if (variant == DECAYED)
        varied.adam.weight_decay = 0.1;
    assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
    enum status status = membrane_train(network, &runs, &varied, &membrane, log, result, NULL);
    json_log_close(log);
    return status;
}

static struct network *trained(enum variant variant, const struct trainer_settings *settings)
{
    struct trainer_result result = {0};
    struct network *network = fresh_network(variant);
    assert_int_equal(run(network, variant, settings, &result), STATUS_OK);
    assert_true(result.finished);
    assert_int_equal(result.updates, (SAMPLES + BATCH - 1) / BATCH * settings->epochs * STEPS);
    return network;
}

static bool same_weights(const struct network *a, const struct network *b)
{
    bool same = true;
    for (int i = 0; i < 2; i++) {
        const struct layer *x = &a->layers[i], *y = &b->layers[i];
        size_t count = (size_t)layer_fan_in(&x->shape) * (size_t)x->shape.out_channels;
        same &= memcmp(x->weight, y->weight, count * sizeof(real)) == 0;
        for (int k = 0; k < x->shape.out_channels; k++)
            assert_true(x->bias[k] == 0 || y->bias[k] == x->bias[k]);
    }
    return same;
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    for (int variant = 0; variant < VARIANTS; variant++) {
        struct trainer_settings settings = make_settings();
        struct network *alone = trained((enum variant)variant, &settings);
        for (int threads = 2; threads < 6; threads++) {
            settings.threads = threads;
            struct network *together = trained((enum variant)variant, &settings);
            assert_true(same_weights(alone, together));
            network_release(together);
        }
        network_release(alone);
    }
}

static void test_variants_differ(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    struct network *published = trained(PUBLISHED, &settings);
    for (int variant = PUBLISHED + 1; variant < VARIANTS; variant++) {
        if (variant == AIMED)
            continue; /* of another shape */
        struct network *network = trained((enum variant)variant, &settings);
        assert_false(same_weights(published, network));
        network_release(network);
    }
    network_release(published);
}

/* The error of the output's potential falls; inputs that never spike keep their weights. */
static void test_it_learns(void **state)
{
    (void)state;
    static const enum variant learning[] = {PUBLISHED, AIMED, KEPT};
    for (int i = 0; i < 3; i++) {
        struct trainer_result first = {0}, last = {0};
        struct trainer_settings settings = make_settings();
        struct network *network = fresh_network(learning[i]), *before = fresh_network(learning[i]);
        settings.epochs = 1;
        assert_int_equal(run(network, learning[i], &settings, &first), STATUS_OK);
        settings.epochs = 40;
        assert_int_equal(run(network, learning[i], &settings, &last), STATUS_OK);
        assert_true(last.loss.image < 0.8 * first.loss.image);
        assert_memory_equal(network->layers[0].weight + 48 * HIDDEN,
                            before->layers[0].weight + 48 * HIDDEN,
                            (INPUTS - 48) * HIDDEN * sizeof(real));
        network_release(network);
        network_release(before);
    }
}

/* Trains in another process, as a signal is remembered; its exit status is 0 if all went well. */
static int interrupted_run(enum variant variant, const struct trainer_settings *settings, int fills)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct network *network = fresh_network(variant);
        struct trainer_result result = {0};
        atomic_store(&fills_left, fills);
        enum status status = run(network, variant, settings, &result);
        bool stopped = status == STATUS_OK && !result.finished && result.updates > 0;
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
    static const int fills[] = {0, 20, SAMPLES - 1, 2 * SAMPLES + 12};
    for (int variant = 0; variant < VARIANTS; variant++) {
        struct trainer_settings settings = make_settings();
        struct network *whole = trained((enum variant)variant, &settings);
        settings.state_path = state_path;
        for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
            settings.resume = false;
            assert_int_equal(interrupted_run((enum variant)variant, &settings, fills[i]), 0);
            settings.resume = true;
            struct network *resumed = fresh_network((enum variant)variant);
            struct trainer_result result = {0};
            assert_int_equal(run(resumed, (enum variant)variant, &settings, &result), STATUS_OK);
            assert_true(result.finished && same_weights(resumed, whole));
            network_release(resumed);
        }
        network_release(whole);
    }
}

/* A state of another variant is refused, and the network stays as it was. */
static void test_states_that_do_not_fit(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    struct trainer_result result;
    settings.state_path = state_path;
    assert_int_equal(interrupted_run(PUBLISHED, &settings, 20), 0);
    settings.resume = true;
    for (int variant = PUBLISHED + 1; variant < VARIANTS; variant++) {
        struct network *network = fresh_network((enum variant)variant);
        struct network *untouched = fresh_network((enum variant)variant);
        assert_int_equal(run(network, (enum variant)variant, &settings, &result),
                         STATUS_BAD_CHECKPOINT);
        assert_true(same_weights(network, untouched));
        network_release(network);
        network_release(untouched);
    }
}

static void test_networks_that_it_cannot_train(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    struct trainer_result result;
    struct network *network = fresh_network(PUBLISHED);
    network->encoding = ENCODING_CURRENT;
    assert_int_equal(run(network, PUBLISHED, &settings, &result), STATUS_INVALID_ARGUMENT);
    network_release(network);
    network = fresh_network(AIMED); /* the input spikes are no target for fewer units */
    assert_int_equal(run(network, PUBLISHED, &settings, &result), STATUS_INVALID_ARGUMENT);
    network_release(network);
    network = small_audiocoder(1);
    network->encoding = ENCODING_RATE;
    assert_int_equal(run(network, AIMED, &settings, &result), STATUS_INVALID_ARGUMENT);
    network_release(network);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct trainer_settings settings = make_settings();
    enum status status = STATUS_NO_MEMORY;
    settings.epochs = 1;
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        struct network *network = fresh_network(PUBLISHED);
        struct membrane_settings membrane = make_variant(PUBLISHED);
        struct trainer_result result;
        struct json_log *log = NULL;
        assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
        mem_fail_after(allowed);
        status = membrane_train(network, &runs, &settings, &membrane, log, &result, NULL);
        mem_fail_never();
        json_log_close(log);
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 100);
        network_release(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_variants_differ),
        cmocka_unit_test(test_it_learns),
        cmocka_unit_test(test_stopping_and_going_on_changes_no_bit),
        cmocka_unit_test(test_states_that_do_not_fit),
        cmocka_unit_test(test_networks_that_it_cannot_train),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("membrane_training", tests, open_scratch, close_scratch);
}
