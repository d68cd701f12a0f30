/* The loop around judge_gradient: distorted pictures in a shuffled order, Adam, a half cosine. */
#include "train/judge_training.h"

#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "train/batch_order.h"
#include "train/distort.h"
#include "train/parameters.h"
#include "train/training_loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Elements of a parameter that one task updates. */
enum { JUDGE_BLOCK = 1 << 14 };

struct judge_training {
    struct judge *judge;
    const struct image_set *set;
    const struct trainer_settings *settings;
    double dropout;
    struct parallel *parallel;
    struct parameters parameters;
    struct batch_order batches;
    struct judge_shard shards[BATCH_ORDER_SHARDS];
    uint64_t updates;
    double epoch_loss; /* sum over the samples so far */
    uint64_t epoch_samples;
};

static double learning_rate(const void *context)
{
    const double pi = 3.14159265358979323846;
    const struct judge_training *training = context;
    uint64_t total = training->batches.batches_per_epoch * (uint64_t)training->settings->epochs;
    double share = (double)training->updates / (double)total;
    return training->settings->learning_rate * 0.5 * (1 + cos(pi * share));
}

/* Draws which units of a row are silent; the others make up for them. */
static void draw_mask(const struct rng *rng, int layer, double dropout, uint32_t count, real *mask)
{
    for (uint32_t i = 0; i < count; i++)
        mask[i] =
            (double)rng_uniform(rng, (uint32_t)layer, i) < dropout ? 0 : (real)(1 / (1 - dropout));
}

/* Row `row` of a shard becomes sample `place` of the batch. */
static void load_row(const struct judge_training *training, struct judge_shard *shard,
                     uint32_t place, uint32_t row)
{
    const struct image_set *set = training->set;
    uint32_t sample = training->batches.samples[place];
    uint64_t draw = batch_order_draw(&training->batches, place);
    size_t pixels = (size_t)set->width * (size_t)set->height;
    const struct rng distortion = {training->settings->seed, draw, RNG_STREAM_AUGMENT};
    const struct rng silence = {training->settings->seed, draw, RNG_STREAM_DROPOUT};
    distort_picture(&distort_default_settings, set->pixels + sample * pixels, set->width,
                    set->height, &distortion, shard->scratch, shard->value[0] + row * pixels);
    shard->label[row] = set->labels[sample];
    for (int i = 0; i < JUDGE_LAYERS - 1; i++) {
        uint32_t units = layer_num_outputs(&training->judge->layers[i].shape);
        draw_mask(&silence, i, training->dropout, units, shard->mask[i] + (size_t)row * units);
    }
}

static void run_shard(void *argument, size_t index)
{
    struct judge_training *training = argument;
    struct judge_shard *shard = &training->shards[index];
    uint32_t count, first = batch_order_shard(&training->batches, index, &count);
    for (uint32_t i = 0; i < count; i++)
        load_row(training, shard, first + i, i);
    judge_gradient(shard, training->judge, (int)count, (int)training->batches.count);
}

static size_t parameter_blocks(const struct parameter *parameter)
{
    return (parameter->count + JUDGE_BLOCK - 1) / JUDGE_BLOCK;
}

static const real *shard_gradient(const struct judge_shard *shard,
                                  const struct parameter *parameter)
{
    return parameter->is_bias ? shard->bias[parameter->layer] : shard->weight[parameter->layer];
}

/* Adds up the shards' gradients of a block of a parameter and updates it. */
static void update_block(void *argument, size_t index)
{
    struct judge_training *training = argument;
    const struct parameter *parameter = training->parameters.list;
    for (; index >= parameter_blocks(parameter); parameter++)
        index -= parameter_blocks(parameter);
    size_t first = index * JUDGE_BLOCK, count = parameter->count - first;
    real sum[JUDGE_BLOCK];
    count = count < JUDGE_BLOCK ? count : JUDGE_BLOCK;
    memcpy(sum, shard_gradient(&training->shards[0], parameter) + first, count * sizeof *sum);
    for (int s = 1; s < BATCH_ORDER_SHARDS; s++) {
        const real *gradient = shard_gradient(&training->shards[s], parameter) + first;
        for (size_t i = 0; i < count; i++)
            sum[i] += gradient[i];
    }
    adam_step(&training->settings->adam, learning_rate(training), training->updates + 1,
              parameter->value + first, parameter->moment1 + first, parameter->moment2 + first, sum,
              count);
}

