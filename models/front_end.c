#include "models/front_end.h"

#include "core/base/mem.h"
#include "core/media/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Recordings whose peak is below this (-80 dB of full scale) hold nothing but rounding noise. */
static const double front_end_silence_peak = 1e-4;

enum { FRONT_END_MAX_FRAMES = 4096 };

void features_free(struct features *features)
{
    mem_free(features->values);
    *features = (struct features){0};
}

static bool endpoints_valid(const struct endpoints_settings *settings)
{
    return settings->level >= 0 && settings->level < 1 && settings->above_floor >= 0 &&
           settings->above_floor <= 1e6 && settings->margin >= 0 && settings->margin <= 1;
}

enum status front_end_validate(const struct front_end_settings *settings, struct error *error)
{
    int decimation = settings->cochlea.decimation;
    bool valid =
        settings->cochlea.sample_rate_hz >= 1000 && settings->cochlea.sample_rate_hz <= 192000 &&
        settings->peak_level > 0 && settings->peak_level <= 1 && decimation >= 1 &&
        settings->frame_samples >= 1 && settings->frame_samples % decimation == 0 &&
        settings->trim_level >= 0 && settings->trim_level < 1 &&
        endpoints_valid(&settings->endpoints) && settings->trim_margin_frames >= 0 &&
        settings->trim_margin_frames <= FRONT_END_MAX_FRAMES && settings->num_frames >= 2 &&
        settings->num_frames <= FRONT_END_MAX_FRAMES && settings->floor_removal >= 0 &&
        settings->floor_removal <= 10 && settings->mean_removal >= 0 &&
        settings->mean_removal <= 1 && settings->doubt_margin >= 0 && settings->doubt_margin <= 1;
    return valid ? STATUS_OK
                 : error_set(error, STATUS_INVALID_ARGUMENT,
                             "A setting of the front end is out of its range.");
}

/* The largest magnitude around the mean, which is stored as well. */
static double measure_peak(const struct audio *audio, double *mean)
{
    double peak = 0;
    *mean = 0;
    for (size_t i = 0; i < audio->num_samples; i++)
        *mean += audio->samples[i] / (double)audio->num_samples;
    for (size_t i = 0; i < audio->num_samples; i++) {
        double magnitude = fabs(audio->samples[i] - *mean);
        peak = magnitude > peak ? magnitude : peak;
    }
    return peak;
}

bool front_end_is_silent(const struct audio *audio)
{
    double mean;
    return measure_peak(audio, &mean) < front_end_silence_peak;
}

/* Takes off the mean and scales to the peak level. UNUSABLE when there is no sound. */
static enum status level_audio(struct audio *audio, double peak_level, struct error *error)
{
    double mean, peak = measure_peak(audio, &mean);
    if (peak < front_end_silence_peak)
        return error_set(error, STATUS_UNUSABLE, "The recording is silent.");
    for (size_t i = 0; i < audio->num_samples; i++)
        audio->samples[i] = (audio->samples[i] - mean) / peak * peak_level;
    return STATUS_OK;
}

/* Cuts the silence at both ends. */
static enum status cut_silence(const struct endpoints_settings *settings, struct audio *audio,
                               struct error *error)
{
    size_t first, last;
    if (!(settings->level > 0))
        return STATUS_OK;
    enum status status = endpoints_find(audio, settings, &first, &last, error);
    if (status != STATUS_OK)
        return status;
    memmove(audio->samples, audio->samples + first, (last - first) * sizeof *audio->samples);
    audio->num_samples = last - first;
    return STATUS_OK;
}

/* Averages `group` consecutive cochlea frames into one; the remainder is dropped. */
static void average_frames(const double *cochleagram, int group, int num_channels, int num_frames,
                           double *frames)
{
    for (int frame = 0; frame < num_frames; frame++) {
        for (int channel = 0; channel < num_channels; channel++) {
            double sum = 0;
            for (int i = 0; i < group; i++)
                sum +=
                    cochleagram[((size_t)frame * (size_t)group + (size_t)i) * (size_t)num_channels +
                                (size_t)channel];
            frames[(size_t)frame * (size_t)num_channels + (size_t)channel] = sum / group;
        }
    }
}

