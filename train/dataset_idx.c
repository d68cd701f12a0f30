#include "train/dataset_idx.h"

#include "core/base/mem.h"
#include "train/dataset_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum {
    IDX_IMAGES_MAGIC = 0x00000803, /* unsigned bytes, three dimensions */
    IDX_LABELS_MAGIC = 0x00000801, /* unsigned bytes, one dimension */
    IDX_NUM_CLASSES = 10,
    IDX_MAX_SIDE = 1024,       /* pixels */
    IDX_MAX_BYTES = 1 << 30,   /* of all images of a file */
    IDX_READ_BYTES = 16 << 20, /* at once */
    IDX_FIRST_BYTES = 1 << 20, /* of a block that grows */
    IDX_MAX_DIMENSIONS = 3
};

/* An open idx file; zlib reads plain files as they are. */
struct idx_file {
    char path[DATASET_FILES_PATH_SIZE];
    gzFile stream;
    uint32_t dimensions[IDX_MAX_DIMENSIONS];
};

static const char *const idx_digit_names[IDX_NUM_CLASSES] = {"0", "1", "2", "3", "4",
                                                             "5", "6", "7", "8", "9"};

static const char *const idx_fashion_names[IDX_NUM_CLASSES] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

static const char *const idx_image_names[] = {
    [DATASET_TRAIN] = "train-images-idx3-ubyte", [DATASET_TEST] = "t10k-images-idx3-ubyte"};
static const char *const idx_label_names[] = {
    [DATASET_TRAIN] = "train-labels-idx1-ubyte", [DATASET_TEST] = "t10k-labels-idx1-ubyte"};

/* The first of the places where `name` may lie. */
static enum status idx_find(const char *dir, const char *name, char *path, struct error *error)
{
    static const char *const folders[] = {"", "data/", "package/data/"};
    static const char *const suffixes[] = {"", ".gz"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        for (size_t j = 0; j < sizeof suffixes / sizeof *suffixes; j++) {
            char place[128];
            snprintf(place, sizeof place, "%s%s%s", folders[i], name, suffixes[j]);
            enum status status = dataset_files_path(dir, place, path, error);
            if (status != STATUS_OK)
                return status;
            if (dataset_files_is_file(path))
                return STATUS_OK;
        }
    }
    return error_set(error, STATUS_NOT_FOUND,
                     "%s/%s is missing, plain or .gz (nor is it in data/ or package/data/ there); "
                     "train/fetch-data.sh gets it",
                     dir, name);
}

/* What zlib has to say after a read that gave less than was asked for. */
static enum status idx_read_failed(struct idx_file *file, struct error *error)
{
    int code;
    const char *message = gzerror(file->stream, &code);
    if (code == Z_ERRNO)
        return error_set(error, STATUS_IO, "%s: %s", file->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return error_plain(error, STATUS_NO_MEMORY);
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR)
        return error_set(error, STATUS_MALFORMED, "%s is truncated: it ends after %lld bytes",
                         file->path, (long long)gztell(file->stream));
    return error_set(error, STATUS_MALFORMED, "%s is damaged: %s", file->path, message);
}

static enum status idx_read(struct idx_file *file, uint8_t *bytes, size_t size, struct error *error)
{
    while (size > 0) {
        unsigned wanted = size < IDX_READ_BYTES ? (unsigned)size : IDX_READ_BYTES;
        int got = gzread(file->stream, bytes, wanted);
        if (got <= 0)
            return idx_read_failed(file, error);
        bytes += got;
        size -= (size_t)got;
    }
    return STATUS_OK;
}

/* Reads into a block that grows with what is there: a header alone claims no memory. */
static enum status idx_read_block(struct idx_file *file, size_t size, uint8_t **block,
                                  struct error *error)
{
    size_t have = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && have < size) {
        size_t next = have ? 2 * have : IDX_FIRST_BYTES;
        next = next < size ? next : size;
        uint8_t *grown = mem_resize(*block, have, next);
        if (!grown)
            return error_plain(error, STATUS_NO_MEMORY);
        *block = grown;
        status = idx_read(file, grown + have, next - have, error);
        have = next;
    }
    return status;
}

