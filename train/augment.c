#include "train/augment.h"

#include <math.h>
#include <stdbool.h>

const struct augment_settings augment_default_settings = {.stretch = 0.1,
                                                          .shift = 5,
                                                          .channel_shift = 1,
                                                          .noise = 0.2,
                                                          .noise_share = 0.3,
                                                          .masked_frames = 5,
                                                          .masked_channels = 3};

/* Which random number of step 0 decides what. Noise draws from the steps above. */
enum draw {
    DRAW_STRETCH,
    DRAW_SHIFT,
    DRAW_CHANNEL_SHIFT,
    DRAW_NOISE,
    DRAW_NOISE_LEVEL,
    DRAW_FRAME_COUNT,
    DRAW_FRAME_FIRST,
    DRAW_CHANNEL_COUNT,
    DRAW_CHANNEL_FIRST
};

enum { STEP_CHANNEL_NOISE = 1, STEP_NOISE = 2 };

static double draw_uniform(const struct rng *rng, enum draw what)
{
    return (double)rng_uniform(rng, 0, (uint32_t)what);
}

/* Uniform within -range .. range. */
static double draw_within(const struct rng *rng, enum draw what, double range)
{
    return range * (2 * draw_uniform(rng, what) - 1);
}

static double value_at(const struct features *features, int frame, int channel)
{
    if (frame < 0 || frame >= features->num_frames)
        return 0;
    channel = channel < 0 ? 0 : channel;
    channel = channel >= features->num_channels ? features->num_channels - 1 : channel;
    return (double)features->values[frame * features->num_channels + channel];
}

/* Bilinear; silence before and after, the edge channels repeat themselves. */
static double value_between(const struct features *features, double frame, double channel)
{
    int f = (int)floor(frame), c = (int)floor(channel);
    double share_f = frame - f, share_c = channel - c;
    double before =
        (1 - share_c) * value_at(features, f, c) + share_c * value_at(features, f, c + 1);
    double after =
        (1 - share_c) * value_at(features, f + 1, c) + share_c * value_at(features, f + 1, c + 1);
    return (1 - share_f) * before + share_f * after;
}

static void warp(const struct augment_settings *settings, const struct features *features,
                 const struct rng *rng, int num_frames, real *input)
{
    double pace = (double)(features->num_frames - 1) / (num_frames - 1);
    double stretched = pace * (1 + draw_within(rng, DRAW_STRETCH, settings->stretch));
    double shift = pace * draw_within(rng, DRAW_SHIFT, settings->shift);
    double channel_shift = draw_within(rng, DRAW_CHANNEL_SHIFT, settings->channel_shift);
    double middle = (features->num_frames - 1) / 2.0 + shift;
    for (int frame = 0; frame < num_frames; frame++) {
        double place = middle + (frame - (num_frames - 1) / 2.0) * stretched;
        for (int channel = 0; channel < features->num_channels; channel++)
            *input++ = (real)value_between(features, place, channel + channel_shift);
    }
}

/* Features are roots of energies, so energies add: sqrt(value^2 + noise^2). */
static void add_noise(const struct augment_settings *settings, const struct rng *rng,
                      int num_frames, int num_channels, real *input)
{
    if (draw_uniform(rng, DRAW_NOISE) >= settings->noise_share)
        return;
    double level = settings->noise * draw_uniform(rng, DRAW_NOISE_LEVEL);
    for (int channel = 0; channel < num_channels; channel++) {
        double color = (double)rng_uniform(rng, STEP_CHANNEL_NOISE, (uint32_t)channel);
        for (int frame = 0; frame < num_frames; frame++) {
            real *value = &input[frame * num_channels + channel];
            double noise =
                level * color *
                (double)rng_uniform(rng, STEP_NOISE, (uint32_t)(frame * num_channels + channel));
            *value = (real)sqrt((double)*value * (double)*value + noise * noise);
        }
    }
}

/* A run of at most `most` of `total`, its length and place drawn. */
static int draw_run(const struct rng *rng, enum draw count_draw, enum draw first_draw, int most,
                    int total, int *first)
{
    int count = (int)(draw_uniform(rng, count_draw) * ((most < total ? most : total) + 1));
    *first = (int)(draw_uniform(rng, first_draw) * (total - count + 1));
    return count;
}

static void mask(const struct augment_settings *settings, const struct rng *rng, int num_frames,
                 int num_channels, real *input)
{
    int first;
    int count = draw_run(rng, DRAW_FRAME_COUNT, DRAW_FRAME_FIRST, settings->masked_frames,
                         num_frames, &first);
    for (int i = first * num_channels; i < (first + count) * num_channels; i++)
        input[i] = 0;
    count = draw_run(rng, DRAW_CHANNEL_COUNT, DRAW_CHANNEL_FIRST, settings->masked_channels,
                     num_channels, &first);
    for (int frame = 0; frame < num_frames; frame++)
        for (int channel = first; channel < first + count; channel++)
            input[frame * num_channels + channel] = 0;
}

void augment_features(const struct augment_settings *settings,
                      const struct front_end_settings *front_end, const struct features *features,
                      const struct rng *rng, real *input)
{
    int num_frames = front_end->num_frames, num_channels = features->num_channels;
    warp(settings, features, rng, num_frames, input);
    add_noise(settings, rng, num_frames, num_channels, input);
    mask(settings, rng, num_frames, num_channels, input);
    front_end_standardize(front_end, num_channels, input);
}
