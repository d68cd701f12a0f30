#include "train/distort.h"

#include <math.h>

const struct distort_settings distort_default_settings = {
    .rotation = 0.2, .scale = 0.12, .shear = 0.15, .shift = 2, .blur = 0.2};

/* Which random number decides what. */
enum draw {
    DRAW_ROTATION,
    DRAW_SCALE_X,
    DRAW_SCALE_Y,
    DRAW_SHEAR,
    DRAW_SHIFT_X,
    DRAW_SHIFT_Y,
    DRAW_BLUR
};

static double draw_within(const struct rng *rng, enum draw what, double range)
{
    return range * (2 * (double)rng_uniform(rng, 0, (uint32_t)what) - 1);
}

/* From a place in the copy, relative to the middle, to its place in the picture. */
struct mapping {
    double xx, xy, yx, yy, shift_x, shift_y;
};

static struct mapping draw_mapping(const struct distort_settings *settings, const struct rng *rng)
{
    double angle = draw_within(rng, DRAW_ROTATION, settings->rotation);
    double scale_x = 1 + draw_within(rng, DRAW_SCALE_X, settings->scale);
    double scale_y = 1 + draw_within(rng, DRAW_SCALE_Y, settings->scale);
    double shear = draw_within(rng, DRAW_SHEAR, settings->shear);
    return (struct mapping){.xx = scale_x * cos(angle),
                            .xy = scale_x * (shear * cos(angle) - sin(angle)),
                            .yx = scale_y * sin(angle),
                            .yy = scale_y * (shear * sin(angle) + cos(angle)),
                            .shift_x = draw_within(rng, DRAW_SHIFT_X, settings->shift),
                            .shift_y = draw_within(rng, DRAW_SHIFT_Y, settings->shift)};
}

static double grey_at(const uint8_t *grey, int width, int height, int x, int y)
{
    return x < 0 || y < 0 || x >= width || y >= height ? 0 : grey[y * width + x] / 255.0;
}

static double grey_between(const uint8_t *grey, int width, int height, double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    double share_x = x - left, share_y = y - top;
    double above = (1 - share_x) * grey_at(grey, width, height, left, top) +
                   share_x * grey_at(grey, width, height, left + 1, top);
    double below = (1 - share_x) * grey_at(grey, width, height, left, top + 1) +
                   share_x * grey_at(grey, width, height, left + 1, top + 1);
    return (1 - share_y) * above + share_y * below;
}

static void map_picture(const struct mapping *mapping, const uint8_t *grey, int width, int height,
                        real *mapped)
{
    double middle_x = (width - 1) / 2.0, middle_y = (height - 1) / 2.0;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            double x = column - middle_x, y = row - middle_y;
            double from_x = mapping->xx * x + mapping->xy * y + mapping->shift_x + middle_x;
            double from_y = mapping->yx * x + mapping->yy * y + mapping->shift_y + middle_y;
            *mapped++ = (real)grey_between(grey, width, height, from_x, from_y);
        }
}

/* Each of `count` values, `stride` apart, gives a share to both neighbours. */
static void blur_line(real share, int count, int stride, const real *from, real *to)
{
    for (int i = 0; i < count; i++) {
        real before = i > 0 ? from[(i - 1) * stride] : 0;
        real after = i < count - 1 ? from[(i + 1) * stride] : 0;
        to[i * stride] = (1 - 2 * share) * from[i * stride] + share * (before + after);
    }
}

void distort_picture(const struct distort_settings *settings, const uint8_t *grey, int width,
                     int height, const struct rng *rng, real *scratch, real *distorted)
{
    struct mapping mapping = draw_mapping(settings, rng);
    real share = (real)(settings->blur * (double)rng_uniform(rng, 0, DRAW_BLUR));
    map_picture(&mapping, grey, width, height, distorted);
    for (int row = 0; row < height; row++)
        blur_line(share, width, 1, distorted + row * width, scratch + row * width);
    for (int column = 0; column < width; column++)
        blur_line(share, height, width, scratch + column, distorted + column);
}
