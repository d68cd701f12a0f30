#include "train/trainer.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "train/batch_order.h"
#include "train/parameters.h"
#include "train/training_loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Elements of a parameter that one task updates. */
enum { TRAINER_BLOCK = 1 << 14 };

struct shard {
    struct bptt *bptt;
    real *input, *image, *latent;
    struct bptt_loss loss; /* of this batch */
};

struct trainer {
    struct network *network;
    const struct trainer_source *source;
    const struct trainer_settings *settings;
    struct parallel *parallel;
    struct parameters parameters;
    struct batch_order batches;
    struct batch_order ahead; /* of the batch that is made ready meanwhile; sources that need it */
    uint64_t ready;           /* batches that were made ready, from the first one */
    struct error *failures;   /* [batch_size]: why a sample of it could not be */
    struct shard shards[BATCH_ORDER_SHARDS];
    uint64_t updates, total_updates;
    double learning_rate;        /* of this update */
    struct bptt_loss epoch_loss; /* sum over the samples so far */
    uint64_t epoch_samples;
};

static void fill_uniform(real *values, size_t count, double range, uint64_t seed, int layer,
                         uint32_t what)
{
    struct rng rng = {seed, (uint64_t)layer, RNG_STREAM_INIT};
    for (size_t i = 0; i < count; i++)
        values[i] = (real)range * (real)(2 * rng_uniform(&rng, what, (uint32_t)i) - 1);
}

static size_t weight_count(const struct layer *layer)
{
    return (size_t)layer_fan_in(&layer->shape) * (size_t)layer->shape.out_channels;
}

void trainer_initialize(struct network *network, int last, double gain, uint64_t seed)
{
    for (int i = 0; i < last; i++) {
        struct layer *layer = &network->layers[i];
        double range = gain / sqrt(layer_fan_in(&layer->shape));
        fill_uniform(layer->weight, weight_count(layer), range, seed, i, 0);
        fill_uniform(layer->bias, (size_t)layer->shape.out_channels, range, seed, i, 1);
    }
}

void trainer_initialize_uniform(struct network *network, int last, double range, uint64_t seed)
{
    for (int i = 0; i < last; i++) {
        struct layer *layer = &network->layers[i];
        fill_uniform(layer->weight, weight_count(layer), range, seed, i, 0);
        memset(layer->bias, 0, (size_t)layer->shape.out_channels * sizeof *layer->bias);
    }
}

static enum status open_shards(struct trainer *trainer, struct error *error)
{
    uint32_t capacity = batch_order_shard_capacity(&trainer->batches);
    for (int i = 0; i < BATCH_ORDER_SHARDS; i++) {
        struct shard *shard = &trainer->shards[i];
        enum status status = bptt_new(trainer->network, &trainer->settings->bptt, (int)capacity,
                                      &shard->bptt, error);
        if (status != STATUS_OK)
            return status;
        shard->input = mem_alloc(capacity * network_num_inputs(trainer->network), sizeof(real));
        shard->image = mem_alloc(capacity * network_num_pixels(trainer->network), sizeof(real));
        shard->latent = mem_alloc(capacity * network_num_latents(trainer->network), sizeof(real));
        if (!shard->input || !shard->image || !shard->latent)
            return error_plain(error, STATUS_NO_MEMORY);
    }
    return STATUS_OK;
}

static void trainer_close(struct trainer *trainer)
{
    for (int i = 0; i < BATCH_ORDER_SHARDS; i++) {
        bptt_free(trainer->shards[i].bptt);
        mem_free(trainer->shards[i].input);
        mem_free(trainer->shards[i].image);
        mem_free(trainer->shards[i].latent);
    }
    parameters_free(&trainer->parameters);
    parallel_free(trainer->parallel);
    batch_order_free(&trainer->batches);
    batch_order_free(&trainer->ahead);
    mem_free(trainer->failures);
}

static enum status open_ahead(struct trainer *trainer, struct error *error)
{
    const struct trainer_settings *settings = trainer->settings;
    if (!trainer->source->prepare)
        return STATUS_OK;
    trainer->failures = mem_alloc((size_t)settings->batch_size, sizeof *trainer->failures);
    return trainer->failures ? batch_order_init(&trainer->ahead, trainer->source->num_samples,
                                                settings->batch_size, settings->seed, error)
                             : error_plain(error, STATUS_NO_MEMORY);
}

static enum status trainer_open(struct trainer *trainer, struct error *error)
{
    const struct trainer_settings *settings = trainer->settings;
    enum status status = batch_order_init(&trainer->batches, trainer->source->num_samples,
                                          settings->batch_size, settings->seed, error);
    if (status != STATUS_OK)
        return status;
    trainer->total_updates = trainer->batches.batches_per_epoch * (uint64_t)settings->epochs;
    status = parallel_new(settings->threads, &trainer->parallel, error);
    if (status == STATUS_OK)
        status = parameters_init(&trainer->parameters, trainer->network,
                                 settings->bptt.first_frozen, error);
    if (status == STATUS_OK)
        status = open_ahead(trainer, error);
    return status == STATUS_OK ? open_shards(trainer, error) : status;
}

