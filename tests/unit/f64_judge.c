/* Gradients of the judge against finite differences, in double precision; and its training. */
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "train/judge_training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BATCH = 5, WIDTH = 8, HEIGHT = 6, INPUTS = WIDTH * HEIGHT, DIGITS = 4 };

static const int small_sizes[JUDGE_LAYERS + 1] = {INPUTS, 9, 7, DIGITS};

static void fill(real *values, size_t count, double low, double high, uint64_t index)
{
    const struct rng rng = {.seed = 11, .index = index, .stream = RNG_STREAM_INIT};
    for (size_t i = 0; i < count; i++)
        values[i] = low + (high - low) * (double)rng_uniform(&rng, 3, (uint32_t)i);
}

/* Masks silence every third unit. */
static void fill_shard(struct judge_shard *shard)
{
    fill(shard->value[0], BATCH * INPUTS, 0, 1, 100);
    for (int i = 0; i < JUDGE_LAYERS - 1; i++)
        for (int k = 0; k < BATCH * small_sizes[i + 1]; k++)
            shard->mask[i][k] = k % 3 ? 1.5 : 0;
    for (int i = 0; i < BATCH; i++)
        shard->label[i] = i % DIGITS;
}

static double loss_of(struct judge_shard *shard, const struct judge *judge)
{
    judge_gradient(shard, judge, BATCH, BATCH);
    return shard->loss / BATCH;
}

/* `gradient` is that of values [count]; it is overwritten by every pass. */
static void check_gradient(struct judge_shard *shard, const struct judge *judge, real *values,
                           const real *gradient, int count, int *num_nonzero)
{
    for (int i = 0; i < count; i++) {
        real kept = values[i];
        loss_of(shard, judge);
        double expected = gradient[i];
        values[i] = kept + 1e-6;
        double above = loss_of(shard, judge);
        values[i] = kept - 1e-6;
        double difference = (above - loss_of(shard, judge)) / 2e-6;
        values[i] = kept;
        assert_true(fabs(expected - difference) < 1e-8);
        *num_nonzero += fabs(expected) > 1e-6;
    }
}

static void test_gradients(void **state)
{
    (void)state;
    struct judge judge;
    struct judge_shard shard;
    assert_int_equal(judge_init(&judge, small_sizes, NULL), STATUS_OK);
    assert_int_equal(judge_shard_init(&shard, &judge, BATCH, NULL), STATUS_OK);
    judge_initialize(&judge, 4);
    fill_shard(&shard);
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        int inputs = small_sizes[i], outputs = small_sizes[i + 1], nonzero = 0;
        fill(judge.layers[i].bias, (size_t)outputs, -0.2, 0.3, (uint64_t)i);
        check_gradient(&shard, &judge, judge.layers[i].weight, shard.weight[i], inputs * outputs,
                       &nonzero);
        check_gradient(&shard, &judge, judge.layers[i].bias, shard.bias[i], outputs, &nonzero);
        assert_true(nonzero > inputs * outputs / 4);
    }
    judge_shard_free(&shard);
    judge_free(&judge);
}

/* Pictures of four classes: one quarter is bright. */
static void make_set(struct image_set *set)
{
    enum { NUM_IMAGES = 40 };
    *set = (struct image_set){.num_images = NUM_IMAGES, .width = WIDTH, .height = HEIGHT};
    set->pixels = mem_alloc(NUM_IMAGES, INPUTS);
    set->labels = mem_alloc(NUM_IMAGES, sizeof *set->labels);
    for (int i = 0; i < NUM_IMAGES; i++) {
        set->labels[i] = (uint16_t)(i % DIGITS);
        for (int k = 0; k < INPUTS; k++) {
            int quarter = 2 * (k / WIDTH >= HEIGHT / 2) + (k % WIDTH >= WIDTH / 2);
            set->pixels[i * INPUTS + k] = quarter == i % DIGITS ? 255 : (uint8_t)(i / 4);
        }
    }
}

static double train(struct judge *judge, const struct image_set *set, int epochs, int threads)
{
    const struct trainer_settings settings = {.epochs = epochs,
                                              .batch_size = 7,
                                              .learning_rate = 3e-3,
                                              .adam = adam_default_params,
                                              .seed = 3,
                                              .threads = threads,
                                              .label = "test",
                                              .state_minutes = 60,
                                              .quiet = true};
    struct trainer_result result;
    struct json_log *log;
    assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
    assert_int_equal(judge_init(judge, small_sizes, NULL), STATUS_OK);
    judge_initialize(judge, 4);
    assert_int_equal(judge_train(judge, set, &settings, 0.1, log, &result, NULL), STATUS_OK);
    assert_true(result.finished);
    assert_int_equal(result.updates, 6 * epochs);
    json_log_close(log);
    return result.loss.image;
}

static void test_training_learns_whatever_the_number_of_threads(void **state)
{
    (void)state;
    struct image_set set;
    struct judge judges[3];
    make_set(&set);
    double first = train(&judges[0], &set, 1, 1), last = train(&judges[1], &set, 120, 1);
    assert_true(last < 0.5 * first);
    assert_true(train(&judges[2], &set, 120, 3) == last);
    for (int i = 0; i < JUDGE_LAYERS; i++)
        assert_memory_equal(judges[1].layers[i].weight, judges[2].layers[i].weight,
                            (size_t)(small_sizes[i] * small_sizes[i + 1]) * sizeof(real));
    for (int i = 0; i < 3; i++)
        judge_free(&judges[i]);
    image_set_free(&set);
}

static void test_sets_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const struct trainer_settings settings = {.epochs = 1, .batch_size = 7, .quiet = true};
    struct image_set set;
    struct judge judge;
    struct trainer_result result;
    make_set(&set);
    assert_int_equal(judge_init(&judge, small_sizes, NULL), STATUS_OK);
    set.labels[17] = DIGITS;
    assert_int_equal(judge_train(&judge, &set, &settings, 0, NULL, &result, NULL),
                     STATUS_INVALID_ARGUMENT);
    set.labels[17] = 0;
    set.width = 3;
    assert_int_equal(judge_train(&judge, &set, &settings, 0, NULL, &result, NULL),
                     STATUS_INVALID_ARGUMENT);
    judge_free(&judge);
    image_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_training_learns_whatever_the_number_of_threads),
        cmocka_unit_test(test_sets_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
