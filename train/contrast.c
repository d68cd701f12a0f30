#include "train/contrast.h"

#include <float.h>
#include <math.h>

static double squared_distance(const real *a, const real *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)(a[i] - b[i]) * (double)(a[i] - b[i]);
    return sum;
}

static int find_target(const struct contrast *contrast, const real *target, size_t units)
{
    double nearest = HUGE_VAL;
    int place = 0;
    for (int k = 0; k < contrast->num_anchors; k++) {
        double distance = squared_distance(target, contrast->anchors + (size_t)k * units, units);
        place = distance < nearest ? k : place;
        nearest = fmin(nearest, distance);
    }
    return place;
}

/* share [num_anchors] = the softmax of the negative distances. */
static void soften(const struct contrast *contrast, const real *latent, size_t units, double *share)
{
    double nearest = HUGE_VAL, sum = 0;
    for (int k = 0; k < contrast->num_anchors; k++) {
        share[k] = squared_distance(latent, contrast->anchors + (size_t)k * units, units);
        nearest = fmin(nearest, share[k]);
    }
    for (int k = 0; k < contrast->num_anchors; k++)
        sum += share[k] = exp(nearest - share[k]);
    for (int k = 0; k < contrast->num_anchors; k++)
        share[k] /= sum;
}

double contrast_loss(const struct contrast *contrast, const real *latent, const real *target,
                     size_t units, real *gradient)
{
    double share[CONTRAST_MAX_ANCHORS];
    int place = find_target(contrast, target, units);
    soften(contrast, latent, units, share);
    double loss = -log(fmax(share[place], DBL_MIN));
    share[place] -= 1;
    for (size_t unit = 0; unit < units; unit++) {
        double pull = 0;
        for (int k = 0; k < contrast->num_anchors; k++)
            pull += share[k] * (double)contrast->anchors[(size_t)k * units + unit];
        gradient[unit] = (real)(2 * pull);
    }
    return loss;
}
