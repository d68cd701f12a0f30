#include "core/media/cochlea.h"

#include "core/base/cpu.h"
#include "core/base/mem.h"
#include "core/media/cochlea_kernels.h"

#include <math.h>
#include <stdbool.h>

/* Facts of the report and of its program; frequencies in Hz, times in seconds. */
#define COCHLEA_PI          3.14159265358979323846
#define COCHLEA_CORNER_HZ   1000.0 /* below it bandwidths stop shrinking */
#define COCHLEA_EMPHASIS_HZ 300.0
#define COCHLEA_ZERO_OFFSET 1.5 /* of a zero above its pole, in channel steps */
#define COCHLEA_SHARPNESS   5.0 /* of a zero over its pole */

static const double cochlea_gain_targets[COCHLEA_GAIN_STAGES] = {.0032, .0016, .0008, .0004};
static const double cochlea_gain_times_s[COCHLEA_GAIN_STAGES] = {.64, .16, .04, .01};

#define COCHLEA_MAX_COEFFICIENT 1e6
#define COCHLEA_MAX_DECIMATION  1000000

static double cochlea_bandwidth(double frequency_hz, double ear_q)
{
    return hypot(frequency_hz, COCHLEA_CORNER_HZ) / ear_q;
}

/* 1 + c1 z^-1 + c2 z^-2 with a pair of roots of that frequency and quality. */
static void cochlea_root_pair(double frequency_hz, double q, double sample_rate_hz, double *c1,
                              double *c2)
{
    double cycles = frequency_hz / sample_rate_hz;
    double rho = exp(-COCHLEA_PI * cycles / q);
    double theta = 2 * COCHLEA_PI * cycles * sqrt(1 - 1 / (4 * q * q));
    *c1 = -2 * rho * cos(theta);
    *c2 = rho * rho;
}

/* The highest frequency, where the spacing of channels starts. */
static double cochlea_top_hz(const struct cochlea_settings *settings)
{
    double nyquist_hz = settings->sample_rate_hz / 2;
    double step_hz = settings->step_factor * cochlea_bandwidth(nyquist_hz, settings->ear_q);
    return nyquist_hz - (COCHLEA_ZERO_OFFSET - 1) * step_hz;
}

/* Channels are evenly spaced in asinh(frequency / corner), down to where Q becomes one half. */
static double cochlea_count_channels(const struct cochlea_settings *settings, double top_hz)
{
    double low_hz = COCHLEA_CORNER_HZ / sqrt(4 * settings->ear_q * settings->ear_q - 1);
    double span = asinh(top_hz / COCHLEA_CORNER_HZ) - asinh(low_hz / COCHLEA_CORNER_HZ);
    return floor(span * settings->ear_q / settings->step_factor);
}

static void cochlea_center_frequencies(const struct cochlea_settings *settings, double top_hz,
                                       struct cochlea_design *design)
{
    double top = asinh(top_hz / COCHLEA_CORNER_HZ);
    double step = settings->step_factor / settings->ear_q;
    for (int c = 0; c < design->num_channels; c++)
        design->center_frequencies_hz[c] = COCHLEA_CORNER_HZ * sinh(top - (c + 1) * step);
}

/* Pre-emphasis and its compensation; both have gain 1 at a quarter of the sample rate. */
static void cochlea_front_sections(const struct cochlea_settings *settings, double top_hz,
                                   struct cochlea_design *design)
{
    struct cochlea_section *emphasis = &design->sections[0];
    double root = exp(-2 * COCHLEA_PI * COCHLEA_EMPHASIS_HZ / settings->sample_rate_hz);
    double gain = 1 / hypot(1, root);
    *emphasis = (struct cochlea_section){.a1 = gain, .a2 = -gain * root};

    struct cochlea_section *compensation = &design->sections[1];
    double center_hz = design->center_frequencies_hz[0];
    double q = center_hz / cochlea_bandwidth(center_hz, settings->ear_q);
    *compensation = (struct cochlea_section){0};
    cochlea_root_pair(top_hz, q, settings->sample_rate_hz, &compensation->b1, &compensation->b2);
    gain = hypot(1 - compensation->b2, compensation->b1) / 2;
    compensation->a0 = gain;
    compensation->a2 = -gain;
}

