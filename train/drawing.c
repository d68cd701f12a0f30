#include "train/drawing.h"

#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/front_end.h"
#include "models/listen.h"
#include "train/evaluation.h"

#include <string.h>

enum status drawing_init(struct drawing *drawing, const struct network *network,
                         struct error *error)
{
    size_t inputs = network_num_inputs(network), pixels = network_num_pixels(network);
    *drawing = (struct drawing){.network = network, .inference = {.path = INFERENCE_EVENT_DRIVEN}};
    drawing->grey = mem_alloc(pixels, 1);
    drawing->input = mem_alloc(inputs, sizeof(real));
    drawing->counts = mem_alloc(inputs > pixels ? inputs : pixels, sizeof(real));
    drawing->spiked = mem_alloc(inputs, sizeof(real));
    drawing->random = mem_alloc(inputs, sizeof(uint32_t));
    return drawing->grey && drawing->input && drawing->counts && drawing->spiked && drawing->random
               ? STATUS_OK
               : error_plain(error, STATUS_NO_MEMORY);
}

void drawing_free(struct drawing *drawing)
{
    inference_free(&drawing->inference);
    mem_free(drawing->grey);
    mem_free(drawing->input);
    mem_free(drawing->counts);
    mem_free(drawing->spiked);
    mem_free(drawing->random);
    *drawing = (struct drawing){0};
}

static enum status draw_analog(struct drawing *drawing, struct error *error)
{
    const struct network *network = drawing->network;
    struct inference_stats stats = {0};
    enum status status = inference_analog(&drawing->inference, network, drawing->input,
                                          drawing->counts, &stats, error);
    if (status == STATUS_OK)
        inference_grey_analog(drawing->counts, network_num_pixels(network), drawing->grey);
    return status;
}

/* drawing->input to drawing->grey. */
static enum status draw(struct drawing *drawing, uint64_t seed, struct error *error)
{
    const struct network *network = drawing->network;
    struct inference_stats stats = {0};
    struct raster latent = {0}, output = {0};
    if (!network_is_spiking(network))
        return draw_analog(drawing, error);
    enum status status = inference_encode(&drawing->inference, network, drawing->input, seed,
                                          network->num_steps, &latent, &stats, error);
    if (status == STATUS_OK)
        status = inference_decode(&drawing->inference, network, &latent, &output, &stats, error);
    if (status == STATUS_OK)
        inference_grey(&output, output.num_steps, drawing->grey);
    raster_free(&latent);
    raster_free(&output);
    return status;
}

enum status drawing_of_image(struct drawing *drawing, const uint8_t *image, uint64_t seed,
                             struct error *error)
{
    for (uint32_t i = 0; i < network_num_pixels(drawing->network); i++)
        drawing->input[i] = (real)image[i] / 255;
    return draw(drawing, seed, error);
}

enum status drawing_of_utterance(struct drawing *drawing, const struct utterance *utterance,
                                 uint64_t seed, struct error *error)
{
    struct audio copy = utterance->audio;
    copy.samples = mem_copy(copy.samples, copy.num_samples * sizeof *copy.samples);
    if (!copy.samples)
        return error_plain(error, STATUS_NO_MEMORY);
    struct inference *inference = &drawing->inference;
    const struct network *network = drawing->network;
    struct inference_stats stats = {0};
    struct listen_result result;
    enum status status =
        network_is_spiking(network)
            ? listen_run(inference, network, &copy, seed, network->num_steps, drawing->input,
                         &inference->latent, &stats, &result, error)
            : front_end_run(network, &copy, drawing->input, error);
    audio_free(&copy);
    return status == STATUS_OK ? draw(drawing, seed, error) : status;
}

void drawing_of_input_spikes(struct drawing *drawing, uint64_t seed)
{
    const struct network *network = drawing->network;
    evaluation_count_input_spikes(network, drawing->input, seed, network->num_steps,
                                  drawing->random, drawing->spiked, drawing->counts);
    for (uint32_t i = 0; i < network_num_pixels(network); i++)
        drawing->grey[i] = image_grey_byte((float)(drawing->counts[i] / network->num_steps));
}

const uint8_t *drawing_class_image(const struct network *network, const char *name)
{
    for (int i = 0; i < network->num_classes; i++)
        if (strcmp(network->class_names[i], name) == 0)
            return network->class_images + (size_t)i * network_num_pixels(network);
    return NULL;
}
