#include "train/membrane_training.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/spike/encode.h"
#include "train/batch_order.h"
#include "train/parameters.h"
#include "train/training_loop.h"

#include <stdio.h>
#include <string.h>

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
    struct batch_order batches;
    struct membrane membrane;
    struct membrane_optimizer optimizer;
    real *values;     /* [batch][inputs] */
    uint32_t *extent; /* [batch]: values from there on are 0 */
    uint32_t *random; /* [shard][inputs] */
    uint64_t batches_done;
    uint32_t step;
    double loss; /* of the last batch: mean squared error of the output's potential */
};

static void fill_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    const struct trainer_source *source = training->source;
    uint32_t count, first = batch_order_shard(&training->batches, index, &count);
    uint32_t inputs = network_num_inputs(training->network);
    for (uint32_t i = first; i < first + count; i++) {
        real *values = training->values + (size_t)i * inputs;
        uint32_t extent = inputs;
        source->fill(source->context, training->batches.samples[i], 0, values, NULL, NULL);
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
    struct rng rng = {training->settings->seed, batch_order_draw(&training->batches, sample),
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
        training->membrane_settings->target(
            training->source->context, training->batches.samples[sample], training->step, target);
        return;
    }
    memset(target, 0, outputs * sizeof *target);
    for (uint32_t i = 0; i < input->num_spikes[sample]; i++)
        target[input->spikes[sample * input->inputs + i]] = 1;
}

static void step_shard(void *argument, size_t index)
{
    struct membrane_training *training = argument;
    uint32_t count, first = batch_order_shard(&training->batches, index, &count);
    for (uint32_t i = first; i < first + count; i++) {
        encode_sample(training, index, i);
        aim_sample(training, i);
    }
    membrane_forward(&training->membrane, training->network, (int)first, (int)count);
}

static enum status run_batch(void *context, struct error *error)
{
    struct membrane_training *training = context;
    uint32_t steps = (uint32_t)training->network->num_steps;
    double loss = 0;
    (void)error;
    batch_order_place(&training->batches, training->batches_done);
    membrane_start(&training->membrane, (int)training->batches.count);
    parallel_for(training->parallel, BATCH_ORDER_SHARDS, fill_shard, training);
    for (training->step = 0; training->step < steps; training->step++) {
        parallel_for(training->parallel, BATCH_ORDER_SHARDS, step_shard, training);
        loss += membrane_loss(&training->membrane);
        membrane_optimizer_update(&training->optimizer, training->parallel, training->step,
                                  training->batches_done * steps + training->step);
    }
    training->loss =
        loss / steps / training->batches.count / (double)training->membrane.layers[1].units;
    training->batches_done++;
    return STATUS_OK;
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
    training->values = mem_alloc(batch * inputs, sizeof *training->values);
    training->extent = mem_alloc(batch, sizeof *training->extent);
    training->random = mem_alloc(BATCH_ORDER_SHARDS * inputs, sizeof *training->random);
    if (!training->values || !training->extent || !training->random)
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
    enum status status = check_network(training->network, training->membrane_settings, error);
    if (status == STATUS_OK)
        status = batch_order_init(&training->batches, training->source->num_samples,
                                  settings->batch_size, settings->seed, error);
    if (status == STATUS_OK)
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
    batch_order_free(&training->batches);
}

/* What must be the same for a state to fit: all that shapes the weights. */
static void describe_settings(const struct membrane_training *training, char *text)
{
    const struct trainer_settings *s = training->settings;
    const struct membrane_settings *m = training->membrane_settings;
    snprintf(text, TRAINING_LOOP_DESCRIPTION_SIZE,
             "%s: mask %d samples %u epochs %d batch %d rate %.17g seed %llu steps %d "
             "max_rate %.17g divisors %.17g %.17g sgd %d keep %d clip %.17g decay %.17g",
             s->label, (int)m->mask, training->source->num_samples, s->epochs, s->batch_size,
             s->learning_rate, (unsigned long long)s->seed, training->network->num_steps,
             training->network->max_rate_hz, (double)m->divisor[0], (double)m->divisor[1],
             m->optimizer.plain_sgd, m->optimizer.keep_moments, m->optimizer.clip_norm,
             s->adam.weight_decay);
}

static struct bptt_loss last_loss(const void *context)
{
    return (struct bptt_loss){.image = ((const struct membrane_training *)context)->loss};
}

static double constant_rate(const void *context)
{
    return ((const struct membrane_training *)context)->settings->learning_rate;
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
    struct training_loop loop = {.settings = settings,
                                 .parameters = &training.parameters,
                                 .log = log,
                                 .batches = &training.batches_done,
                                 .context = &training,
                                 .run_batch = run_batch,
                                 .loss = last_loss,
                                 .learning_rate = constant_rate};
    enum status status = training_open(&training, error);
    if (status == STATUS_OK) {
        loop.batches_per_epoch = training.batches.batches_per_epoch;
        describe_settings(&training, loop.description);
        status = training_loop_resume(&loop, error);
    }
    if (status == STATUS_OK) {
        membrane_optimizer_wake(&training.optimizer);
        status = training_loop_run(&loop, result, error);
        result->updates *= (uint64_t)network->num_steps;
    }
    training_close(&training);
    return status;
}
