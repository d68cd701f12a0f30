#include "train/interval.h"

#include <math.h>

static const double deviations = 1.959963984540054; /* either side of a normal's middle 95 % */

struct interval interval_of_share(double right, double count)
{
    if (!(count >= 1) || !(right >= 0))
        return (struct interval){NAN, NAN};
    double share = right / count, z = deviations * deviations / count;
    double middle = (share + z / 2) / (1 + z);
    double reach = deviations * sqrt(share * (1 - share) / count + z / (4 * count)) / (1 + z);
    /* rounding must not put the ends of 0 and 1 beside them */
    return (struct interval){right > 0 ? middle - reach : 0, right < count ? middle + reach : 1};
}

struct interval interval_of_mean(const double *values, size_t stride, size_t count)
{
    double mean = 0, squares = 0;
    if (count < 2)
        return (struct interval){NAN, NAN};
    for (size_t i = 0; i < count; i++)
        mean += values[i * stride] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i * stride] - mean) * (values[i * stride] - mean);
    double reach = deviations * sqrt(squares / (double)(count - 1) / (double)count);
    return (struct interval){mean - reach, mean + reach};
}
