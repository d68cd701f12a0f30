#include "server/signature.h"

static struct oip_tensor signature_image(const struct network *network)
{
    return (struct oip_tensor){
        "image", OIP_FP32, 3, {-1, network->image_height, network->image_width}};
}

void signature_describe(const struct network *network, struct oip_model *model)
{
    *model = (struct oip_model){.name = network->name,
                                .platform = "spikeloom_safetensors",
                                .input = signature_image(network)};
    if (network->task == NETWORK_SYNTHESIZE)
        model->input = (struct oip_tensor){"audio", OIP_BYTES, 1, {-1}};
    model->outputs[SIGNATURE_IMAGE] = signature_image(network);
    model->num_outputs = 1;
    if (!network_is_spiking(network))
        return;
    model->outputs[SIGNATURE_LATENT] =
        (struct oip_tensor){"latent", OIP_UINT8, 3, {-1, -1, network_num_latents(network)}};
    model->num_outputs = 2;
}
