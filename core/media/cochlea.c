#include "core/media/cochlea.h"

#include "core/base/mem.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Facts of the report and of its program; frequencies in Hz, times in seconds. */
#define COCHLEA_PI           3.14159265358979323846
#define COCHLEA_CORNER_HZ    1000.0 /* below it bandwidths stop shrinking */
#define COCHLEA_EMPHASIS_HZ  300.0
#define COCHLEA_ZERO_OFFSET  1.5 /* of a zero above its pole, in channel steps */
#define COCHLEA_SHARPNESS    5.0 /* of a zero over its pole */
#define COCHLEA_GAIN_CEILING 0.9

static const double cochlea_gain_targets[COCHLEA_GAIN_STAGES] = {.0032, .0016, .0008, .0004};
static const double cochlea_gain_times_s[COCHLEA_GAIN_STAGES] = {.64, .16, .04, .01};

/*
 * Values below the first count as 0 in every feedback path: a cascade that dies away would spend
 * a long silence in subnormal numbers, many times slower on most processors. Values beyond the
 * second are cut, so that squares of them stay finite. Sound is nowhere near either.
 */
#define COCHLEA_TINY 1e-150
#define COCHLEA_HUGE 1e+100

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

/*
 * The ear at work. Arrays run over sections, front ones included, so that each loop over them is
 * a loop of independent lanes. The cascade is made one by letting time slant: while section s is
 * at sample n, section s + 1 is at sample n - 1, whose output of s is there since the last wave.
 * So wave w computes section s at sample w - s, and a row of all sections at one sample is whole
 * num_sections - 1 waves after its first.
 */
struct cochlea_state {
    int num_sections;
    double a0[COCHLEA_MAX_SECTIONS], a1[COCHLEA_MAX_SECTIONS], a2[COCHLEA_MAX_SECTIONS];
    double b1[COCHLEA_MAX_SECTIONS], b2[COCHLEA_MAX_SECTIONS];
    double delay[2][COCHLEA_MAX_SECTIONS]; /* of the sections, transposed direct form */
    double in[COCHLEA_MAX_SECTIONS];
    double out[COCHLEA_MAX_SECTIONS]; /* of the last wave */
    /* [s + 1] belongs to section s; the ends repeat the first and the last */
    double gain[COCHLEA_GAIN_STAGES][COCHLEA_MAX_SECTIONS + 2];
    double smooth[2][COCHLEA_MAX_SECTIONS]; /* the two poles of the decimation filter */
    double rows[]; /* [num_sections][num_sections]: samples that are not whole, the outputs
                      half-wave rectified */
};

/*
 * The loops that take the time are compiled twice, for wider registers as well; no bit depends on
 * which of the two runs. The thread sanitizer is not ready yet when the choice is made.
 */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COCHLEA_NARROW
#endif
#elif defined(__SANITIZE_THREAD__)
#define COCHLEA_NARROW
#endif
#if defined(__x86_64__) && !defined(COCHLEA_NARROW)
#define COCHLEA_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define COCHLEA_WIDE
#endif

static inline double cochlea_bounded(double value)
{
    value = fabs(value) < COCHLEA_TINY ? 0 : value;
    value = value > COCHLEA_HUGE ? COCHLEA_HUGE : value;
    return value < -COCHLEA_HUGE ? -COCHLEA_HUGE : value;
}

static inline double cochlea_settled(double value)
{
    return value < COCHLEA_TINY ? 0 : value;
}

static inline double cochlea_rectified(double value)
{
    return value > 0 ? value : 0;
}

/* One wave: each section takes what the one before it gave in the last wave. */
COCHLEA_WIDE static void cochlea_wave(struct cochlea_state *restrict state, double sample)
{
    const double *restrict a0 = state->a0, *restrict a1 = state->a1, *restrict a2 = state->a2;
    const double *restrict b1 = state->b1, *restrict b2 = state->b2;
    double *restrict in = state->in, *restrict out = state->out;
    double *restrict first = state->delay[0], *restrict second = state->delay[1];
    memcpy(in + 1, out, (size_t)(state->num_sections - 1) * sizeof *in);
    in[0] = cochlea_bounded(sample);
    for (int s = 0; s < state->num_sections; s++) {
        double given = cochlea_bounded(a0[s] * in[s] + first[s]);
        first[s] = a1[s] * in[s] - b1[s] * given + second[s];
        second[s] = a2[s] * in[s] - b2[s] * given;
        out[s] = given;
    }
}

