#include "api/model_card.h"

static void model_card_write_layer(const struct model_card_layer *layer, struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "kind", layer->kind);
    writer_integer(writer, "num_inputs", layer->num_inputs);
    writer_integer(writer, "num_outputs", layer->num_outputs);
    if (layer->width) {
        writer_integer(writer, "width", (uint64_t)layer->width);
        writer_integer(writer, "stride", (uint64_t)layer->stride);
    }
    writer_bool(writer, "latent", layer->latent);
    writer_object(writer, "neuron");
    writer_string(writer, "model", layer->neuron);
    writer_string(writer, "reset", layer->reset);
    writer_number(writer, "threshold", layer->threshold);
    writer_number(writer, "tau_mem_ms", layer->tau_mem_ms);
    writer_end_object(writer);
    writer_end_object(writer);
}

static void model_card_write_layers(const struct model_card *card, struct writer *writer)
{
    writer_array(writer, "layers");
    for (int i = 0; i < card->num_layers; i++)
        model_card_write_layer(&card->layers[i], writer);
    writer_end_array(writer);
}

static void model_card_write_ear(const struct model_card *card, struct writer *writer)
{
    writer_object(writer, "front_end");
    writer_number(writer, "sample_rate_hz", card->sample_rate_hz);
    writer_integer(writer, "num_channels", (uint64_t)card->num_channels);
    writer_integer(writer, "num_frames", (uint64_t)card->num_frames);
    writer_end_object(writer);
}

void model_card_write(const struct model_card *card, struct writer *writer)
{
    writer_object(writer, NULL);
    writer_string(writer, "name", card->name);
    writer_string(writer, "kind", card->kind);
    writer_string(writer, "task", card->task);
    writer_string(writer, "modality", card->modality);
    writer_string(writer, "sha256", card->sha256);
    writer_integer(writer, "num_steps", (uint64_t)card->num_steps);
    writer_number(writer, "dt_ms", card->dt_ms);
    writer_string(writer, "encoding", card->encoding);
    if (card->max_rate_hz > 0)
        writer_number(writer, "max_rate_hz", card->max_rate_hz);
    writer_integer(writer, "num_inputs", card->num_inputs);
    writer_integer(writer, "num_latents", card->num_latents);
    writer_object(writer, "image");
    writer_integer(writer, "width", (uint64_t)card->image_width);
    writer_integer(writer, "height", (uint64_t)card->image_height);
    writer_end_object(writer);
    model_card_write_layers(card, writer);
    if (card->sample_rate_hz > 0)
        model_card_write_ear(card, writer);
    writer_raw(writer, "training", card->training_json);
    writer_raw(writer, "scores", card->scores_json);
    writer_end_object(writer);
}
