#include "api/image_reply.h"

void image_reply_write_members(const struct image_reply *reply, struct writer *writer)
{
    const struct latent *latent = reply->latent;
    writer_string(writer, "model", latent->model);
    writer_string(writer, "modality", latent->modality);
    writer_integer(writer, "width", (uint64_t)reply->width);
    writer_integer(writer, "height", (uint64_t)reply->height);
    writer_integer(writer, "num_steps", latent->num_steps);
    if (latent->has_seed)
        writer_integer(writer, "seed", latent->seed);
    if (latent->has_confidence)
        writer_number(writer, "confidence", latent->confidence);
    writer_base64(writer, "image_png", reply->png, reply->png_size);
    if (reply->input_png_size)
        writer_base64(writer, "input_png", reply->input_png, reply->input_png_size);
    if (!reply->analog)
        latent_write(latent, reply->encoding, "latent", writer);
    writer_integer(writer, "spikes", reply->spikes);
    writer_integer(writer, "synops", reply->synops);
}

enum status image_reply_write(const struct image_reply *reply, struct buf *out)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    image_reply_write_members(reply, &writer);
    writer_end_object(&writer);
    return writer.status;
}
