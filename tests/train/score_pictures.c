/*
 * Scores PNG files, as a client of the daemon would, for comparison with spikeloom-train evaluate.
 *
 *   score_pictures mse REFERENCE.png PICTURE.png [REFERENCE.png PICTURE.png ...]
 *       prints the mean pixel_mse of the pairs
 *   score_pictures nearest MODEL.safetensors CLASS PICTURE.png [CLASS PICTURE.png ...]
 *       prints the share of pictures whose nearest class image is that of CLASS
 */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "train/measures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE };

static enum status read_picture(const char *path, real *values, struct error *error)
{
    float pixels[PIXELS];
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    enum status status = file_read(path, &bytes, error);
    if (status == STATUS_OK)
        status = image_decode_png(bytes.bytes, bytes.size, IMAGE_POLARITY_KEEP, SIDE, SIDE, pixels,
                                  error);
    for (int i = 0; i < PIXELS && status == STATUS_OK; i++)
        values[i] = pixels[i];
    buf_free(&bytes);
    return status;
}

static enum status score_mse(char **paths, int count, struct error *error)
{
    real reference[PIXELS], picture[PIXELS];
    double sum = 0;
    for (int i = 0; i + 1 < count; i += 2) {
        enum status status = read_picture(paths[i], reference, error);
        if (status == STATUS_OK)
            status = read_picture(paths[i + 1], picture, error);
        if (status != STATUS_OK)
            return status;
        sum += measures_mse(reference, picture, PIXELS);
    }
    printf("%.9f\n", sum / (count / 2));
    return STATUS_OK;
}

static const char *nearest_name(const struct network *network, const real *picture)
{
    const char *nearest = "";
    double smallest = INFINITY;
    for (int c = 0; c < network->num_classes; c++) {
        real image[PIXELS];
        for (int i = 0; i < PIXELS; i++)
            image[i] = (real)network->class_images[c * PIXELS + i] / 255;
        double distance = measures_standardized_mse(image, picture, PIXELS);
        if (distance < smallest) {
            smallest = distance;
            nearest = network->class_names[c];
        }
    }
    return nearest;
}

static enum status score_nearest(const char *model, char **words, int count, struct error *error)
{
    struct network *network;
    int right = 0;
    enum status status = checkpoint_load(model, &network, error);
    for (int i = 0; i + 1 < count && status == STATUS_OK; i += 2) {
        real picture[PIXELS];
        status = read_picture(words[i + 1], picture, error);
        if (status != STATUS_OK)
            break;
        const char *nearest = nearest_name(network, picture);
        if (strcmp(nearest, words[i]) == 0)
            right++;
        else
            fprintf(stderr, "%s is nearest to %s, not %s\n", words[i + 1], nearest, words[i]);
    }
    if (status == STATUS_OK)
        printf("%.9f\n", (double)right / (count / 2));
    network_release(network);
    return status;
}

int main(int argc, char **argv)
{
    struct error error = {STATUS_OK, ""};
    enum status status;
    if (argc >= 4 && strcmp(argv[1], "mse") == 0)
        status = score_mse(argv + 2, argc - 2, &error);
    else if (argc >= 5 && strcmp(argv[1], "nearest") == 0)
        status = score_nearest(argv[2], argv + 3, argc - 3, &error);
    else
        status = error_set(&error, STATUS_INVALID_ARGUMENT, "see the head of score_pictures.c");
    if (status != STATUS_OK)
        fprintf(stderr, "score_pictures: %s\n", error.detail);
    return status != STATUS_OK;
}
