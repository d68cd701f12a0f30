/*
 * A loss that asks for one thing alone: that a latent is nearer to its target than to any other
 * target. The squared distances to all targets, the anchors, go through a softmax:
 *     loss = -log(exp(-d[target]) / sum over anchors k of exp(-d[k]))
 */
#ifndef SPIKELOOM_TRAIN_CONTRAST_H
#define SPIKELOOM_TRAIN_CONTRAST_H

#include "core/math/real.h"

#include <stddef.h>

enum { CONTRAST_MAX_ANCHORS = 1024 };

struct contrast {
    const real *anchors; /* [num_anchors][units], borrowed */
    int num_anchors;     /* 1 .. CONTRAST_MAX_ANCHORS */
};

/*
 * The loss of one latent [units] whose target [units] is one of the anchors. With p the softmax,
 * gradient [units] = 2 (sum over k of p[k] anchor[k] - target).
 */
double contrast_loss(const struct contrast *contrast, const real *latent, const real *target,
                     size_t units, real *gradient);

#endif
