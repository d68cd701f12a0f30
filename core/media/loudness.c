#include "core/media/loudness.h"

#include <stdlib.h>

enum { LOUDNESS_FLOOR_SHARE = 10 };

double loudness_mean_power(const double *samples, size_t count)
{
    double power = 0;
    for (size_t i = 0; i < count; i++)
        power += samples[i] * samples[i] / (double)count;
    return power;
}

size_t loudness_frame_samples(const struct audio *audio)
{
    return (size_t)audio->sample_rate_hz / LOUDNESS_FRAMES_PER_SECOND;
}

size_t loudness_num_frames(const struct audio *audio)
{
    size_t frame_samples = loudness_frame_samples(audio);
    return frame_samples ? audio->num_samples / frame_samples : 0;
}

void loudness_frames(const struct audio *audio, double *power)
{
    size_t frame_samples = loudness_frame_samples(audio), num_frames = loudness_num_frames(audio);
    for (size_t frame = 0; frame < num_frames; frame++)
        power[frame] = loudness_mean_power(audio->samples + frame * frame_samples, frame_samples);
}

static int compare_powers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double loudness_floor(double *power, size_t num_frames)
{
    size_t quiet = (num_frames + LOUDNESS_FLOOR_SHARE - 1) / LOUDNESS_FLOOR_SHARE;
    double floor = 0;
    qsort(power, num_frames, sizeof *power, compare_powers);
    for (size_t i = 0; i < quiet; i++)
        floor += power[i] / (double)quiet;
    return floor;
}