static enum status run_batch(void *context, struct error *error)
{
    struct judge_training *training = context;
    size_t blocks = 0;
    (void)error;
    if (batch_order_place(&training->batches, training->updates)) {
        training->epoch_samples = 0;
        training->epoch_loss = 0;
    }
    parallel_for(training->parallel, BATCH_ORDER_SHARDS, run_shard, training);
    for (int i = 0; i < training->parameters.count; i++)
        blocks += parameter_blocks(&training->parameters.list[i]);
    parallel_for(training->parallel, blocks, update_block, training);
    for (int s = 0; s < BATCH_ORDER_SHARDS; s++)
        training->epoch_loss += training->shards[s].loss;
    training->epoch_samples += training->batches.count;
    training->updates++;
    return STATUS_OK;
}

static struct bptt_loss mean_loss(const void *context)
{
    const struct judge_training *training = context;
    double samples = (double)training->epoch_samples;
    return (struct bptt_loss){.image = samples > 0 ? training->epoch_loss / samples : 0};
}

static enum status check_set(const struct judge *judge, const struct image_set *set,
                             struct error *error)
{
    uint32_t digits = layer_num_outputs(&judge->layers[JUDGE_LAYERS - 1].shape);
    if ((uint32_t)(set->width * set->height) != layer_num_inputs(&judge->layers[0].shape))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The judge does not read pictures of %d x %d.", set->width, set->height);
    for (uint32_t i = 0; i < set->num_images; i++)
        if (set->labels[i] >= digits)
            return error_set(error, STATUS_INVALID_ARGUMENT, "Picture %u is no digit.", i);
    return STATUS_OK;
}

static enum status training_open(struct judge_training *training, struct error *error)
{
    const struct trainer_settings *settings = training->settings;
    enum status status = check_set(training->judge, training->set, error);
    if (status == STATUS_OK)
        status = batch_order_init(&training->batches, training->set->num_images,
                                  settings->batch_size, settings->seed, error);
    if (status == STATUS_OK)
        status = parallel_new(settings->threads, &training->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init_layers(&training->parameters, training->judge->layers,
                                        JUDGE_LAYERS, error);
    for (int s = 0; s < BATCH_ORDER_SHARDS && status == STATUS_OK; s++)
        status = judge_shard_init(&training->shards[s], training->judge,
                                  (int)batch_order_shard_capacity(&training->batches), error);
    return status;
}

static void training_close(struct judge_training *training)
{
    for (int s = 0; s < BATCH_ORDER_SHARDS; s++)
        judge_shard_free(&training->shards[s]);
    parameters_free(&training->parameters);
    parallel_free(training->parallel);
    batch_order_free(&training->batches);
}

static void describe_settings(const struct judge_training *training,
                              char text[TRAINING_LOOP_DESCRIPTION_SIZE])
{
    const struct trainer_settings *s = training->settings;
    snprintf(text, TRAINING_LOOP_DESCRIPTION_SIZE,
             "judge samples %u epochs %d batch %d rate %.17g dropout %.17g seed %llu",
             training->set->num_images, s->epochs, s->batch_size, s->learning_rate,
             training->dropout, (unsigned long long)s->seed);
}

enum status judge_train(struct judge *judge, const struct image_set *set,
                        const struct trainer_settings *settings, double dropout,
                        struct json_log *log, struct trainer_result *result, struct error *error)
{
    struct judge_training training = {
        .judge = judge, .set = set, .settings = settings, .dropout = dropout};
    struct training_loop loop = {.settings = settings,
                                 .parameters = &training.parameters,
                                 .log = log,
                                 .batches = &training.updates,
                                 .context = &training,
                                 .run_batch = run_batch,
                                 .loss = mean_loss,
                                 .learning_rate = learning_rate};
    enum status status = training_open(&training, error);
    if (status == STATUS_OK) {
        loop.batches_per_epoch = training.batches.batches_per_epoch;
        describe_settings(&training, loop.description);
        status = training_loop_resume(&loop, error);
    }
    if (status == STATUS_OK)
        status = training_loop_run(&loop, result, error);
    training_close(&training);
    return status;
}
