#include "train/class_images.h"

#include "core/base/mem.h"
#include "train/measures.h"

#include <math.h>
#include <string.h>

/* Index of the image class of that name; -1 if there is none. */
static int find_class(const struct image_set *images, const char *name)
{
    for (uint32_t i = 0; i < images->classes.count; i++)
        if (strcmp(images->classes.names[i], name) == 0)
            return (int)i;
    return -1;
}

/* mean [pixels] of the images of a class; their number. */
static uint32_t class_mean(const struct image_set *images, int label, size_t pixels, double *mean)
{
    uint32_t count = 0;
    memset(mean, 0, pixels * sizeof *mean);
    for (uint32_t i = 0; i < images->num_images; i++) {
        if (images->labels[i] != label)
            continue;
        count++;
        for (size_t k = 0; k < pixels; k++)
            mean[k] += images->pixels[i * pixels + k];
    }
    for (size_t k = 0; k < pixels && count; k++)
        mean[k] /= count;
    return count;
}

static const uint8_t *nearest_image(const struct image_set *images, int label, size_t pixels,
                                    const double *mean)
{
    const uint8_t *nearest = NULL;
    double smallest = INFINITY;
    for (uint32_t i = 0; i < images->num_images; i++) {
        const uint8_t *image = images->pixels + i * pixels;
        double distance = 0;
        if (images->labels[i] != label)
            continue;
        for (size_t k = 0; k < pixels; k++)
            distance += (image[k] - mean[k]) * (image[k] - mean[k]);
        if (distance < smallest) {
            smallest = distance;
            nearest = image;
        }
    }
    return nearest;
}

enum status class_images_choose(const struct class_list *classes, const struct image_set *images,
                                struct network *network, struct error *error)
{
    size_t pixels = (size_t)images->width * (size_t)images->height;
    enum status status = STATUS_OK;
    double *mean = mem_alloc(pixels, sizeof *mean);
    network->class_names = mem_alloc(classes->count, sizeof *network->class_names);
    network->class_images = mem_alloc(classes->count, pixels);
    if (!mean || !network->class_names || !network->class_images)
        status = error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t i = 0; i < classes->count && status == STATUS_OK; i++) {
        int label = find_class(images, classes->names[i]);
        if (label < 0 || !class_mean(images, label, pixels, mean)) {
            status = error_set(error, STATUS_INVALID_ARGUMENT, "The images have no class \"%s\".",
                               classes->names[i]);
            break;
        }
        memcpy(network->class_images + i * pixels, nearest_image(images, label, pixels, mean),
               pixels);
        memcpy(network->class_names[i], classes->names[i], sizeof *network->class_names);
        network->num_classes++;
    }
    mem_free(mean);
    return status;
}

double class_images_smallest_mse(const struct image_set *images, int label, const real *picture,
                                 real *candidate)
{
    size_t pixels = (size_t)images->width * (size_t)images->height;
    double smallest = INFINITY;
    for (uint32_t i = 0; i < images->num_images; i++) {
        if (images->labels[i] != label)
            continue;
        for (size_t k = 0; k < pixels; k++)
            candidate[k] = (real)images->pixels[i * pixels + k] / 255;
        smallest = fmin(smallest, measures_standardized_mse(candidate, picture, pixels));
    }
    return smallest;
}
