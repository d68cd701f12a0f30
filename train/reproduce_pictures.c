#include "train/reproduce.h"

#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "models/front_end.h"
#include "models/inference.h"
#include "train/evaluation.h"

#include <string.h>

enum { PICTURE_COLUMNS = 10, PICTURE_MAX_ROWS = 3, PICTURE_SCALE = 2, PICTURE_MAX_PNG = 1 << 22 };

/* Grey of the lines between the pictures. */
enum { PICTURE_LINE = 96 };

/* What drawing needs; one of the two sets is empty. */
struct picture {
    const struct network *network;
    struct image_set images;
    struct speech_set speech;
    uint64_t seed;
    struct inference inference;
    int num_rows;  /* of the grid */
    uint8_t *grid; /* [rows * (height + 1) + 1][columns * (width + 1) + 1] */
    uint8_t *grey; /* [pixels] */
    real *input, *counts, *spiked;
    uint32_t *random; /* [inputs], as the three above */
};

static int grid_width(const struct picture *picture)
{
    return PICTURE_COLUMNS * (picture->network->image_width + 1) + 1;
}

static int grid_height(const struct picture *picture)
{
    return picture->num_rows * (picture->network->image_height + 1) + 1;
}

static bool picture_open(struct picture *picture)
{
    const struct network *network = picture->network;
    size_t inputs = network_num_inputs(network), pixels = network_num_pixels(network);
    picture->num_rows = network->task == NETWORK_RECONSTRUCT && network_is_spiking(network) &&
                                network->encoding == ENCODING_RATE
                            ? 3
                            : 2;
    size_t size = (size_t)grid_width(picture) * (size_t)grid_height(picture);
    picture->grid = mem_alloc(size, 1);
    picture->grey = mem_alloc(pixels, 1);
    picture->input = mem_alloc(inputs > pixels ? inputs : pixels, sizeof(real));
    picture->counts = mem_alloc(inputs, sizeof(real));
    picture->spiked = mem_alloc(inputs, sizeof(real));
    picture->random = mem_alloc(inputs, sizeof(uint32_t));
    if (picture->grid)
        memset(picture->grid, PICTURE_LINE, size);
    return picture->grid && picture->grey && picture->input && picture->counts && picture->spiked &&
           picture->random;
}

static void picture_close(struct picture *picture)
{
    image_set_free(&picture->images);
    speech_set_free(&picture->speech);
    inference_free(&picture->inference);
    mem_free(picture->grid);
    mem_free(picture->grey);
    mem_free(picture->input);
    mem_free(picture->counts);
    mem_free(picture->spiked);
    mem_free(picture->random);
}

static void paste(struct picture *picture, const uint8_t *grey, int row, int column)
{
    size_t width = (size_t)picture->network->image_width;
    size_t height = (size_t)picture->network->image_height;
    size_t left = (size_t)column * (width + 1) + 1, top = (size_t)row * (height + 1) + 1;
    for (size_t y = 0; y < height; y++)
        memcpy(picture->grid + (top + y) * (size_t)grid_width(picture) + left, grey + y * width,
               width);
}

/* The input's spikes as a share of the steps. */
static void paste_input_spikes(struct picture *picture, uint64_t seed, int column)
{
    const struct network *network = picture->network;
    evaluation_count_input_spikes(network, picture->input, seed, network->num_steps,
                                  picture->random, picture->spiked, picture->counts);
    for (uint32_t i = 0; i < network_num_pixels(network); i++)
        picture->grey[i] = image_grey_byte((float)(picture->counts[i] / network->num_steps));
    paste(picture, picture->grey, 1, column);
}

static void read_image(struct picture *picture, uint32_t index)
{
    size_t pixels = network_num_pixels(picture->network);
    const uint8_t *grey = picture->images.pixels + index * pixels;
    for (size_t i = 0; i < pixels; i++)
        picture->input[i] = (real)grey[i] / 255;
    paste(picture, grey, 0, (int)index);
}

