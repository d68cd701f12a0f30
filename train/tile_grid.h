/*
 * Small grey pictures of one size in rows and columns, with lines between them, as one PNG.
 */
#ifndef SPIKELOOM_TRAIN_TILE_GRID_H
#define SPIKELOOM_TRAIN_TILE_GRID_H

#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

struct tile_grid {
    int rows, columns;
    int width, height; /* of a picture */
    uint8_t *grey;     /* [rows * (height + 1) + 1][columns * (width + 1) + 1] */
};

/* An empty grid; released by tile_grid_free, which allows a zeroed one. NO_MEMORY. */
enum status tile_grid_init(struct tile_grid *grid, int rows, int columns, int width, int height,
                           struct error *error);
void tile_grid_free(struct tile_grid *grid);

/* Puts a picture [height][width] into its place. */
void tile_grid_paste(struct tile_grid *grid, int row, int column, const uint8_t *picture);

/* Replaces `path` by the PNG, each pixel drawn scale x scale. IO, INVALID_ARGUMENT, NO_MEMORY. */
enum status tile_grid_save(const struct tile_grid *grid, int scale, const char *path,
                           struct error *error);

#endif
