#include "train/membrane_training.h"

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

enum { MEMBRANE_SETTINGS_SIZE = 512 };

/* The published program's epsilon. */
static const double membrane_adam_epsilon = 1e-7;

/* Every layer has two parameters, of which the rule changes the weights; biases stay 0. */
enum { PARAMETERS_A_LAYER = 2 };

struct membrane_training {
    struct network *network;
    const struct trainer_source *source;
    const struct trainer_settings *settings;
    const struct membrane_settings *membrane_settings;
    struct parallel *parallel;
    struct parameters parameters;
    struct membrane membrane;
    struct membrane_optimizer optimizer;
    real *values;     /* [batch][inputs] */
    uint32_t *extent; /* [batch]: values from there on are 0 */
    uint32_t *random; /* [shard][inputs] */
    uint32_t *order;
    uint64_t batches, batches_per_epoch, total_batches;
    uint32_t batch_first, batch_count;
    uint32_t step;
    double loss; /* of the last batch: mean squared error of the output's potential */
};

/* The samples of a shard within the batch: the first one and their number. */
static uint32_t shard_range(const struct membrane_training *training, size_t index, uint32_t *count)
{
    uint32_t first = (uint32_t)(training->batch_count * index / TRAINER_SHARDS);
    *count = (uint32_t)(training->batch_count * (index + 1) / TRAINER_SHARDS) - first;
    return first;
}

static void fill_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    const struct trainer_source *source = training->source;
    uint32_t count, first = shard_range(training, index, &count);
    uint32_t inputs = network_num_inputs(training->network);
    for (uint32_t i = first; i < first + count; i++) {
        real *values = training->values + (size_t)i * inputs;
        uint32_t extent = inputs;
        source->fill(source->context, training->order[training->batch_first + i], 0, values, NULL,
                     NULL);
        while (extent > 0 && values[extent - 1] == 0)
            extent--;
        training->extent[i] = extent;
    }
}

/* The input spikes of a sample at this step. */
static void encode_sample(struct membrane_training *training, size_t shard, uint32_t sample)
{
    const struct network *network = training->network;
    struct membrane_layer *layer = &training->membrane.layers[0];
    uint64_t epoch = training->batches / training->batches_per_epoch;
    struct rng rng = {training->settings->seed,
                      epoch * training->source->num_samples + training->batch_first + sample,
                      RNG_STREAM_ENCODE};
    size_t at = sample * layer->inputs;
    layer->num_spikes[sample] = encode_rate(
        &rng, training->step, training->values + at, training->extent[sample], network->max_rate_hz,
        network->dt, training->random + shard * layer->inputs, layer->spikes + at);
}

static void aim_sample(struct membrane_training *training, uint32_t sample)
{
    const struct membrane_layer *input = &training->membrane.layers[0];
    size_t outputs = training->membrane.layers[1].units;
    real *target = training->membrane.target + sample * outputs;
    if (training->membrane_settings->target) {
        training->membrane_settings->target(training->source->context,
                                            training->order[training->batch_first + sample],
                                            training->step, target);
        return;
    }
    memset(target, 0, outputs * sizeof *target);
    for (uint32_t i = 0; i < input->num_spikes[sample]; i++)
        target[input->spikes[sample * input->inputs + i]] = 1;
}

static void step_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    uint32_t count, first = shard_range(training, index, &count);
    for (uint32_t i = first; i < first + count; i++) {
        encode_sample(training, index, i);
        aim_sample(training, i);
    }
    membrane_forward(&training->membrane, training->network, (int)first, (int)count);
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
    uint32_t steps = (uint32_t)training->network->num_steps;
    double loss = 0;
    place_batch(training);
    membrane_start(&training->membrane, (int)training->batch_count);
    parallel_for(training->parallel, TRAINER_SHARDS, fill_shard, training);
    for (training->step = 0; training->step < steps; training->step++) {
        parallel_for(training->parallel, TRAINER_SHARDS, step_shard, training);
        loss += membrane_loss(&training->membrane);
        membrane_optimizer_update(&training->optimizer, training->parallel, training->step,
                                  training->batches * steps + training->step);
    }
    training->loss =
        loss / steps / training->batch_count / (double)training->membrane.layers[1].units;
    training->batches++;
}

static enum status check_network(const struct network *network,
                                 const struct membrane_settings *settings, struct error *error)
{
    bool fits = network->num_layers >= MEMBRANE_LAYERS && network->encoding == ENCODING_RATE;
    for (int i = 0; fits && i < MEMBRANE_LAYERS; i++)
        fits = network->layers[i].shape.kind == LAYER_DENSE;
    if (fits && !settings->target)
        fits = network_num_inputs(network) == layer_num_outputs(&network->layers[1].shape);
    return fits ? STATUS_OK
                : error_set(error, STATUS_INVALID_ARGUMENT,
                            "The membrane rule trains two dense layers with --encoding rate.");
}

