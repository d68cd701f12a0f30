/* The loop around ann_gradient: batches in a shuffled order, Adam anew with every epoch. */
#include "train/ann.h"

#include "core/base/parallel.h"
#include "train/batch_order.h"
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
    struct batch_order batches;
    struct ann_shard shards[BATCH_ORDER_SHARDS];
    uint64_t updates;
    double epoch_loss; /* sum over the samples so far */
    uint64_t epoch_samples;
};

static void run_shard(void *argument, size_t index)
{
    struct ann_training *training = argument;
    struct ann_shard *shard = &training->shards[index];
    const struct trainer_source *source = training->source;
    uint32_t count, first = batch_order_shard(&training->batches, index, &count);
    size_t inputs = network_num_inputs(training->network);
    size_t pixels = network_num_pixels(training->network);
    for (uint32_t i = 0; i < count; i++)
        source->fill(source->context, training->batches.samples[first + i], 0,
                     shard->value[0] + i * inputs, shard->target + i * pixels, NULL);
    ann_gradient(shard, training->network, (int)count, (int)training->batches.count);
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
    uint64_t within = training->updates % training->batches.batches_per_epoch;
    real sum[ANN_BLOCK];
    count = count < ANN_BLOCK ? count : ANN_BLOCK;
    memcpy(sum, training->shards[0].gradient[layer] + first, count * sizeof *sum);
    for (int s = 1; s < BATCH_ORDER_SHARDS; s++)
        for (size_t i = 0; i < count; i++)
            sum[i] += training->shards[s].gradient[layer][first + i];
    if (within == 0) {
        memset(weight->moment1 + first, 0, count * sizeof(real));
        memset(weight->moment2 + first, 0, count * sizeof(real));
    }
    adam_step(&training->settings->adam, training->settings->learning_rate, within + 1,
              weight->value + first, weight->moment1 + first, weight->moment2 + first, sum, count);
}

static enum status run_batch(void *context, struct error *error)
{
    struct ann_training *training = context;
    size_t blocks = 0;
    (void)error;
    if (batch_order_place(&training->batches, training->updates)) {
        training->epoch_samples = 0;
        training->epoch_loss = 0;
    }
    parallel_for(training->parallel, BATCH_ORDER_SHARDS, run_shard, training);
    for (int i = 0; i < training->network->num_layers; i++)
        blocks += weight_blocks(training, i);
    parallel_for(training->parallel, blocks, update_block, training);
    for (int s = 0; s < BATCH_ORDER_SHARDS; s++)
        training->epoch_loss += training->shards[s].loss;
    training->epoch_samples += training->batches.count;
    training->updates++;
    return STATUS_OK;
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
    enum status status = check_network(training->network, error);
    if (status == STATUS_OK)
        status = batch_order_init(&training->batches, training->source->num_samples,
                                  settings->batch_size, settings->seed, error);
    if (status == STATUS_OK)
        status = parallel_new(settings->threads, &training->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init(&training->parameters, training->network,
                                 training->network->num_layers, error);
    for (int s = 0; s < BATCH_ORDER_SHARDS && status == STATUS_OK; s++)
        status = ann_shard_init(&training->shards[s], training->network,
                                (int)batch_order_shard_capacity(&training->batches), error);
    return status;
}

static void training_close(struct ann_training *training)
{
    for (int s = 0; s < BATCH_ORDER_SHARDS; s++)
        ann_shard_free(&training->shards[s]);
    parameters_free(&training->parameters);
    parallel_free(training->parallel);
    batch_order_free(&training->batches);
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
                                 .run_batch = run_batch,
                                 .loss = mean_loss,
                                 .learning_rate = constant_rate};
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