/* The section of one channel: a pole pair at its centre frequency, a sharper zero pair above. */
static struct cochlea_section cochlea_channel_section(const struct cochlea_settings *settings,
                                                      double center_hz, double dc_gain)
{
    struct cochlea_section section;
    double bandwidth_hz = cochlea_bandwidth(center_hz, settings->ear_q);
    double zero_hz = center_hz + COCHLEA_ZERO_OFFSET * settings->step_factor * bandwidth_hz;
    cochlea_root_pair(center_hz, center_hz / bandwidth_hz, settings->sample_rate_hz, &section.b1,
                      &section.b2);
    cochlea_root_pair(zero_hz, COCHLEA_SHARPNESS * zero_hz / bandwidth_hz, settings->sample_rate_hz,
                      &section.a1, &section.a2);
    section.a0 = dc_gain * (1 + section.b1 + section.b2) / (1 + section.a1 + section.a2);
    section.a1 *= section.a0;
    section.a2 *= section.a0;
    return section;
}

static void cochlea_channel_sections(const struct cochlea_settings *settings,
                                     struct cochlea_design *design)
{
    const double *center_hz = design->center_frequencies_hz;
    for (int c = 0; c < design->num_channels; c++) {
        int lower = c ? c : 1;
        double dc_gain = center_hz[lower - 1] / center_hz[lower];
        design->sections[COCHLEA_FRONT_SECTIONS + c] =
            cochlea_channel_section(settings, center_hz[c], dc_gain);
    }
}

static bool cochlea_settings_valid(const struct cochlea_settings *settings)
{
    return isfinite(settings->sample_rate_hz) && settings->sample_rate_hz > 0 &&
           isfinite(settings->ear_q) && settings->ear_q > 0.5 && isfinite(settings->step_factor) &&
           settings->step_factor > 0 && settings->decimation > 0 &&
           settings->decimation <= COCHLEA_MAX_DECIMATION;
}

static bool cochlea_section_valid(const struct cochlea_section *section)
{
    const double values[] = {section->a0, section->a1, section->a2, section->b1, section->b2};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (!(fabs(values[i]) <= COCHLEA_MAX_COEFFICIENT))
            return false;
    /* the triangle in which both poles lie inside the unit circle */
    return fabs(section->b2) < 1 && fabs(section->b1) < 1 + section->b2;
}

static bool cochlea_gains_valid(const struct cochlea_design *design)
{
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++) {
        double target = design->gain_target[stage], epsilon = design->gain_epsilon[stage];
        if (!(target >= 1 / COCHLEA_MAX_COEFFICIENT && target <= COCHLEA_MAX_COEFFICIENT))
            return false;
        if (!(epsilon > 0 && epsilon <= 1))
            return false;
    }
    return design->smooth_pole >= 0 && design->smooth_pole < 1;
}

/* NULL, or what is wrong. */
static const char *cochlea_defect(const struct cochlea_design *design)
{
    for (int s = 0; s < design->num_channels + COCHLEA_FRONT_SECTIONS; s++)
        if (!cochlea_section_valid(&design->sections[s]))
            return "has a filter that is not finite or not stable";
    for (int c = 0; c < design->num_channels; c++)
        if (!(design->center_frequencies_hz[c] > 0) || !isfinite(design->center_frequencies_hz[c]))
            return "has a centre frequency that is not a positive number";
    if (!cochlea_gains_valid(design))
        return "has a gain control or a decimation filter out of range";
    return NULL;
}

