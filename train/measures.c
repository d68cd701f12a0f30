#include "train/measures.h"

#include <math.h>

double measures_mse(const real *reference, const real *output, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = (double)reference[i] - (double)output[i];
        sum += difference * difference;
    }
    return sum / (double)count;
}

struct moments {
    double mean, deviation;
};

static struct moments measure_moments(const real *values, size_t count)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        mean += (double)values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - mean) * ((double)values[i] - mean);
    double deviation = count > 1 ? sqrt(squares / (double)(count - 1)) : 0;
    return (struct moments){mean, deviation > 0 ? deviation : 1};
}

double measures_standardized_mse(const real *reference, const real *output, size_t count)
{
    struct moments r = measure_moments(reference, count), o = measure_moments(output, count);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = ((double)reference[i] - r.mean) / r.deviation -
                            ((double)output[i] - o.mean) / o.deviation;
        sum += difference * difference;
    }
    return sum / (double)count;
}
