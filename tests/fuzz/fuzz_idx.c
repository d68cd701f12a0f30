/*
 * The idx files of a data set of pictures, plain or compressed. The first two bytes are the size of
 * the labels' file, which follows; the rest is the images' file.
 */
#include "tests/fuzz/input_file.h"
#include "tests/fuzz/small_models.h"
#include "train/dataset_idx.h"

#include <limits.h>

enum { HEAD = 2 };

static void check_set(const struct image_set *set)
{
    unsigned sum = 0;
    size_t size = (size_t)set->num_images * (size_t)set->width * (size_t)set->height;
    FUZZ_PROMISE(set->num_images > 0 && set->width > 0 && set->height > 0);
    for (uint32_t i = 0; i < set->num_images; i++)
        FUZZ_PROMISE(set->labels[i] < set->classes.count);
    for (size_t i = 0; i < size; i++)
        sum += set->pixels[i];
    FUZZ_PROMISE(sum <= 255 * size);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[PATH_MAX];
    struct image_set set = {0};
    struct error error;
    if (size < HEAD)
        return 0;
    size_t labels = (size_t)bytes[0] << 8 | bytes[1];
    bytes += HEAD, size -= HEAD;
    if (labels > size)
        labels = size;
    snprintf(path, sizeof path, "%s/train-labels-idx1-ubyte", small_models_folder());
    input_file_write(path, bytes, labels);
    snprintf(path, sizeof path, "%s/train-images-idx3-ubyte", small_models_folder());
    input_file_write(path, bytes + labels, size - labels);
    enum status status = dataset_idx_load_mnist(small_models_folder(), DATASET_TRAIN, &set, &error);
    FUZZ_PROMISE(status == STATUS_OK || status == STATUS_MALFORMED || status == STATUS_IO);
    if (status == STATUS_OK)
        check_set(&set);
    image_set_free(&set);
    return 0;
}
