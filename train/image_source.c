#include "train/image_source.h"

#include <string.h>

static void image_fill(void *context, uint32_t sample, uint64_t draw, real *input, real *image,
                       real *latent)
{
    const struct image_set *set = context;
    size_t pixels = (size_t)set->width * (size_t)set->height;
    (void)draw;
    (void)latent;
    for (size_t i = 0; i < pixels; i++)
        input[i] = (real)set->pixels[sample * pixels + i] / 255;
    if (image)
        memcpy(image, input, pixels * sizeof *image);
}

struct trainer_source image_source(const struct image_set *set)
{
    return (struct trainer_source){
        .context = (void *)set, .num_samples = set->num_images, .fill = image_fill};
}