enum status cochlea_design(const struct cochlea_settings *settings, struct cochlea_design *design,
                           struct error *error)
{
    if (!cochlea_settings_valid(settings))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The cochlea needs positive settings, and an ear Q above 0.5.");
    double top_hz = cochlea_top_hz(settings);
    double channels = cochlea_count_channels(settings, top_hz);
    /* the second channel sets the gain of the first */
    if (!(channels >= 2 && channels <= COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The cochlea's settings give %.0f channels, not 2 to %d.", channels,
                         COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS);
    *design = (struct cochlea_design){.num_channels = (int)channels,
                                      .decimation = settings->decimation,
                                      .smooth_pole = exp(-1 / (3.0 * settings->decimation))};
    cochlea_center_frequencies(settings, top_hz, design);
    cochlea_front_sections(settings, top_hz, design);
    cochlea_channel_sections(settings, design);
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++) {
        design->gain_target[stage] = cochlea_gain_targets[stage];
        design->gain_epsilon[stage] =
            1 - exp(-1 / (cochlea_gain_times_s[stage] * settings->sample_rate_hz));
    }
    const char *defect = cochlea_defect(design);
    if (defect)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The cochlea of these settings %s.",
                         defect);
    return STATUS_OK;
}

enum { COCHLEA_SECTION_VALUES = sizeof(struct cochlea_section) / sizeof(double) };

size_t cochlea_flat_size(int num_channels)
{
    return (size_t)(num_channels + COCHLEA_FRONT_SECTIONS) * COCHLEA_SECTION_VALUES +
           (size_t)num_channels + 2 * COCHLEA_GAIN_STAGES + 1;
}

void cochlea_flatten(const struct cochlea_design *design, double *flat)
{
    for (int s = 0; s < design->num_channels + COCHLEA_FRONT_SECTIONS; s++) {
        const struct cochlea_section *section = &design->sections[s];
        *flat++ = section->a0;
        *flat++ = section->a1;
        *flat++ = section->a2;
        *flat++ = section->b1;
        *flat++ = section->b2;
    }
    for (int c = 0; c < design->num_channels; c++)
        *flat++ = design->center_frequencies_hz[c];
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++)
        *flat++ = design->gain_target[stage];
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++)
        *flat++ = design->gain_epsilon[stage];
    *flat = design->smooth_pole;
}

enum status cochlea_unflatten(const double *flat, int num_channels, int decimation,
                              struct cochlea_design *design, struct error *error)
{
    if (num_channels < 1 || num_channels > COCHLEA_MAX_SECTIONS - COCHLEA_FRONT_SECTIONS ||
        decimation < 1 || decimation > COCHLEA_MAX_DECIMATION)
        return error_set(error, STATUS_MALFORMED,
                         "A cochlea of %d channels and decimation %d is out of range.",
                         num_channels, decimation);
    *design = (struct cochlea_design){.num_channels = num_channels, .decimation = decimation};
    for (int s = 0; s < num_channels + COCHLEA_FRONT_SECTIONS; s++) {
        design->sections[s] = (struct cochlea_section){flat[0], flat[1], flat[2], flat[3], flat[4]};
        flat += COCHLEA_SECTION_VALUES;
    }
    for (int c = 0; c < num_channels; c++)
        design->center_frequencies_hz[c] = *flat++;
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++)
        design->gain_target[stage] = *flat++;
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++)
        design->gain_epsilon[stage] = *flat++;
    design->smooth_pole = *flat;
    const char *defect = cochlea_defect(design);
    if (defect)
        return error_set(error, STATUS_MALFORMED, "The cochlea %s.", defect);
    return STATUS_OK;
}

size_t cochlea_num_frames(const struct cochlea_design *design, size_t num_samples)
{
    return num_samples / (size_t)design->decimation;
}

enum status cochlea_run(const struct cochlea_design *design, const double *samples,
                        size_t num_samples, double *frames, struct error *error)
{
    const struct cochlea_kernels *kernels = cochlea_kernels_get(cpu_level());
    void *scratch =
        mem_alloc(1, kernels->scratch_size(design->num_channels + COCHLEA_FRONT_SECTIONS));
    if (!scratch)
        return error_plain(error, STATUS_NO_MEMORY);
    kernels->run(design, samples, cochlea_num_frames(design, num_samples), frames, scratch);
    mem_free(scratch);
    return STATUS_OK;
}
