#include "api/image_reply.h"

enum status image_reply_write(const struct image_reply *reply, struct buf *out)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "model", reply->latent->model);
    writer_string(&writer, "modality", reply->latent->modality);
    writer_integer(&writer, "width", (uint64_t)reply->width);
    writer_integer(&writer, "height", (uint64_t)reply->height);
    writer_integer(&writer, "num_steps", reply->latent->num_steps);
    if (reply->latent->has_seed)
        writer_integer(&writer, "seed", reply->latent->seed);
    writer_base64(&writer, "image_png", reply->png, reply->png_size);
    if (!reply->analog)
        latent_write(reply->latent, reply->encoding, "latent", &writer);
    writer_integer(&writer, "spikes", reply->spikes);
    writer_integer(&writer, "synops", reply->synops);
    writer_end_object(&writer);
    return writer.status;
}
