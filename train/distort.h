/*
 * Distortions of pictures for training: a rotated, scaled, sheared, shifted and blurred copy.
 */
#ifndef SPIKELOOM_TRAIN_DISTORT_H
#define SPIKELOOM_TRAIN_DISTORT_H

#include "core/base/rng.h"
#include "core/math/real.h"

#include <stdint.h>

/* Largest magnitudes; each picture draws its own within them. */
struct distort_settings {
    double rotation; /* radians, either way */
    double scale;    /* share of the size, larger or smaller, for width and height apart */
    double shear;    /* columns a row */
    double shift;    /* pixels, either way */
    double blur;     /* share of a pixel that goes to each neighbour in its row, then its column */
};

extern const struct distort_settings distort_default_settings;

/*
 * `distorted` [height][width] at 0..1 = the picture `grey` [height][width], distorted about its
 * middle as `rng` says; black comes in at the edges, interpolation is bilinear. scratch is of the
 * same size.
 */
void distort_picture(const struct distort_settings *settings, const uint8_t *grey, int width,
                     int height, const struct rng *rng, real *scratch, real *distorted);

#endif
