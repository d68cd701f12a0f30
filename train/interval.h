/*
 * 95 % confidence intervals of what a test split is a sample of.
 */
#ifndef SPIKELOOM_TRAIN_INTERVAL_H
#define SPIKELOOM_TRAIN_INTERVAL_H

#include <stddef.h>

/* NAN where there are too few samples to tell, or no number. */
struct interval {
    double low, high;
};

/*
 * Of a share, `right` out of `count`, by the score method (Wilson, "Probable inference, the law of
 * succession, and statistical inference", JASA 1927): within 0..1, also where all or none is right.
 */
struct interval interval_of_share(double right, double count);

/* Of a mean: 1.96 standard errors either way; values are `stride` apart. */
struct interval interval_of_mean(const double *values, size_t stride, size_t count);

#endif
