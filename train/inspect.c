#include "train/commands.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "models/network_json.h"

#include <stdio.h>

static void print_layer(const struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];
    size_t weights = (size_t)layer_fan_in(&layer->shape) * (size_t)layer->shape.out_channels;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < weights; i++) {
        sum += (double)layer->weight[i];
        squares += (double)layer->weight[i] * (double)layer->weight[i];
    }
    printf("layer %d%s  %s %u -> %u  %s reset %s  weights %zu, mean %.4g, mean square %.4g\n",
           index, index == network->latent_layer ? " (latent)" : "",
           layer_kind_name(layer->shape.kind), layer_num_inputs(&layer->shape),
           layer_num_outputs(&layer->shape), neuron_model_name(layer->params.model),
           neuron_reset_name(layer->params.reset), weights, sum / (double)weights,
           squares / (double)weights);
}

static void print_network(const struct network *network)
{
    printf("%s  %s, %s coding, %d steps of %g ms, image %d x %d\nsha256 %s\n", network->name,
           network_task_name(network->task), input_encoding_name(network->encoding),
           network->num_steps, 1000 * network->dt, network->image_width, network->image_height,
           network->checksum);
    for (int i = 0; i < network->num_layers; i++)
        print_layer(network, i);
    printf("training %s\nscores %s\n", network->training_json, network->scores_json);
}

enum status command_inspect(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    enum status status = checkpoint_load(options->model, &network, error);
    if (status != STATUS_OK)
        return status;
    if (options->json) {
        char *text = network_json_write(network);
        if (text)
            puts(text);
        else
            status = error_plain(error, STATUS_NO_MEMORY);
        mem_free(text);
    } else {
        print_network(network);
    }
    network_release(network);
    return status;
}
