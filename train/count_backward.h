/*
 * The backward pass through a dense layer whose units have no other loss than one on their counts
 * of spikes: the last one. Where a count is as wanted, its loss has no gradient, and dL/dI of that
 * unit is exactly 0 at all steps of the sample; so are most pixels of a picture of strokes. Such
 * units are left out, here and in the products with the weights, of which rows are selected
 * (kernels.multiply). The gradients are those that products over all units give.
 */
#ifndef SPIKELOOM_TRAIN_COUNT_BACKWARD_H
#define SPIKELOOM_TRAIN_COUNT_BACKWARD_H

#include "models/network.h"
#include "train/unroll.h"

#include <stddef.h>

struct count_backward; /* what the passes of one thread work with */

/* For a dense layer of that shape; NULL when memory is out. */
struct count_backward *count_backward_new(const struct layer_shape *shape, int num_steps);
void count_backward_free(struct count_backward *backward); /* allows NULL */

/* Where the gradients go, and what the layer was given. */
struct count_backward_pass {
    const real *input; /* [num_steps][samples][inputs] */
    size_t num_samples;
    real *input_gradient;                  /* [num_steps][samples][inputs]; NULL: not wanted */
    real *weight_gradient, *bias_gradient; /* [inputs][units], [units]; NULL: not wanted */
};

/*
 * From the layer's potentials and count gradients in `unroll`, of which nothing is changed and
 * `keep` and `gradient` are NULL.
 */
void count_backward_run(struct count_backward *backward, const struct layer *layer,
                        const struct unroll *unroll, const struct count_backward_pass *pass);

#endif
