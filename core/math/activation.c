#include "core/math/activation.h"

#include <stdint.h>
#include <string.h>

/*
 * e^x for |x| <= 700: x = k ln 2 + r with |r| <= ln 2 / 2, then the series of e^r, whose terms
 * after the 14th are below half a unit in the last place. ln 2 is split in two (as in W. J. Cody
 * and W. Waite, "Software Manual for the Elementary Functions", 1980), so that k ln 2 is exact.
 * Without a branch or a call, so that compilers do several at once; each has the same bits however
 * many those are.
 */
static inline double exponential(double x)
{
    static const double term[] = {1.0,
                                  1.0,
                                  1.0 / 2,
                                  1.0 / 6,
                                  1.0 / 24,
                                  1.0 / 120,
                                  1.0 / 720,
                                  1.0 / 5040,
                                  1.0 / 40320,
                                  1.0 / 362880,
                                  1.0 / 3628800,
                                  1.0 / 39916800,
                                  1.0 / 479001600,
                                  1.0 / 6227020800,
                                  1.0 / 87178291200};
    const double log2_e = 1.4426950408889634, ln2_high = 0.693145751953125,
                 ln2_low = 1.4286068203094173e-06;
    const double whole = 0x1.8p52; /* what is added to it is rounded to a whole number */
    double shifted = x * log2_e + whole;
    double k = shifted - whole;
    double r = (x - k * ln2_high) - k * ln2_low;
    double sum = term[14];
    for (int i = 13; i >= 0; i--)
        sum = term[i] + sum * r;
    uint64_t bits; /* the lowest of which are those of k */
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

static inline double sigmoid(double x)
{
    double bounded = x > -700 ? x : -700; /* also where x is no number */
    bounded = bounded < 700 ? bounded : 700;
    return 1 / (1 + exponential(-bounded));
}

real activation_sigmoid(real x)
{
    return (real)sigmoid((double)x);
}

void activation_sigmoid_each(real *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)sigmoid((double)values[i]);
}
