#include "core/math/activation.h"

#include <math.h>

/*
 * e^x for |x| <= 700: x = k ln 2 + r with |r| <= ln 2 / 2, then the series of e^r, whose terms
 * after the 14th are below half a unit in the last place. ln 2 is split in two (as in W. J. Cody
 * and W. Waite, "Software Manual for the Elementary Functions", 1980), so that k ln 2 is exact.
 */
static double exponential(double x)
{
    const double log2_e = 1.4426950408889634, ln2_high = 0.693145751953125,
                 ln2_low = 1.4286068203094173e-06;
    double k = floor(x * log2_e + 0.5);
    double r = (x - k * ln2_high) - k * ln2_low;
    double sum = 1;
    for (int i = 14; i >= 1; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}

real activation_sigmoid(real x)
{
    double bounded = x > -700 ? (double)x : -700; /* also where x is no number */
    bounded = bounded < 700 ? bounded : 700;
    return (real)(1 / (1 + exponential(-bounded)));
}
