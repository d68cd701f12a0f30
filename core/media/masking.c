#include "core/media/masking.h"

#include "core/base/mem.h"
#include "core/media/loudness.h"

#include <math.h>

enum { MASKING_BLOCK = 256 }; /* random numbers drawn at a time */

/* A constant offset is no sound: it would count as floor. */
static void take_off_mean(struct audio *audio)
{
    double mean = 0;
    for (size_t i = 0; i < audio->num_samples; i++)
        mean += audio->samples[i] / (double)audio->num_samples;
    for (size_t i = 0; i < audio->num_samples; i++)
        audio->samples[i] -= mean;
}

static enum status measure_floor(const struct audio *audio, double *floor, struct error *error)
{
    size_t num_frames = loudness_num_frames(audio);
    *floor = 0;
    if (num_frames == 0)
        return STATUS_OK;
    double *power = mem_alloc(num_frames, sizeof *power);
    if (!power)
        return error_plain(error, STATUS_NO_MEMORY);
    loudness_frames(audio, power);
    *floor = loudness_floor(power, num_frames);
    mem_free(power);
    return STATUS_OK;
}

/* Uniform in -peak .. peak, whose power is a third of peak^2. */
static void add_uniform(struct audio *audio, double peak, const struct rng *rng)
{
    const double unit = 1.0 / 4294967296; /* 2^-32 */
    uint32_t random[MASKING_BLOCK];
    for (size_t first = 0; first < audio->num_samples; first += MASKING_BLOCK) {
        size_t rest = audio->num_samples - first;
        size_t count = rest < MASKING_BLOCK ? rest : MASKING_BLOCK;
        rng_fill(rng, 0, (uint32_t)first, (uint32_t)count, random);
        for (size_t i = 0; i < count; i++)
            audio->samples[first + i] += peak * (2 * (random[i] * unit) - 1);
    }
}

enum status masking_add(struct audio *audio, double share, const struct rng *rng, bool *added,
                        struct error *error)
{
    double floor;
    take_off_mean(audio);
    enum status status = measure_floor(audio, &floor, error);
    double missing = share * loudness_mean_power(audio->samples, audio->num_samples) - floor;
    *added = status == STATUS_OK && missing > 0;
    if (*added)
        add_uniform(audio, sqrt(3 * missing), rng);
    return status;
}
