/* The loop around ann_gradient: batches in a shuffled order, Adam anew with every epoch. */
#include "train/ann.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "train/parameters.h"
#include "train/training_loop.h"

#include <stdio.h>
#include <string.h>

/* Elements of a weight matrix that one task updates. */
enum { ANN_BLOCK = 1 << 14 };

struct ann_training {
    struct network *network;
    const struct trainer_source *source;
    const struct trainer_settings *settings;
    struct parallel *parallel;
    struct parameters parameters; /* weights alone are used; biases stay 0 */
    struct ann_shard shards[TRAINER_SHARDS];
    uint32_t *order; /* of the samples in this epoch */
    uint64_t updates, updates_per_epoch;
    uint32_t batch_first, batch_count; /* in the order of this epoch */
    double epoch_loss;                 /* sum over the samples so far */
    uint64_t epoch_samples;
};

static void run_shard(void *argument, size_t index)
{
    struct ann_training *training = argument;
    struct ann_shard *shard = &training->shards[index];
    const struct trainer_source *source = training->source;
    uint32_t first = (uint32_t)(training->batch_count * index / TRAINER_SHARDS);
    uint32_t last = (uint32_t)(training->batch_count * (index + 1) / TRAINER_SHARDS);
    size_t inputs = network_num_inputs(training->network);
    size_t pixels = network_num_pixels(training->network);
    for (uint32_t i = first; i < last; i++)
        source->fill(source->context, training->order[training->batch_first + i], 0,
                     shard->value[0] + (i - first) * inputs, shard->target + (i - first) * pixels,
                     NULL);
    ann_gradient(shard, training->network, (int)(last - first), (int)training->batch_count);
}

static const struct parameter *weight_of(const struct ann_training *training, int layer)
{
    return &training->parameters.list[2 * layer];
}

static size_t weight_blocks(const struct ann_training *training, int layer)
{
    return (weight_of(training, layer)->count + ANN_BLOCK - 1) / ANN_BLOCK;
}

/* Adds up the shards' gradients of a block of a weight matrix and updates it. */
static void update_block(void *argument, size_t index)
{
    struct ann_training *training = argument;
    int layer = 0;
    while (index >= weight_blocks(training, layer))
        index -= weight_blocks(training, layer++);
    const struct parameter *weight = weight_of(training, layer);
    size_t first = index * ANN_BLOCK, count = weight->count - first;
    uint64_t within = training->updates % training->updates_per_epoch;
    real sum[ANN_BLOCK];
    count = count < ANN_BLOCK ? count : ANN_BLOCK;
    memcpy(sum, training->shards[0].gradient[layer] + first, count * sizeof *sum);
    for (int s = 1; s < TRAINER_SHARDS; s++)
        for (size_t i = 0; i < count; i++)
            sum[i] += training->shards[s].gradient[layer][first + i];
    if (within == 0) {
        memset(weight->moment1 + first, 0, count * sizeof(real));
        memset(weight->moment2 + first, 0, count * sizeof(real));
    }
    adam_step(&training->settings->adam, training->settings->learning_rate, within + 1,
              weight->value + first, weight->moment1 + first, weight->moment2 + first, sum, count);
}

static void place_batch(struct ann_training *training)
{
    uint32_t samples = training->source->num_samples;
    uint32_t batch = (uint32_t)training->settings->batch_size;
    uint64_t within = training->updates % training->updates_per_epoch;
    if (within == 0 || training->epoch_samples == 0) {
        struct rng rng = {training->settings->seed, training->updates / training->updates_per_epoch,
                          RNG_STREAM_SHUFFLE};
        rng_shuffle(&rng, training->order, samples);
        training->epoch_samples = 0;
        training->epoch_loss = 0;
    }
    training->batch_first = (uint32_t)within * batch;
    uint32_t rest = samples - training->batch_first;
    training->batch_count = rest < batch ? rest : batch;
}