/* Puts the outputs of wave `wave` into the rows of their samples, from its own row upwards. */
static void cochlea_deal(struct cochlea_state *state, size_t wave)
{
    size_t count = (size_t)state->num_sections, own = wave % count;
    double *rows = state->rows;
    for (size_t s = 0; s <= own; s++)
        rows[(own - s) * count + s] = cochlea_rectified(state->out[s]);
    for (size_t s = own + 1; s < count; s++)
        rows[(own + count - s) * count + s] = cochlea_rectified(state->out[s]);
}

/*
 * One stage of gain control over a row; the gain of a section leans on its neighbours', as all were
 * before.
 */
COCHLEA_WIDE static void cochlea_gain_control(double target, double epsilon, int num_sections,
                                              double *restrict gain, double *restrict row)
{
    double attack = epsilon / target, keep = (1 - epsilon) / 3;
    double next[COCHLEA_MAX_SECTIONS];
    for (int s = 0; s < num_sections; s++) {
        double own = gain[s + 1];
        double out = row[s] * (1 - own);
        double raised = attack * out + keep * (gain[s] + own + gain[s + 2]);
        raised = raised < COCHLEA_GAIN_CEILING ? raised : COCHLEA_GAIN_CEILING;
        row[s] = out;
        next[s] = cochlea_settled(raised);
    }
    memcpy(gain + 1, next, (size_t)num_sections * sizeof *gain);
    gain[0] = gain[1];
    gain[num_sections + 1] = gain[num_sections];
}

/*
 * The channel above minus each, rectified, into the decimation filter, a double pole of gain 1 at
 * 0 Hz. `late` trails by one sample, since it takes what `early` was.
 */
COCHLEA_WIDE static void cochlea_smooth(double pole, struct cochlea_state *state,
                                        const double *restrict row)
{
    double *early = state->smooth[0], *late = state->smooth[1];
    for (int s = COCHLEA_FRONT_SECTIONS; s < state->num_sections; s++) {
        double difference = row[s - 1] - row[s];
        difference = difference > 0 ? difference : 0;
        late[s] = cochlea_settled(pole * late[s] + (1 - pole) * early[s]);
        early[s] = cochlea_settled(pole * early[s] + (1 - pole) * difference);
    }
}

/* One sample's row, the n-th of its block, through the rest of the ear. */
static void cochlea_hear(const struct cochlea_design *design, struct cochlea_state *state, int n,
                         double *row, double *frame)
{
    /* the report's program drops its front outputs once a block; so must a twin of it */
    if (n == 0)
        memset(row, 0, COCHLEA_FRONT_SECTIONS * sizeof *row);
    for (int stage = 0; stage < COCHLEA_GAIN_STAGES; stage++)
        cochlea_gain_control(design->gain_target[stage], design->gain_epsilon[stage],
                             state->num_sections, state->gain[stage], row);
    /* one sample late again: what `late` was before the last sample of the block */
    if (n == design->decimation - 1)
        memcpy(frame, state->smooth[1] + COCHLEA_FRONT_SECTIONS,
               (size_t)design->num_channels * sizeof *frame);
    cochlea_smooth(design->smooth_pole, state, row);
}

static struct cochlea_state *cochlea_rest(const struct cochlea_design *design)
{
    size_t count = (size_t)design->num_channels + COCHLEA_FRONT_SECTIONS;
    struct cochlea_state *state = mem_alloc(1, sizeof *state + count * count * sizeof(double));
    if (!state)
        return NULL;
    state->num_sections = (int)count;
    for (size_t s = 0; s < count; s++) {
        const struct cochlea_section *section = &design->sections[s];
        state->a0[s] = section->a0;
        state->a1[s] = section->a1;
        state->a2[s] = section->a2;
        state->b1[s] = section->b1;
        state->b2[s] = section->b2;
    }
    return state;
}

enum status cochlea_run(const struct cochlea_design *design, const double *samples,
                        size_t num_samples, double *frames, struct error *error)
{
    struct cochlea_state *state = cochlea_rest(design);
    if (!state)
        return error_plain(error, STATUS_NO_MEMORY);
    size_t decimation = (size_t)design->decimation, channels = (size_t)design->num_channels;
    size_t count = (size_t)state->num_sections, late = count - 1;
    size_t used = cochlea_num_frames(design, num_samples) * decimation;
    for (size_t wave = 0; used > 0 && wave < used + late; wave++) {
        cochlea_wave(state, wave < used ? samples[wave] : 0);
        cochlea_deal(state, wave);
        if (wave < late)
            continue;
        size_t sample = wave - late;
        cochlea_hear(design, state, (int)(sample % decimation),
                     state->rows + sample % count * count, frames + sample / decimation * channels);
    }
    mem_free(state);
    return STATUS_OK;
}