static int compare_energies(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The mean of a channel's quietest frames, a fifth of all. sorted [num_frames] is scratch. */
static double channel_floor(const double *frames, int num_frames, int num_channels, int channel,
                            double *sorted)
{
    int quietest = num_frames / 5 + 1;
    double sum = 0;
    for (int frame = 0; frame < num_frames; frame++)
        sorted[frame] = frames[(size_t)frame * (size_t)num_channels + (size_t)channel];
    qsort(sorted, (size_t)num_frames, sizeof *sorted, compare_energies);
    for (int i = 0; i < quietest; i++)
        sum += sorted[i];
    return sum / quietest;
}

/* Takes `removal` times what a channel never falls below, its noise, off all of its frames. */
static enum status remove_floor(double removal, double *frames, int num_frames, int num_channels,
                                struct error *error)
{
    if (!(removal > 0))
        return STATUS_OK;
    double *sorted = mem_alloc((size_t)num_frames, sizeof *sorted);
    if (!sorted)
        return error_plain(error, STATUS_NO_MEMORY);
    for (int channel = 0; channel < num_channels; channel++) {
        double floor = channel_floor(frames, num_frames, num_channels, channel, sorted);
        for (int frame = 0; frame < num_frames; frame++) {
            double *energy = &frames[(size_t)frame * (size_t)num_channels + (size_t)channel];
            *energy = fmax(*energy - removal * floor, 0);
        }
    }
    mem_free(sorted);
    return STATUS_OK;
}

static double frame_energy(const double *frames, int frame, int num_channels)
{
    double energy = 0;
    for (int channel = 0; channel < num_channels; channel++)
        energy += frames[(size_t)frame * (size_t)num_channels + (size_t)channel];
    return energy;
}

/* The frames first .. last - 1 that remain when quiet ends are cut. */
static void trim_frames(const struct front_end_settings *settings, const double *frames,
                        int num_frames, int num_channels, int *first, int *last)
{
    double loudest = 0;
    for (int frame = 0; frame < num_frames; frame++)
        loudest = fmax(loudest, frame_energy(frames, frame, num_channels));
    double level = settings->trim_level * loudest;
    int begin = 0, end = num_frames;
    while (begin < end && frame_energy(frames, begin, num_channels) < level)
        begin++;
    while (end > begin && frame_energy(frames, end - 1, num_channels) < level)
        end--;
    begin -= settings->trim_margin_frames;
    end += settings->trim_margin_frames;
    *first = begin > 0 ? begin : 0;
    *last = end < num_frames ? end : num_frames;
}

/* features = the (square root of) frames over their maximum, of frames first .. last - 1. */
static enum status compress_frames(enum front_end_amplitude amplitude, const double *frames,
                                   int first, int last, int num_channels, struct features *features,
                                   struct error *error)
{
    size_t count = (size_t)(last - first) * (size_t)num_channels;
    const double *kept = frames + (size_t)first * (size_t)num_channels;
    double loudest = 0;
    for (size_t i = 0; i < count; i++)
        loudest = kept[i] > loudest ? kept[i] : loudest;
    if (last - first < 2 || !(loudest > 0))
        return error_set(error, STATUS_UNUSABLE, "The recording holds no sound to work with.");
    real *values = mem_alloc(count, sizeof *values);
    if (!values)
        return error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        values[i] =
            (real)(amplitude == FRONT_END_ROOT ? sqrt(kept[i] / loudest) : kept[i] / loudest);
    *features = (struct features){values, last - first, num_channels};
    return STATUS_OK;
}

enum status front_end_features(const struct front_end_settings *settings,
                               const struct cochlea_design *cochlea, struct audio *audio,
                               struct features *features, struct error *error)
{
    double *cochleagram = NULL, *frames = NULL;
    *features = (struct features){0};
    enum status status = resample(audio, (int)settings->cochlea.sample_rate_hz, error);
    if (status == STATUS_OK)
        status = level_audio(audio, settings->peak_level, error);
    if (status == STATUS_OK)
        status = cut_silence(&settings->endpoints, audio, error);
    if (status != STATUS_OK)
        return status;

    int group = settings->frame_samples / settings->cochlea.decimation;
    size_t channels = (size_t)cochlea->num_channels;
    size_t num_cochlea_frames = cochlea_num_frames(cochlea, audio->num_samples);
    int num_frames = (int)(num_cochlea_frames / (size_t)group), first, last;
    if (num_frames < 2)
        return error_set(error, STATUS_UNUSABLE, "The recording is too short to be a word.");
    cochleagram = mem_alloc(num_cochlea_frames * channels, sizeof *cochleagram);
    frames = mem_alloc((size_t)num_frames * channels, sizeof *frames);
    if (!cochleagram || !frames) {
        status = error_plain(error, STATUS_NO_MEMORY);
        goto done;
    }
    status = cochlea_run(cochlea, audio->samples, audio->num_samples, cochleagram, error);
    if (status != STATUS_OK)
        goto done;
    average_frames(cochleagram, group, cochlea->num_channels, num_frames, frames);
    status =
        remove_floor(settings->floor_removal, frames, num_frames, cochlea->num_channels, error);
    if (status != STATUS_OK)
        goto done;
    trim_frames(settings, frames, num_frames, cochlea->num_channels, &first, &last);
    status = compress_frames(settings->amplitude, frames, first, last, cochlea->num_channels,
                             features, error);
done:
    mem_free(cochleagram);
    mem_free(frames);
    return status;
}

/* One frame between frames, by linear interpolation at `place` (0 .. num_frames - 1). */
static void interpolate_frame(const struct features *features, double place, real *out)
{
    int frame = (int)place;
    if (frame > features->num_frames - 2)
        frame = features->num_frames - 2;
    real share = (real)(place - frame);
    const real *before = features->values + (size_t)frame * (size_t)features->num_channels;
    const real *after = before + features->num_channels;
    for (int channel = 0; channel < features->num_channels; channel++)
        out[channel] = before[channel] + share * (after[channel] - before[channel]);
}

static void remove_channel_means(real *input, int num_frames, int num_channels, double removal)
{
    for (int channel = 0; channel < num_channels; channel++) {
        double mean = 0;
        for (int frame = 0; frame < num_frames; frame++)
            mean += (double)input[frame * num_channels + channel] / num_frames;
        for (int frame = 0; frame < num_frames; frame++)
            input[frame * num_channels + channel] -= (real)(removal * mean);
    }
}

static void divide_by_deviation(real *input, int count)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < count; i++)
        mean += (double)input[i] / count;
    for (int i = 0; i < count; i++)
        variance += ((double)input[i] - mean) * ((double)input[i] - mean) / count;
    if (variance <= 0)
        return;
    real scale = (real)(1 / sqrt(variance));
    for (int i = 0; i < count; i++)
        input[i] *= scale;
}