static void run_update(void *context)
{
    struct ann_training *training = context;
    size_t blocks = 0;
    place_batch(training);
    parallel_for(training->parallel, TRAINER_SHARDS, run_shard, training);
    for (int i = 0; i < training->network->num_layers; i++)
        blocks += weight_blocks(training, i);
    parallel_for(training->parallel, blocks, update_block, training);
    for (int s = 0; s < TRAINER_SHARDS; s++)
        training->epoch_loss += training->shards[s].loss;
    training->epoch_samples += training->batch_count;
    training->updates++;
}

/* Mean squared error a pixel, over the samples of this epoch so far. */
static struct bptt_loss mean_loss(const void *context)
{
    const struct ann_training *training = context;
    double values = (double)training->epoch_samples * network_num_pixels(training->network);
    return (struct bptt_loss){.image = values > 0 ? training->epoch_loss / values : 0};
}

static enum status check_network(const struct network *network, struct error *error)
{
    bool fits = !network_is_spiking(network);
    for (int i = 0; i < network->num_layers; i++)
        fits = fits && network->layers[i].shape.kind == LAYER_DENSE;
    return fits ? STATUS_OK
                : error_set(error, STATUS_INVALID_ARGUMENT,
                            "Only dense layers without spikes are trained so.");
}

static enum status training_open(struct ann_training *training, struct error *error)
{
    const struct trainer_settings *settings = training->settings;
    uint32_t samples = training->source->num_samples, batch = (uint32_t)settings->batch_size;
    if (samples < 1 || settings->batch_size < 1 || settings->epochs < 1)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Training needs at least one sample, one epoch and a batch of one.");
    enum status status = check_network(training->network, error);
    if (status != STATUS_OK)
        return status;
    training->updates_per_epoch = (samples + batch - 1) / batch;
    training->order = mem_alloc(samples, sizeof *training->order);
    if (!training->order)
        return error_plain(error, STATUS_NO_MEMORY);
    status = parallel_new(settings->threads, &training->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init(&training->parameters, training->network,
                                 training->network->num_layers, error);
    for (int s = 0; s < TRAINER_SHARDS && status == STATUS_OK; s++)
        status = ann_shard_init(&training->shards[s], training->network,
                                (int)((batch + TRAINER_SHARDS - 1) / TRAINER_SHARDS), error);
    return status;
}

static void training_close(struct ann_training *training)
{
    for (int s = 0; s < TRAINER_SHARDS; s++)
        ann_shard_free(&training->shards[s]);
    parameters_free(&training->parameters);
    parallel_free(training->parallel);
    mem_free(training->order);
}

static void describe_settings(const struct ann_training *training,
                              char text[TRAINING_LOOP_DESCRIPTION_SIZE])
{
    const struct trainer_settings *s = training->settings;
    snprintf(text, TRAINING_LOOP_DESCRIPTION_SIZE,
             "ann %s samples %u epochs %d batch %d rate %.17g adam %.17g %.17g %.17g seed %llu",
             neuron_model_name(training->network->layers[0].params.model),
             training->source->num_samples, s->epochs, s->batch_size, s->learning_rate,
             s->adam.beta1, s->adam.beta2, s->adam.epsilon, (unsigned long long)s->seed);
}

static double constant_rate(const void *context)
{
    return ((const struct ann_training *)context)->settings->learning_rate;
}

enum status ann_train(struct network *network, const struct trainer_source *source,
                      const struct trainer_settings *settings, struct json_log *log,
                      struct trainer_result *result, struct error *error)
{
    struct ann_training training = {.network = network, .source = source, .settings = settings};
    struct training_loop loop = {.settings = settings,
                                 .parameters = &training.parameters,
                                 .log = log,
                                 .batches = &training.updates,
                                 .context = &training,
                                 .run_batch = run_update,
                                 .loss = mean_loss,
                                 .learning_rate = constant_rate};
    enum status status = training_open(&training, error);
    if (status == STATUS_OK) {
        loop.batches_per_epoch = training.updates_per_epoch;
        describe_settings(&training, loop.description);
        status = training_loop_resume(&loop, error);
    }
    if (status == STATUS_OK)
        status = training_loop_run(&loop, result, error);
    training_close(&training);
    return status;
}