static void run_shard(void *argument, size_t index)
{
    struct trainer *trainer = argument;
    struct shard *shard = &trainer->shards[index];
    const struct network *network = trainer->network;
    const struct trainer_source *source = trainer->source;
    uint32_t count, first = batch_order_shard(&trainer->batches, index, &count);
    uint64_t draw = batch_order_draw(&trainer->batches, first);
    for (uint32_t i = 0; i < count; i++)
        source->fill(source->context, trainer->batches.samples[first + i], draw + i,
                     shard->input + (size_t)i * network_num_inputs(network),
                     shard->image + (size_t)i * network_num_pixels(network),
                     shard->latent + (size_t)i * network_num_latents(network));
    struct bptt_target target = {shard->image, source->has_latent ? shard->latent : NULL};
    shard->loss = (struct bptt_loss){0};
    bptt_gradient(shard->bptt, network, shard->input, (int)count, (int)trainer->batches.count,
                  trainer->settings->seed, draw, &target, &shard->loss);
}

static void prepare_sample(void *argument, size_t index)
{
    struct trainer *trainer = argument;
    const struct trainer_source *source = trainer->source;
    const struct batch_order *ahead = &trainer->ahead;
    source->prepare(source->context, ahead->samples[index],
                    batch_order_draw(ahead, (uint32_t)index), &trainer->failures[index]);
}

/* The number of samples of a batch that are to be made ready, which `ahead` then names. */
static size_t place_ahead(struct trainer *trainer, uint64_t batch)
{
    if (!trainer->source->prepare || batch < trainer->ready || batch >= trainer->total_updates)
        return 0;
    batch_order_place(&trainer->ahead, batch);
    trainer->ready = batch + 1;
    return trainer->ahead.count;
}

static enum status check_prepared(const struct trainer *trainer, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct error *failure = &trainer->failures[i];
        if (failure->status != STATUS_OK)
            return error_set(error, failure->status, "%s", failure->detail);
    }
    return STATUS_OK;
}

/* The shards of this batch, which take longest, and then the samples of the next. */
static void run_task(void *argument, size_t index)
{
    if (index < BATCH_ORDER_SHARDS)
        run_shard(argument, index);
    else
        prepare_sample(argument, index - BATCH_ORDER_SHARDS);
}

/* The gradients of the batch at hand. */
static enum status run_shards(struct trainer *trainer, struct error *error)
{
    /* Only the first batch of a run was not made ready with the one before. */
    size_t now = place_ahead(trainer, trainer->updates);
    parallel_for(trainer->parallel, now, prepare_sample, trainer);
    enum status status = check_prepared(trainer, now, error);
    if (status != STATUS_OK)
        return status;
    size_t next = place_ahead(trainer, trainer->updates + 1);
    parallel_for(trainer->parallel, BATCH_ORDER_SHARDS + next, run_task, trainer);
    return check_prepared(trainer, next, error);
}

static const real *shard_gradient(const struct shard *shard, const struct parameter *parameter)
{
    return parameter->is_bias ? bptt_bias_gradient(shard->bptt, parameter->layer)
                              : bptt_weight_gradient(shard->bptt, parameter->layer);
}

/*
 * Keeps the decoder silent without input, so that an empty latent is a blank picture: a bias that
 * stays below layer_rest_bias never drives a unit to its threshold.
 */
static void limit_bias(const struct network *network, const struct parameter *parameter,
                       size_t first, size_t count)
{
    if (!parameter->is_bias || parameter->layer <= network->latent_layer)
        return;
    real limit = (real)0.99 * layer_rest_bias(&network->layers[parameter->layer]);
    for (size_t i = first; i < first + count; i++)
        if (parameter->value[i] > limit)
            parameter->value[i] = limit;
}

/* Adds up the shards' gradients of one block of one parameter and updates it. */
static void update_block(struct trainer *trainer, const struct parameter *parameter, size_t first,
                         size_t count)
{
    real sum[TRAINER_BLOCK];
    memcpy(sum, shard_gradient(&trainer->shards[0], parameter) + first, count * sizeof *sum);
    for (int s = 1; s < BATCH_ORDER_SHARDS; s++) {
        const real *gradient = shard_gradient(&trainer->shards[s], parameter) + first;
        for (size_t i = 0; i < count; i++)
            sum[i] += gradient[i];
    }
    struct adam_params adam = trainer->settings->adam;
    if (parameter->is_bias)
        adam.weight_decay = 0;
    adam_step(&adam, trainer->learning_rate, trainer->updates + 1, parameter->value + first,
              parameter->moment1 + first, parameter->moment2 + first, sum, count);
    limit_bias(trainer->network, parameter, first, count);
}

static size_t parameter_blocks(const struct parameter *parameter)
{
    return (parameter->count + TRAINER_BLOCK - 1) / TRAINER_BLOCK;
}