static enum status open_buffers(struct membrane_training *training, struct error *error)
{
    size_t inputs = network_num_inputs(training->network);
    size_t batch = (size_t)training->settings->batch_size;
    training->order = mem_alloc(training->source->num_samples, sizeof *training->order);
    training->values = mem_alloc(batch * inputs, sizeof *training->values);
    training->extent = mem_alloc(batch, sizeof *training->extent);
    training->random = mem_alloc(TRAINER_SHARDS * inputs, sizeof *training->random);
    if (!training->order || !training->values || !training->extent || !training->random)
        return error_plain(error, STATUS_NO_MEMORY);
    return STATUS_OK;
}

static enum status open_rule(struct membrane_training *training, struct error *error)
{
    struct membrane_optimizer_settings settings = training->membrane_settings->optimizer;
    const struct parameter *list = training->parameters.list;
    real *moment1[MEMBRANE_LAYERS], *moment2[MEMBRANE_LAYERS];
    settings.adam = training->settings->adam;
    settings.adam.epsilon = membrane_adam_epsilon;
    settings.learning_rate = training->settings->learning_rate;
    enum status status = membrane_init(&training->membrane, training->network,
                                       training->settings->batch_size, error);
    if (status != STATUS_OK)
        return status;
    training->membrane.mask = training->membrane_settings->mask;
    for (int i = 0; i < MEMBRANE_LAYERS; i++) {
        training->membrane.divisor[i] = training->membrane_settings->divisor[i];
        moment1[i] = list[PARAMETERS_A_LAYER * i].moment1;
        moment2[i] = list[PARAMETERS_A_LAYER * i].moment2;
    }
    return membrane_optimizer_init(&training->optimizer, &settings, training->network,
                                   &training->membrane, moment1, moment2, error);
}

static enum status training_open(struct membrane_training *training, struct error *error)
{
    const struct trainer_settings *settings = training->settings;
    uint32_t samples = training->source->num_samples, batch = (uint32_t)settings->batch_size;
    enum status status = check_network(training->network, training->membrane_settings, error);
    if (status != STATUS_OK)
        return status;
    training->batches_per_epoch = (samples + batch - 1) / batch;
    training->total_batches = training->batches_per_epoch * (uint64_t)settings->epochs;
    status = open_buffers(training, error);
    if (status == STATUS_OK)
        status = parallel_new(settings->threads, &training->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init(&training->parameters, training->network, MEMBRANE_LAYERS, error);
    if (status == STATUS_OK)
        status = open_rule(training, error);
    /* moments that every batch forgets are no part of a state */
    training->parameters.without_moments = !training->membrane.keep_rows;
    return status;
}

static void training_close(struct membrane_training *training)
{
    membrane_optimizer_free(&training->optimizer);
    membrane_free(&training->membrane);
    parameters_free(&training->parameters);
    parallel_free(training->parallel);
    mem_free(training->values);
    mem_free(training->extent);
    mem_free(training->random);
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

/* What must be the same for a state to fit: all that shapes the weights. */
static void describe_settings(const struct membrane_training *training, char *text)
{
    const struct trainer_settings *s = training->settings;
    const struct membrane_settings *m = training->membrane_settings;
    snprintf(text, MEMBRANE_SETTINGS_SIZE,
             "%s: mask %d samples %u epochs %d batch %d rate %.17g seed %llu steps %d "
             "max_rate %.17g divisors %.17g %.17g sgd %d keep %d clip %.17g decay %.17g",
             s->label, (int)m->mask, training->source->num_samples, s->epochs, s->batch_size,
             s->learning_rate, (unsigned long long)s->seed, training->network->num_steps,
             training->network->max_rate_hz, (double)m->divisor[0], (double)m->divisor[1],
             m->optimizer.plain_sgd, m->optimizer.keep_moments, m->optimizer.clip_norm,
             s->adam.weight_decay);
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

struct membrane_settings membrane_settings_of(const struct options *options)
{
    return (struct membrane_settings){.mask = options->mask == MASK_XOR ? MEMBRANE_MASK_XOR
                                                                        : MEMBRANE_MASK_NONE,
                                      .optimizer = {.plain_sgd = options->plain_sgd,
                                                    .keep_moments = options->keep_moments,
                                                    .clip_norm = options->clip_norm}};
}

enum status membrane_train(struct network *network, const struct trainer_source *source,
                           const struct trainer_settings *settings,
                           const struct membrane_settings *membrane, struct json_log *log,
                           struct trainer_result *result, struct error *error)
{
    struct membrane_training training = {
        .network = network, .source = source, .settings = settings, .membrane_settings = membrane};
    char description[MEMBRANE_SETTINGS_SIZE];
    gemm_use_one_thread();
    interrupt_watch();
    enum status status = training_open(&training, error);
    if (status == STATUS_OK) {
        describe_settings(&training, description);
        if (settings->resume)
            status = parameters_restore(&training.parameters, &training.batches, description,
                                        settings->state_path, error);
    }
    if (status == STATUS_OK) {
        membrane_optimizer_wake_rows(&training.optimizer);
        status = training_loop(&training, description, log, result, error);
    }
    training_close(&training);
    return status;
}
