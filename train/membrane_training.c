/* The loop around membrane_step: batches, time steps, one update a step. */
#include "train/membrane.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/math/gemm.h"
#include "core/spike/encode.h"
#include "train/interrupt.h"
#include "train/parameters.h"
#include "train/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Elements of a weight matrix that one task updates. */
enum { MEMBRANE_BLOCK = 1 << 14, MEMBRANE_SETTINGS_SIZE = 256 };

/* The published program's epsilon. */
static const double membrane_adam_epsilon = 1e-7;

struct membrane_training {
    struct network *network;
    const struct trainer_source *source;
    const struct trainer_settings *settings;
    enum membrane_loss_mask mask;
    real divisor[MEMBRANE_LAYERS];
    struct adam_params adam;
    struct parallel *parallel;
    struct parameters parameters; /* weights alone are used; biases stay 0 */
    struct membrane_shard shards[TRAINER_SHARDS];
    uint32_t *order;
    uint64_t batches, batches_per_epoch, total_batches;
    uint32_t batch_first, batch_count;
    uint32_t step;
    double loss; /* of the last batch: mean squared error of the output's potential */
};

static uint32_t shard_range(const struct membrane_training *training, size_t index, uint32_t *count)
{
    uint32_t first = (uint32_t)(training->batch_count * index / TRAINER_SHARDS);
    *count = (uint32_t)(training->batch_count * (index + 1) / TRAINER_SHARDS) - first;
    return training->batch_first + first;
}

static void start_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    struct membrane_shard *shard = &training->shards[index];
    uint32_t count, first = shard_range(training, index, &count);
    size_t inputs = network_num_inputs(training->network);
    membrane_shard_start(shard, training->network, (int)count);
    for (uint32_t i = 0; i < count; i++)
        training->source->fill(training->source->context, training->order[first + i], 0,
                               shard->values + i * inputs, shard->target, NULL);
}

static void step_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    struct membrane_shard *shard = &training->shards[index];
    const struct network *network = training->network;
    uint32_t count, first = shard_range(training, index, &count);
    uint32_t inputs = network_num_inputs(network);
    uint64_t epoch = training->batches / training->batches_per_epoch;
    for (uint32_t i = 0; i < count; i++) {
        struct rng rng = {training->settings->seed,
                          epoch * training->source->num_samples + first + i, RNG_STREAM_ENCODE};
        encode_rate_dense(&rng, training->step, shard->values + (size_t)i * inputs, inputs,
                          network->max_rate_hz, network->dt, shard->random,
                          shard->input + (size_t)i * inputs);
    }
    memcpy(shard->target, shard->input, (size_t)count * inputs * sizeof(real));
    membrane_step(shard, network, training->mask, training->divisor, (int)training->batch_count);
}

static size_t weight_blocks(const struct membrane_training *training, int layer)
{
    return (training->parameters.list[2 * layer].count + MEMBRANE_BLOCK - 1) / MEMBRANE_BLOCK;
}

/* Adds up the shards' gradients of a block of a weight matrix and updates it. */
static void update_block(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    int layer = 0;
    while (index >= weight_blocks(training, layer))
        index -= weight_blocks(training, layer++);
    const struct parameter *weight = &training->parameters.list[2 * layer];
    size_t first = index * MEMBRANE_BLOCK, count = weight->count - first;
    count = count < MEMBRANE_BLOCK ? count : MEMBRANE_BLOCK;
    real sum[MEMBRANE_BLOCK];
    memcpy(sum, training->shards[0].gradient[layer] + first, count * sizeof *sum);
    for (int s = 1; s < TRAINER_SHARDS; s++)
        for (size_t i = 0; i < count; i++)
            sum[i] += training->shards[s].gradient[layer][first + i];
    if (training->step == 0) {
        memset(weight->moment1 + first, 0, count * sizeof(real));
        memset(weight->moment2 + first, 0, count * sizeof(real));
    }
    adam_step(&training->adam, training->settings->learning_rate, training->step + 1,
              weight->value + first, weight->moment1 + first, weight->moment2 + first, sum, count);
}

static void place_batch(struct membrane_training *training)
{
    uint32_t samples = training->source->num_samples;
    uint32_t batch = (uint32_t)training->settings->batch_size;
    uint64_t epoch = training->batches / training->batches_per_epoch;
    struct rng rng = {training->settings->seed, epoch, RNG_STREAM_SHUFFLE};
    training->batch_first = (uint32_t)(training->batches % training->batches_per_epoch) * batch;
    if (training->batch_first == 0 || training->batch_count == 0)
        rng_shuffle(&rng, training->order, samples);
    uint32_t rest = samples - training->batch_first;
    training->batch_count = rest < batch ? rest : batch;
}

static void run_batch(struct membrane_training *training)
{
    size_t blocks = weight_blocks(training, 0) + weight_blocks(training, 1);
    double loss = 0;
    place_batch(training);
    parallel_for(training->parallel, TRAINER_SHARDS, start_shard, training);
    for (training->step = 0; training->step < (uint32_t)training->network->num_steps;
         training->step++) {
        parallel_for(training->parallel, TRAINER_SHARDS, step_shard, training);
        for (int s = 0; s < TRAINER_SHARDS; s++)
            loss += membrane_loss(&training->shards[s], training->network);
        parallel_for(training->parallel, blocks, update_block, training);
    }
    training->loss = loss / training->network->num_steps / training->batch_count /
                     network_num_pixels(training->network);
    training->batches++;
}