/* Nothing may follow the data; this also makes zlib verify its checksum. */
static enum status idx_expect_end(struct idx_file *file, struct error *error)
{
    uint8_t byte;
    int code;
    int got = gzread(file->stream, &byte, 1);
    if (got > 0)
        return error_set(error, STATUS_MALFORMED,
                         "%s is longer than the %u entries that its header promises", file->path,
                         file->dimensions[0]);
    gzerror(file->stream, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        return idx_read_failed(file, error);
    return STATUS_OK;
}

static uint32_t idx_big_endian(const uint8_t bytes[4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum status idx_read_header(struct idx_file *file, uint32_t magic, int num_dimensions,
                                   struct error *error)
{
    uint8_t header[4 + 4 * IDX_MAX_DIMENSIONS];
    enum status status = idx_read(file, header, 4 + 4 * (size_t)num_dimensions, error);
    if (status != STATUS_OK)
        return status;
    uint32_t found = idx_big_endian(header);
    if (found != magic)
        return error_set(error, STATUS_MALFORMED,
                         "%s begins with 0x%08x where an idx file of %s begins with 0x%08x",
                         file->path, found, num_dimensions == 3 ? "images" : "labels", magic);
    for (int i = 0; i < num_dimensions; i++)
        file->dimensions[i] = idx_big_endian(header + 4 + 4 * i);
    if (file->dimensions[0] == 0)
        return error_set(error, STATUS_MALFORMED, "%s has no entries", file->path);
    return STATUS_OK;
}

static enum status idx_open(struct idx_file *file, const char *dir, const char *name,
                            struct error *error)
{
    *file = (struct idx_file){0};
    enum status status = idx_find(dir, name, file->path, error);
    if (status != STATUS_OK)
        return status;
    errno = 0;
    file->stream = gzopen(file->path, "rb");
    if (file->stream)
        return STATUS_OK;
    if (errno == 0 || errno == ENOMEM)
        return error_plain(error, STATUS_NO_MEMORY);
    return error_set(error, STATUS_IO, "%s: %s", file->path, strerror(errno));
}

static void idx_close(struct idx_file *file)
{
    if (file->stream)
        gzclose_r(file->stream);
    file->stream = NULL;
}

/* Checks the sizes of an images header and takes them over. */
static enum status idx_take_sizes(const struct idx_file *file, struct image_set *set,
                                  struct error *error)
{
    uint32_t count = file->dimensions[0], height = file->dimensions[1];
    uint32_t width = file->dimensions[2];
    if (height < 1 || height > IDX_MAX_SIDE || width < 1 || width > IDX_MAX_SIDE)
        return error_set(error, STATUS_MALFORMED,
                         "%s has pictures of %u x %u pixels, not of 1 to %d a side", file->path,
                         width, height, IDX_MAX_SIDE);
    if ((uint64_t)count * height * width > IDX_MAX_BYTES)
        return error_set(error, STATUS_MALFORMED,
                         "%s promises %u pictures of %u x %u pixels, more than %d bytes",
                         file->path, count, width, height, IDX_MAX_BYTES);
    set->num_images = count;
    set->width = (int)width;
    set->height = (int)height;
    return STATUS_OK;
}

static enum status idx_load_images(const char *dir, const char *name, struct image_set *set,
                                   struct error *error)
{
    struct idx_file file;
    enum status status = idx_open(&file, dir, name, error);
    if (status == STATUS_OK)
        status = idx_read_header(&file, IDX_IMAGES_MAGIC, 3, error);
    if (status == STATUS_OK)
        status = idx_take_sizes(&file, set, error);
    if (status != STATUS_OK)
        goto done;
    size_t size = (size_t)set->num_images * (size_t)set->height * (size_t)set->width;
    status = idx_read_block(&file, size, &set->pixels, error);
    if (status == STATUS_OK)
        status = idx_expect_end(&file, error);
done:
    idx_close(&file);
    return status;
}

/* Reads the labels themselves, one byte each. */
static enum status idx_read_labels(struct idx_file *file, struct image_set *set,
                                   struct error *error)
{
    uint8_t *bytes = mem_alloc(set->num_images, 1);
    set->labels = mem_alloc(set->num_images, sizeof *set->labels);
    enum status status = STATUS_OK;
    if (!bytes || !set->labels)
        status = error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = idx_read(file, bytes, set->num_images, error);
    for (uint32_t i = 0; status == STATUS_OK && i < set->num_images; i++) {
        set->labels[i] = bytes[i];
        if (bytes[i] >= IDX_NUM_CLASSES)
            status = error_set(error, STATUS_MALFORMED, "%s: label %u of entry %u is not 0 to %d",
                               file->path, bytes[i], i, IDX_NUM_CLASSES - 1);
    }
    mem_free(bytes);
    return status;
}

static enum status idx_load_labels(const char *dir, const char *name, struct image_set *set,
                                   struct error *error)
{
    struct idx_file file;
    enum status status = idx_open(&file, dir, name, error);
    if (status == STATUS_OK)
        status = idx_read_header(&file, IDX_LABELS_MAGIC, 1, error);
    if (status == STATUS_OK && file.dimensions[0] != set->num_images)
        status = error_set(error, STATUS_MALFORMED, "%s has %u labels for %u images", file.path,
                           file.dimensions[0], set->num_images);
    if (status == STATUS_OK)
        status = idx_read_labels(&file, set, error);
    if (status == STATUS_OK)
        status = idx_expect_end(&file, error);
    idx_close(&file);
    return status;
}

static enum status idx_load(const char *dir, enum dataset_split split, const char *const *names,
                            struct image_set *set, struct error *error)
{
    enum status status = class_list_fill(&set->classes, names, IDX_NUM_CLASSES, error);
    if (status == STATUS_OK)
        status = idx_load_images(dir, idx_image_names[split], set, error);
    if (status == STATUS_OK)
        status = idx_load_labels(dir, idx_label_names[split], set, error);
    return status;
}

enum status dataset_idx_load_mnist(const char *dir, enum dataset_split split, struct image_set *set,
                                   struct error *error)
{
    return idx_load(dir, split, idx_digit_names, set, error);
}

enum status dataset_idx_load_fashion(const char *dir, enum dataset_split split,
                                     struct image_set *set, struct error *error)
{
    return idx_load(dir, split, idx_fashion_names, set, error);
}
