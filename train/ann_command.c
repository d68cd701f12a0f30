#include "train/commands.h"

#include "train/ann.h"
#include "train/image_command.h"
#include "train/image_source.h"
#include "train/json_log.h"
#include "train/record.h"

/* As published for the baselines of the spiking autoencoder. */
static const double ann_weight_range = 0.01, ann_adam_epsilon = 1e-7;

/* Unused by analog units, but every checkpoint has them. */
static const double ann_dt = 1e-3, ann_threshold = 1;

static enum status build_network(const struct options *options, int width, int height,
                                 struct network *network, struct error *error)
{
    struct neuron_params unit = {.model = options->sigmoid ? NEURON_SIGMOID : NEURON_RELU,
                                 .reset = RESET_ZERO,
                                 .threshold = ann_threshold,
                                 .dt = ann_dt};
    network->task = NETWORK_RECONSTRUCT;
    network->num_steps = 1;
    network->dt = ann_dt;
    network->encoding = ENCODING_CURRENT;
    network->image_width = width;
    network->image_height = height;
    enum status status = network_add_dense(network, width * height, options->hidden, &unit, error);
    if (status == STATUS_OK)
        status = network_add_dense(network, options->hidden, width * height, &unit, error);
    return status == STATUS_OK ? network_validate(network, error) : status;
}

static enum status train(const struct options *options, struct image_set *set,
                         struct network *network, struct trainer_result *result,
                         struct error *error)
{
    char state_path[PATH_MAX];
    struct json_log *log = NULL;
    struct trainer_settings settings = {.epochs = options->epochs,
                                        .batch_size = options->batch_size,
                                        .learning_rate = options->learning_rate,
                                        .adam = adam_default_params,
                                        .seed = options->seed,
                                        .threads = options->threads,
                                        .label = "ann",
                                        .state_path = state_path,
                                        .state_minutes = options->checkpoint_minutes,
                                        .resume = options->resume,
                                        .quiet = options->quiet};
    struct trainer_source source = image_source(set);
    settings.adam.epsilon = ann_adam_epsilon;
    enum status status = record_state_path(options->out, state_path, error);
    if (status == STATUS_OK)
        status = json_log_open(options->log, &log, error);
    if (status == STATUS_OK) {
        trainer_initialize_uniform(network, network->num_layers, ann_weight_range, options->seed);
        status = ann_train(network, &source, &settings, log, result, error);
    }
    json_log_close(log);
    return status;
}

enum status command_ann(const struct options *options, struct error *error)
{
    static const struct image_command command = {build_network, train};
    return image_command_run(&command, options, error);
}
