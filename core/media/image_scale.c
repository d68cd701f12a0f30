#include "core/media/image_scale.h"

#include <stdbool.h>
#include <stddef.h>

/* The side that shrinks with the other one, rounded, at least 1. */
static int image_scale_side(int side, int target, int source)
{
    long long scaled = (2LL * side * target + source) / (2LL * source);
    return scaled < 1 ? 1 : (int)scaled;
}

void image_scale_init(struct image_scale *scale, int source_width, int source_height,
                      int target_width, int target_height)
{
    *scale = (struct image_scale){.source_width = source_width,
                                  .source_height = source_height,
                                  .target_width = target_width,
                                  .target_height = target_height,
                                  .width = target_width,
                                  .height = target_height};
    if ((long long)target_width * source_height <= (long long)target_height * source_width)
        scale->height = image_scale_side(source_height, target_width, source_width);
    else
        scale->width = image_scale_side(source_width, target_height, source_height);
    scale->left = (target_width - scale->width) / 2;
    scale->top = (target_height - scale->height) / 2;
}

double image_scale_weight(const struct image_scale *scale)
{
    return (double)scale->source_width * scale->source_height;
}

/*
 * Along one axis, a source pixel p covers p * target to (p + 1) * target and a target pixel t
 * covers t * source to (t + 1) * source. These are integers, so overlaps are exact.
 */
static unsigned image_scale_overlap(unsigned p, unsigned t, unsigned source, unsigned target)
{
    unsigned begin = p * target > t * source ? p * target : t * source;
    unsigned end = (p + 1) * target < (t + 1) * source ? (p + 1) * target : (t + 1) * source;
    return end - begin;
}

/*
 * Adds values, each times `weight` and the part of it that a target pixel covers, to one row of
 * sums. The sum in work stays out of memory until its target pixel ends, at `right`.
 */
static void image_scale_add_row(const struct image_scale *scale, unsigned weight, int first,
                                int step, const float *values, int count, double *sums)
{
    unsigned source = (unsigned)scale->source_width, target = (unsigned)scale->width;
    if (source == target) { /* each pixel is one of the target's, and all of it */
        double area = (double)target * weight;
        for (int i = 0; i < count; i++)
            sums[first + i * step] += area * (double)values[i];
        return;
    }
    unsigned t = (unsigned)first * target / source, right = (t + 1) * source;
    double sum = sums[t];
    for (int i = 0; i < count; i++) {
        unsigned begin = (unsigned)(first + i * step) * target, end = begin + target;
        for (; right <= begin; right += source) {
            sums[t] = sum;
            sum = sums[++t];
        }
        for (; right < end; right += source) {
            sum += (double)(right - begin) * weight * (double)values[i];
            sums[t] = sum;
            sum = sums[++t];
            begin = right;
        }
        sum += (double)(end - begin) * weight * (double)values[i];
    }
    sums[t] = sum;
}

void image_scale_add(const struct image_scale *scale, int row, int first, int step,
                     const float *values, int count, double *sums)
{
    unsigned source = (unsigned)scale->source_height, target = (unsigned)scale->height;
    unsigned p = (unsigned)row, last = ((p + 1) * target - 1) / source;
    for (unsigned t = p * target / source; t <= last; t++) {
        unsigned weight = image_scale_overlap(p, t, source, target);
        long long place = (long long)(scale->top + (int)t) * scale->target_width + scale->left;
        image_scale_add_row(scale, weight, first, step, values, count, sums + place);
    }
}

static bool image_scale_covers(const struct image_scale *scale, int x, int y)
{
    return x >= scale->left && x < scale->left + scale->width && y >= scale->top &&
           y < scale->top + scale->height;
}

void image_scale_cover(const struct image_scale *scale, double *sums)
{
    double weight = image_scale_weight(scale);
    for (int y = 0; y < scale->target_height; y++)
        for (int x = 0; x < scale->target_width; x++)
            *sums++ = image_scale_covers(scale, x, y) ? weight : 0;
}

double image_scale_mean(const struct image_scale *scale, const float *source, int column, int row)
{
    if (!image_scale_covers(scale, column, row))
        return 0;
    unsigned source_width = (unsigned)scale->source_width, width = (unsigned)scale->width;
    unsigned source_height = (unsigned)scale->source_height, height = (unsigned)scale->height;
    unsigned tx = (unsigned)(column - scale->left), ty = (unsigned)(row - scale->top);
    unsigned right = ((tx + 1) * source_width - 1) / width;
    unsigned bottom = ((ty + 1) * source_height - 1) / height;
    double sum = 0;
    for (unsigned py = ty * source_height / height; py <= bottom; py++) {
        unsigned weight = image_scale_overlap(py, ty, source_height, height);
        for (unsigned px = tx * source_width / width; px <= right; px++) {
            double area = (double)image_scale_overlap(px, tx, source_width, width) * weight;
            sum += area * (double)source[(size_t)py * source_width + px];
        }
    }
    return sum / image_scale_weight(scale);
}