static enum status check_network(const struct network *network, struct error *error)
{
    bool fits = network->num_layers == MEMBRANE_LAYERS && network->encoding == ENCODING_RATE &&
                network_num_inputs(network) == network_num_pixels(network);
    for (int i = 0; fits && i < MEMBRANE_LAYERS; i++)
        fits = network->layers[i].shape.kind == LAYER_DENSE;
    return fits ? STATUS_OK
                : error_set(error, STATUS_INVALID_ARGUMENT,
                            "The membrane rule trains two dense layers with --encoding rate.");
}

static enum status training_open(struct membrane_training *training, struct error *error)
{
    const struct trainer_settings *settings = training->settings;
    const struct network *network = training->network;
    uint32_t samples = training->source->num_samples, batch = (uint32_t)settings->batch_size;
    enum status status = check_network(network, error);
    if (status != STATUS_OK)
        return status;
    training->batches_per_epoch = (samples + batch - 1) / batch;
    training->total_batches = training->batches_per_epoch * (uint64_t)settings->epochs;
    training->order = mem_alloc(samples, sizeof *training->order);
    if (!training->order)
        return error_plain(error, STATUS_NO_MEMORY);
    status = parallel_new(settings->threads, &training->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init(&training->parameters, training->network, MEMBRANE_LAYERS, error);
    for (int s = 0; s < TRAINER_SHARDS && status == STATUS_OK; s++)
        status = membrane_shard_init(&training->shards[s], network,
                                     (int)((batch + TRAINER_SHARDS - 1) / TRAINER_SHARDS), error);
    /* both layers of the published autoencoder divide by the number of output units */
    for (int i = 0; i < MEMBRANE_LAYERS; i++)
        training->divisor[i] = (real)network_num_pixels(network);
    return status;
}

static void training_close(struct membrane_training *training)
{
    for (int s = 0; s < TRAINER_SHARDS; s++)
        membrane_shard_free(&training->shards[s]);
    parameters_free(&training->parameters);
    parallel_free(training->parallel);
    mem_free(training->order);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void log_epoch(struct membrane_training *training, struct json_log *log, double seconds)
{
    json_log_event(log, "epoch",
                   json_pack("{s:I, s:f, s:f, s:f}", "epoch",
                             (json_int_t)(training->batches / training->batches_per_epoch), "loss",
                             training->loss, "learning_rate", training->settings->learning_rate,
                             "seconds", seconds));
}

static void describe_settings(const struct membrane_training *training, char *text)
{
    const struct trainer_settings *s = training->settings;
    snprintf(text, MEMBRANE_SETTINGS_SIZE,
             "membrane mask %d samples %u epochs %d batch %d rate %.17g seed %llu steps %d "
             "max_rate %.17g",
             (int)training->mask, training->source->num_samples, s->epochs, s->batch_size,
             s->learning_rate, (unsigned long long)s->seed, training->network->num_steps,
             training->network->max_rate_hz);
}

static enum status training_loop(struct membrane_training *training, const char *description,
                                 struct json_log *log, struct trainer_result *result,
                                 struct error *error)
{
    const struct trainer_settings *settings = training->settings;
    double started = now(), saved = started, epoch_started = started;
    uint64_t batch = (uint64_t)settings->batch_size;
    enum status status = STATUS_OK;
    struct progress progress;
    progress_start(&progress, settings->label, training->total_batches * batch,
                   training->batches * batch, settings->quiet);
    while (training->batches < training->total_batches && !interrupt_requested() &&
           status == STATUS_OK) {
        run_batch(training);
        progress_update(&progress, training->batches * batch, "potential error %.5f",
                        training->loss);
        if (training->batches % training->batches_per_epoch == 0) {
            log_epoch(training, log, now() - epoch_started);
            epoch_started = now();
        }
        if (settings->state_path && now() - saved >= 60 * settings->state_minutes) {
            status = parameters_save(&training->parameters, training->batches, description,
                                     settings->state_path, error);
            saved = now();
        }
    }
    *result = (struct trainer_result){.finished = training->batches == training->total_batches,
                                      .updates = training->batches *
                                                 (uint64_t)training->network->num_steps,
                                      .seconds = now() - started,
                                      .loss = {.image = training->loss}};
    if (status == STATUS_OK && !result->finished && settings->state_path)
        status = parameters_save(&training->parameters, training->batches, description,
                                 settings->state_path, error);
    progress_finish(&progress, "potential error %.5f", training->loss);
    return status;
}

enum status membrane_train(struct network *network, const struct trainer_source *source,
                           const struct trainer_settings *settings, enum membrane_loss_mask mask,
                           struct json_log *log, struct trainer_result *result, struct error *error)
{
    struct membrane_training training = {.network = network,
                                         .source = source,
                                         .settings = settings,
                                         .mask = mask,
                                         .adam = settings->adam};
    char description[MEMBRANE_SETTINGS_SIZE];
    training.adam.epsilon = membrane_adam_epsilon;
    gemm_use_one_thread();
    interrupt_watch();
    enum status status = training_open(&training, error);
    if (status == STATUS_OK) {
        describe_settings(&training, description);
        if (settings->resume)
            status = parameters_restore(&training.parameters, &training.batches, description,
                                        settings->state_path, error);
    }
    if (status == STATUS_OK)
        status = training_loop(&training, description, log, result, error);
    training_close(&training);
    return status;
}
