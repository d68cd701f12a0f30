#include "train/commands.h"

#include "core/base/mem.h"
#include "train/image_command.h"
#include "train/image_source.h"
#include "train/json_log.h"
#include "train/membrane_training.h"
#include "train/record.h"
#include "train/trainer.h"

static const double autoencoder_dt = 1e-3, autoencoder_threshold = 1;

/* Uniform +- 0.1 of the membrane rule's weights, as published. */
static const double membrane_weight_range = 0.1;

static enum status build_network(const struct options *options, int width, int height,
                                 struct network *network, struct error *error)
{
    struct neuron_params neuron = {.model = options->neuron_if ? NEURON_IF : NEURON_LIF,
                                   .reset =
                                       options->rule == RULE_MEMBRANE ? RESET_ZERO : RESET_SUBTRACT,
                                   .threshold = autoencoder_threshold,
                                   .tau_mem = options->tau_mem_ms / 1000,
                                   .dt = autoencoder_dt};
    network->task = NETWORK_RECONSTRUCT;
    network->num_steps = options->steps;
    network->dt = autoencoder_dt;
    network->encoding = options->rate_encoding ? ENCODING_RATE : ENCODING_CURRENT;
    network->max_rate_hz = options->max_rate_hz;
    network->image_width = width;
    network->image_height = height;
    enum status status =
        network_add_dense(network, width * height, options->hidden, &neuron, error);
    if (status == STATUS_OK)
        status = network_add_dense(network, options->hidden, width * height, &neuron, error);
    return status == STATUS_OK ? network_validate(network, error) : status;
}

static void start_settings(const struct options *options, const char *state_path,
                           struct trainer_settings *settings)
{
    *settings = (struct trainer_settings){.epochs = options->epochs,
                                          .batch_size = options->batch_size,
                                          .learning_rate = options->learning_rate,
                                          .adam = adam_default_params,
                                          .bptt = {.surrogate_slope = options->surrogate_slope,
                                                   .spike_penalty = options->spike_penalty,
                                                   .first_frozen = 2},
                                          .seed = options->seed,
                                          .threads = options->threads,
                                          .label = "autoencoder",
                                          .state_path = state_path,
                                          .state_minutes = options->checkpoint_minutes,
                                          .resume = options->resume,
                                          .quiet = options->quiet};
    settings->adam.weight_decay = options->weight_decay;
}

static enum status train(const struct options *options, struct image_set *set,
                         struct network *network, struct trainer_result *result,
                         struct error *error)
{
    char state_path[PATH_MAX];
    struct json_log *log = NULL;
    struct trainer_settings settings;
    enum status status = record_state_path(options->out, state_path, error);
    if (status == STATUS_OK)
        status = json_log_open(options->log, &log, error);
    if (status != STATUS_OK)
        return status;
    start_settings(options, state_path, &settings);
    struct trainer_source source = image_source(set);
    if (options->rule == RULE_MEMBRANE) {
        trainer_initialize_uniform(network, 2, membrane_weight_range, options->seed);
        settings.label = "autoencoder, membrane rule";
        struct membrane_settings membrane = membrane_settings_of(options);
        /* as published, both layers' traces are scaled by the number of output units */
        for (int i = 0; i < MEMBRANE_LAYERS; i++)
            membrane.divisor[i] = (real)network_num_pixels(network);
        status = membrane_train(network, &source, &settings, &membrane, log, result, error);
    } else {
        trainer_initialize(network, 2, 1, options->seed);
        status = trainer_run(network, &source, &settings, log, result, error);
    }
    json_log_close(log);
    return status;
}

enum status command_autoencoder(const struct options *options, struct error *error)
{
    static const struct image_command command = {build_network, train};
    return image_command_run(&command, options, error);
}
