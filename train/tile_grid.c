#include "train/tile_grid.h"

#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"

#include <string.h>

enum { TILE_GRID_MAX_PNG = 1 << 24 };

/* Grey of the lines between the pictures. */
enum { TILE_GRID_LINE = 96 };

static int grid_width(const struct tile_grid *grid)
{
    return grid->columns * (grid->width + 1) + 1;
}

static int grid_height(const struct tile_grid *grid)
{
    return grid->rows * (grid->height + 1) + 1;
}

enum status tile_grid_init(struct tile_grid *grid, int rows, int columns, int width, int height,
                           struct error *error)
{
    *grid = (struct tile_grid){.rows = rows, .columns = columns, .width = width, .height = height};
    size_t size = (size_t)grid_width(grid) * (size_t)grid_height(grid);
    grid->grey = mem_alloc(size, 1);
    if (!grid->grey)
        return error_plain(error, STATUS_NO_MEMORY);
    memset(grid->grey, TILE_GRID_LINE, size);
    return STATUS_OK;
}

void tile_grid_free(struct tile_grid *grid)
{
    mem_free(grid->grey);
    *grid = (struct tile_grid){0};
}

void tile_grid_paste(struct tile_grid *grid, int row, int column, const uint8_t *picture)
{
    size_t width = (size_t)grid->width, height = (size_t)grid->height;
    size_t left = (size_t)column * (width + 1) + 1, top = (size_t)row * (height + 1) + 1;
    for (size_t y = 0; y < height; y++)
        memcpy(grid->grey + (top + y) * (size_t)grid_width(grid) + left, picture + y * width,
               width);
}

enum status tile_grid_save(const struct tile_grid *grid, int scale, const char *path,
                           struct error *error)
{
    struct buf png;
    buf_init(&png, TILE_GRID_MAX_PNG);
    enum status status =
        image_encode_png(grid->grey, grid_width(grid), grid_height(grid), scale, &png, error);
    if (status == STATUS_OK)
        status = file_replace(path, png.bytes, png.size, error);
    buf_free(&png);
    return status;
}