static void run_update_block(void *argument, size_t index)
{
    struct trainer *trainer = argument;
    const struct parameter *parameter = trainer->parameters.list;
    while (index >= parameter_blocks(parameter))
        index -= parameter_blocks(parameter++);
    size_t first = index * TRAINER_BLOCK;
    size_t rest = parameter->count - first;
    update_block(trainer, parameter, first, rest < TRAINER_BLOCK ? rest : TRAINER_BLOCK);
}

static double scheduled_rate(const struct trainer *trainer)
{
    const struct trainer_settings *settings = trainer->settings;
    double progress = (double)trainer->updates / (double)trainer->total_updates;
    double rate = settings->learning_rate * 0.5 * (1 + cos(acos(-1) * progress));
    double warmup = settings->warmup * (double)trainer->total_updates;
    if ((double)trainer->updates < warmup)
        rate *= ((double)trainer->updates + 1) / warmup;
    return rate;
}

static enum status run_batch(void *context, struct error *error)
{
    struct trainer *trainer = context;
    size_t blocks = 0;
    if (batch_order_place(&trainer->batches, trainer->updates)) {
        trainer->epoch_samples = 0;
        trainer->epoch_loss = (struct bptt_loss){0};
    }
    trainer->learning_rate = scheduled_rate(trainer);
    enum status status = run_shards(trainer, error);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < trainer->parameters.count; i++)
        blocks += parameter_blocks(&trainer->parameters.list[i]);
    parallel_for(trainer->parallel, blocks, run_update_block, trainer);
    for (int s = 0; s < BATCH_ORDER_SHARDS; s++) {
        trainer->epoch_loss.image += trainer->shards[s].loss.image;
        trainer->epoch_loss.latent += trainer->shards[s].loss.latent;
        trainer->epoch_loss.contrast += trainer->shards[s].loss.contrast;
        trainer->epoch_loss.synops += trainer->shards[s].loss.synops;
    }
    trainer->epoch_samples += trainer->batches.count;
    trainer->updates++;
    return STATUS_OK;
}

/* Mean per sample; errors per pixel and per latent unit, so that they read like an error. */
static struct bptt_loss mean_loss(const void *context)
{
    const struct trainer *trainer = context;
    double samples = trainer->epoch_samples ? (double)trainer->epoch_samples : 1;
    return (struct bptt_loss){
        trainer->epoch_loss.image / samples / network_num_pixels(trainer->network),
        trainer->epoch_loss.latent / samples / network_num_latents(trainer->network),
        trainer->epoch_loss.contrast / samples, trainer->epoch_loss.synops / samples};
}

/* What must be the same for a state to fit: all that shapes the weights. */
static void describe_settings(const struct trainer *trainer,
                              char text[TRAINING_LOOP_DESCRIPTION_SIZE])
{
    const struct trainer_settings *s = trainer->settings;
    const struct network *network = trainer->network;
    snprintf(
        text, TRAINING_LOOP_DESCRIPTION_SIZE,
        "%s: samples %u epochs %d batch %d rate %.17g warmup %.17g adam %.17g %.17g %.17g %.17g "
        "slope %.17g dropout %.17g latent %.17g power %.17g contrast %.17g penalty %.17g "
        "seed %llu steps %d encoding %s %.17g %s",
        s->label, trainer->source->num_samples, s->epochs, s->batch_size, s->learning_rate,
        s->warmup, s->adam.beta1, s->adam.beta2, s->adam.epsilon, s->adam.weight_decay,
        s->bptt.surrogate_slope, s->bptt.dropout, s->bptt.latent_weight, s->bptt.loss_power,
        s->bptt.contrast_weight, s->bptt.spike_penalty, (unsigned long long)s->seed,
        network->num_steps, input_encoding_name(network->encoding), network->max_rate_hz,
        trainer->source->description ? trainer->source->description : "");
}

static double last_rate(const void *context)
{
    return ((const struct trainer *)context)->learning_rate;
}

enum status trainer_run(struct network *network, const struct trainer_source *source,
                        const struct trainer_settings *settings, struct json_log *log,
                        struct trainer_result *result, struct error *error)
{
    struct trainer trainer = {.network = network, .source = source, .settings = settings};
    struct training_loop loop = {.settings = settings,
                                 .parameters = &trainer.parameters,
                                 .log = log,
                                 .batches = &trainer.updates,
                                 .context = &trainer,
                                 .run_batch = run_batch,
                                 .loss = mean_loss,
                                 .learning_rate = last_rate};
    enum status status = trainer_open(&trainer, error);
    if (status == STATUS_OK) {
        loop.batches_per_epoch = trainer.batches.batches_per_epoch;
        describe_settings(&trainer, loop.description);
        status = training_loop_resume(&loop, error);
    }
    if (status == STATUS_OK)
        status = training_loop_run(&loop, result, error);
    trainer_close(&trainer);
    return status;
}
