/*
 * Area averaging, a row of the source at a time and in any order of rows and columns, so that a
 * large or interlaced picture is never in memory as a whole.
 */
#ifndef SPIKELOOM_CORE_MEDIA_IMAGE_SCALE_H
#define SPIKELOOM_CORE_MEDIA_IMAGE_SCALE_H

/* Where a source lands in a target: the largest centred rectangle of its aspect ratio. */
struct image_scale {
    int source_width, source_height; /* sides up to 32768 */
    int target_width, target_height; /* sides up to 32768 */
    int left, top, width, height;    /* the covered rectangle of the target */
};

void image_scale_init(struct image_scale *scale, int source_width, int source_height,
                      int target_width, int target_height);

/*
 * Adds the pixels first, first + step, ... of source row `row`, `count` >= 1 in number, to `sums`
 * [target_height][target_width]. After all pixels, a covered target pixel holds its mean times
 * image_scale_weight.
 */
void image_scale_add(const struct image_scale *scale, int row, int first, int step,
                     const float *values, int count, double *sums);

/* Sets `sums` to what image_scale_add leaves there of a picture of ones, to the bit. */
void image_scale_cover(const struct image_scale *scale, double *sums);

double image_scale_weight(const struct image_scale *scale);

/* The mean of `source` [source_height][source_width] under one pixel of the target, or 0. */
double image_scale_mean(const struct image_scale *scale, const float *source, int column, int row);

#endif