static enum status hear_utterance(struct picture *picture, uint32_t index, struct error *error)
{
    const struct network *network = picture->network;
    struct utterance *utterance = &picture->speech.utterances[index];
    const char *name = picture->speech.classes.names[utterance->label];
    for (int i = 0; i < network->num_classes; i++)
        if (strcmp(network->class_names[i], name) == 0)
            paste(picture, network->class_images + (size_t)i * network_num_pixels(network), 0,
                  (int)index);
    return front_end_run(network, &utterance->audio, picture->input, error);
}

/* picture->input to the output in picture->grey. */
static enum status infer(struct picture *picture, uint64_t seed, struct error *error)
{
    const struct network *network = picture->network;
    struct inference_stats stats = {0};
    struct raster latent = {0}, output = {0};
    if (!network_is_spiking(network)) {
        enum status status = inference_analog(&picture->inference, network, picture->input,
                                              picture->counts, &stats, error);
        if (status == STATUS_OK)
            inference_grey_analog(picture->counts, network_num_pixels(network), picture->grey);
        return status;
    }
    enum status status = inference_encode(&picture->inference, network, picture->input, seed,
                                          network->num_steps, &latent, &stats, error);
    if (status == STATUS_OK)
        status = inference_decode(&picture->inference, network, &latent, &output, &stats, error);
    if (status == STATUS_OK)
        inference_grey(&output, output.num_steps, picture->grey);
    raster_free(&latent);
    raster_free(&output);
    return status;
}

static enum status draw_column(struct picture *picture, uint32_t index, struct error *error)
{
    uint64_t seed = picture->seed + index;
    enum status status = STATUS_OK;
    if (picture->images.num_images)
        read_image(picture, index);
    else
        status = hear_utterance(picture, index, error);
    if (picture->num_rows == PICTURE_MAX_ROWS)
        paste_input_spikes(picture, seed, (int)index);
    if (status == STATUS_OK)
        status = infer(picture, seed, error);
    if (status == STATUS_OK)
        paste(picture, picture->grey, picture->num_rows - 1, (int)index);
    return status;
}

static enum status load_samples(struct picture *picture, const struct options *options,
                                struct error *error)
{
    enum status status;
    if (dataset_is_speech(options->data))
        status = speech_set_load_divided(options->data, DATASET_TEST, &options->division,
                                         &picture->speech, error);
    else
        status = image_set_load(options->data, DATASET_TEST, &picture->images, error);
    image_set_limit(&picture->images, PICTURE_COLUMNS);
    speech_set_limit(&picture->speech, PICTURE_COLUMNS);
    return status;
}

static enum status draw(struct picture *picture, const char *path, struct error *error)
{
    struct buf png;
    enum status status = STATUS_OK;
    uint32_t count = picture->images.num_images + picture->speech.num_utterances;
    buf_init(&png, PICTURE_MAX_PNG);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = draw_column(picture, i, error);
    if (status == STATUS_OK)
        status = image_encode_png(picture->grid, grid_width(picture), grid_height(picture),
                                  PICTURE_SCALE, &png, error);
    if (status == STATUS_OK)
        status = file_replace(path, png.bytes, png.size, error);
    buf_free(&png);
    return status;
}

enum status reproduce_picture_draw(const struct reproduction *reproduction,
                                   const struct reproduce_run *run, struct error *error)
{
    char path[PATH_MAX];
    struct network *network = NULL;
    const struct options *options = &run->evaluate.options;
    struct picture picture = {.seed = options->seed, .inference = {.path = INFERENCE_EVENT_DRIVEN}};
    enum status status = reproduce_path(reproduction->options->out, "pictures", run->train.name,
                                        ".png", path, error);
    if (status == STATUS_OK)
        status = checkpoint_load(options->model, &network, error);
    picture.network = network;
    if (status == STATUS_OK)
        status = load_samples(&picture, options, error);
    if (status == STATUS_OK && !picture_open(&picture))
        status = error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = draw(&picture, path, error);
    picture_close(&picture);
    network_release(network);
    return status;
}
