#include "train/reproduce.h"

#include "models/checkpoint.h"
#include "train/drawing.h"
#include "train/test_split.h"
#include "train/tile_grid.h"

enum { PICTURE_COLUMNS = 10, PICTURE_SCALE = 2 };

/* Rate coding of images alone shows its spikes between input and output. */
static bool shows_input_spikes(const struct network *network)
{
    return network->task == NETWORK_RECONSTRUCT && network_is_spiking(network) &&
           network->encoding == ENCODING_RATE;
}

static enum status draw_image(struct drawing *drawing, const struct image_set *images,
                              uint32_t index, uint64_t seed, struct tile_grid *grid,
                              struct error *error)
{
    const struct network *network = drawing->network;
    const uint8_t *image = images->pixels + (size_t)index * network_num_pixels(network);
    enum status status = drawing_of_image(drawing, image, seed, error);
    if (status != STATUS_OK)
        return status;
    tile_grid_paste(grid, 0, (int)index, image);
    tile_grid_paste(grid, grid->rows - 1, (int)index, drawing->grey);
    if (shows_input_spikes(network)) {
        drawing_of_input_spikes(drawing, seed);
        tile_grid_paste(grid, 1, (int)index, drawing->grey);
    }
    return STATUS_OK;
}

static enum status draw_utterance(struct drawing *drawing, const struct speech_set *speech,
                                  uint32_t index, uint64_t seed, struct tile_grid *grid,
                                  struct error *error)
{
    const struct utterance *utterance = &speech->utterances[index];
    const uint8_t *image =
        drawing_class_image(drawing->network, speech->classes.names[utterance->label]);
    enum status status = drawing_of_utterance(drawing, utterance, seed, error);
    if (status != STATUS_OK)
        return status;
    if (image)
        tile_grid_paste(grid, 0, (int)index, image);
    tile_grid_paste(grid, 1, (int)index, drawing->grey);
    return STATUS_OK;
}

static enum status draw(const struct network *network, const struct test_split *split,
                        uint64_t seed, struct tile_grid *grid, struct error *error)
{
    struct drawing drawing;
    enum status status = drawing_init(&drawing, network, error);
    for (uint32_t i = 0; i < test_split_count(split) && status == STATUS_OK; i++)
        status = split->is_speech
                     ? draw_utterance(&drawing, &split->speech, i, seed + i, grid, error)
                     : draw_image(&drawing, &split->images, i, seed + i, grid, error);
    drawing_free(&drawing);
    return status;
}

enum status reproduce_picture_draw(const struct reproduction *reproduction,
                                   const struct reproduce_run *run, struct error *error)
{
    char path[PATH_MAX];
    struct network *network = NULL;
    struct test_split split = {0};
    struct tile_grid grid = {0};
    const struct options *options = &run->evaluate.options;
    enum status status = reproduce_path(reproduction->options->out, "pictures", run->train.name,
                                        ".png", path, error);
    if (status == STATUS_OK)
        status = checkpoint_load(options->model, &network, error);
    if (status == STATUS_OK)
        status = test_split_load(options->data, &options->division, PICTURE_COLUMNS, &split, error);
    if (status == STATUS_OK)
        status = tile_grid_init(&grid, shows_input_spikes(network) ? 3 : 2, PICTURE_COLUMNS,
                                network->image_width, network->image_height, error);
    if (status == STATUS_OK)
        status = draw(network, &split, options->seed, &grid, error);
    if (status == STATUS_OK)
        status = tile_grid_save(&grid, PICTURE_SCALE, path, error);
    tile_grid_free(&grid);
    test_split_free(&split);
    network_release(network);
    return status;
}