void front_end_standardize(const struct front_end_settings *settings, int num_channels, real *input)
{
    if (settings->mean_removal > 0)
        remove_channel_means(input, settings->num_frames, num_channels, settings->mean_removal);
    if (settings->scale == FRONT_END_DEVIATION)
        divide_by_deviation(input, settings->num_frames * num_channels);
}

static void stretch_frames(const struct features *features, int num_frames, real *input)
{
    double pace = (double)(features->num_frames - 1) / (num_frames - 1);
    for (int frame = 0; frame < num_frames; frame++)
        interpolate_frame(features, frame * pace,
                          input + (size_t)frame * (size_t)features->num_channels);
}

static void pad_frames(const struct features *features, int num_frames, real *input)
{
    int kept = features->num_frames < num_frames ? features->num_frames : num_frames;
    size_t count = (size_t)kept * (size_t)features->num_channels;
    size_t all = (size_t)num_frames * (size_t)features->num_channels;
    memcpy(input, features->values, count * sizeof *input);
    memset(input + count, 0, (all - count) * sizeof *input);
}

void front_end_normalize(const struct front_end_settings *settings, const struct features *features,
                         real *input)
{
    if (settings->fit == FRONT_END_STRETCH)
        stretch_frames(features, settings->num_frames, input);
    else
        pad_frames(features, settings->num_frames, input);
    front_end_standardize(settings, features->num_channels, input);
}

enum status front_end_run(const struct network *network, struct audio *audio, real *input,
                          struct error *error)
{
    struct features features;
    enum status status =
        front_end_features(&network->front_end, &network->cochlea, audio, &features, error);
    if (status != STATUS_OK)
        return status;
    front_end_normalize(&network->front_end, &features, input);
    features_free(&features);
    return STATUS_OK;
}
