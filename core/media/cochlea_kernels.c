#include "core/media/cochlea_kernels.h"

#include <math.h>
#include <string.h>

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
static void cochlea_wave(struct cochlea_state *restrict state, double sample)
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
static void cochlea_gain_control(double target, double epsilon, int num_sections,
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
static void cochlea_smooth(double pole, struct cochlea_state *state, const double *restrict row)
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

static size_t cochlea_scratch_size(int num_sections)
{
    size_t count = (size_t)num_sections;
    return sizeof(struct cochlea_state) + count * count * sizeof(double);
}

static void cochlea_rest(const struct cochlea_design *design, struct cochlea_state *state)
{
    int count = design->num_channels + COCHLEA_FRONT_SECTIONS;
    memset(state, 0, cochlea_scratch_size(count));
    state->num_sections = count;
    for (int s = 0; s < count; s++) {
        const struct cochlea_section *section = &design->sections[s];
        state->a0[s] = section->a0;
        state->a1[s] = section->a1;
        state->a2[s] = section->a2;
        state->b1[s] = section->b1;
        state->b2[s] = section->b2;
    }
}

static void cochlea_run_plain(const struct cochlea_design *design, const double *samples,
                              size_t num_frames, double *frames, void *scratch)
{
    struct cochlea_state *state = scratch;
    cochlea_rest(design, state);
    size_t decimation = (size_t)design->decimation, channels = (size_t)design->num_channels;
    size_t count = (size_t)state->num_sections, late = count - 1;
    size_t used = num_frames * decimation;
    for (size_t wave = 0; used > 0 && wave < used + late; wave++) {
        cochlea_wave(state, wave < used ? samples[wave] : 0);
        cochlea_deal(state, wave);
        if (wave < late)
            continue;
        size_t sample = wave - late;
        cochlea_hear(design, state, (int)(sample % decimation),
                     state->rows + sample % count * count, frames + sample / decimation * channels);
    }
}

static const struct cochlea_kernels cochlea_kernels_plain = {cochlea_scratch_size,
                                                             cochlea_run_plain};

const struct cochlea_kernels *cochlea_kernels_get(enum cpu_level level)
{
#ifdef __x86_64__
    if (level == CPU_AVX512)
        return &cochlea_kernels_avx512;
    if (level == CPU_AVX2)
        return &cochlea_kernels_avx2;
#endif
    (void)level;
    return &cochlea_kernels_plain;
}
