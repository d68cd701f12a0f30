#include "server/handlers.h"

#include "api/model_card.h"
#include "server/reply.h"

enum { HANDLERS_CARDS_SIZE = 4 * 1024 * 1024 };

static struct model_card_layer handlers_layer(const struct network *network, int index)
{
    const struct layer *layer = &network->layers[index];
    return (struct model_card_layer){
        .kind = layer_kind_name(layer->shape.kind),
        .num_inputs = layer_num_inputs(&layer->shape),
        .num_outputs = layer_num_outputs(&layer->shape),
        .width = layer->shape.width,
        .stride = layer->shape.stride,
        .latent = index == network->latent_layer,
        .neuron = neuron_model_name(layer->params.model),
        .reset = neuron_reset_name(layer->params.reset),
        .threshold = layer->params.threshold,
        .tau_mem_ms = layer->params.tau_mem * 1000,
    };
}

static void handlers_write_card(const struct network *network, struct writer *writer)
{
    bool hears = network->task == NETWORK_SYNTHESIZE;
    struct model_card card = {
        .name = network->name,
        .kind = network_kind_name(network),
        .task = network_task_name(network->task),
        .modality = network_modality(network->task),
        .sha256 = network->checksum,
        .encoding = input_encoding_name(network->encoding),
        .num_steps = network->num_steps,
        .dt_ms = network->dt * 1000,
        .max_rate_hz = network->encoding == ENCODING_RATE ? network->max_rate_hz : 0,
        .num_inputs = network_num_inputs(network),
        .num_latents = network_num_latents(network),
        .image_width = network->image_width,
        .image_height = network->image_height,
        .sample_rate_hz = hears ? network->front_end.cochlea.sample_rate_hz : 0,
        .num_channels = network->cochlea.num_channels,
        .num_frames = network->front_end.num_frames,
        .training_json = network->training_json ? network->training_json : "{}",
        .scores_json = network->scores_json ? network->scores_json : "{}",
    };
    for (int i = 0; i < network->num_layers && i < MODEL_CARD_MAX_LAYERS; i++)
        card.layers[card.num_layers++] = handlers_layer(network, i);
    model_card_write(&card, writer);
}

static bool handlers_models_loaded(struct request *request)
{
    struct error error;
    if (service_check_serving(request->service, &error) == STATUS_OK)
        return true;
    reply_problem(request, &error);
    return false;
}

bool handlers_models(struct request *request)
{
    if (!handlers_models_loaded(request))
        return true;
    struct registry_list *list = registry_models(request->service->registry);
    struct buf json;
    struct writer writer;
    buf_init(&json, HANDLERS_CARDS_SIZE);
    writer_init(&writer, &json);
    writer_object(&writer, NULL);
    writer_array(&writer, "models");
    for (size_t i = 0; i < list->count; i++)
        if (list->models[i].network)
            handlers_write_card(list->models[i].network, &writer);
    registry_list_release(list);
    writer_end_array(&writer);
    writer_end_object(&writer);
    reply_json_representation(request, writer.status, &json);
    return true;
}

bool handlers_model(struct request *request)
{
    if (!handlers_models_loaded(request))
        return true;
    struct buf json;
    struct writer writer;
    struct network *network;
    struct error error;
    if (registry_find(request->service->registry, request->names.model, &network, &error) !=
        STATUS_OK) {
        reply_problem(request, &error);
        return true;
    }
    request_take_network(request, network);
    buf_init(&json, HANDLERS_CARDS_SIZE);
    writer_init(&writer, &json);
    handlers_write_card(network, &writer);
    reply_json_representation(request, writer.status, &json);
    return true;
}
