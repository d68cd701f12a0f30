#include "train/acoustics.h"

#include "core/base/mem.h"
#include "core/media/loudness.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Which random number of step 0 decides what; the steps above are for sequences. */
enum draw {
    DRAW_PACE,
    DRAW_LOOSE,
    DRAW_BEFORE,
    DRAW_AFTER,
    DRAW_ROOM,
    DRAW_DECAY,
    DRAW_WETNESS,
    DRAW_LINE,
    DRAW_LOW_CUT,
    DRAW_HIGH_CUT,
    DRAW_NOISE,
    DRAW_SNR,
    DRAW_KIND,
    DRAW_COLOR,
    DRAW_CENTER,
    DRAW_CLIP,
    DRAW_CLIP_LEVEL,
    DRAW_ORDER
};

enum { STEP_NOISE = 1, STEP_ECHO, STEP_ECHO_SIGN, STEP_VOICE, STEP_VOICE_START };

/* How often, and how far. */
static const double pace_range = 0.16;
static const double loose_share = 0.5, loosest_seconds = 0.25, tightest_seconds = 0.03;
static const double room_share = 0.4, shortest_decay = 0.05, longest_decay = 0.25;
static const double line_share = 0.5;
static const double noise_share = 0.9, lowest_snr_db = 2, highest_snr_db = 20;
static const double voices_share = 0.2; /* of what noise there is; of the rest: */
static const double white_share = 0.7, low_share = 0.18;
static const double clip_share = 0.1;

enum { NUM_ECHOES = 60, NUM_VOICES = 4 };

static double draw(const struct rng *rng, enum draw what)
{
    return (double)rng_uniform(rng, 0, (uint32_t)what);
}

static double draw_between(const struct rng *rng, enum draw what, double low, double high)
{
    return low + (high - low) * draw(rng, what);
}

/* As wide as pitch is heard: each octave as likely as the next. */
static double draw_frequency(const struct rng *rng, enum draw what, double low, double high)
{
    return low * pow(high / low, draw(rng, what));
}

/* Played faster or slower: pace, pitch and the length of the vocal tract change together. */
static void change_pace(const struct rng *rng, struct audio *audio)
{
    double pace = 1 + pace_range * (2 * draw(rng, DRAW_PACE) - 1);
    audio->sample_rate_hz = (int)lround(audio->sample_rate_hz * pace);
}

/* Silence before and after, or a little of the ends lost. */
static enum status cut_loosely(const struct rng *rng, struct audio *audio, struct error *error)
{
    if (draw(rng, DRAW_LOOSE) >= loose_share)
        return STATUS_OK;
    double before = draw_between(rng, DRAW_BEFORE, -tightest_seconds, loosest_seconds);
    double after = draw_between(rng, DRAW_AFTER, -tightest_seconds, loosest_seconds);
    long first = lround(before * audio->sample_rate_hz),
         last = lround(after * audio->sample_rate_hz);
    long count = (long)audio->num_samples + first + last;
    if (count < (long)audio->num_samples / 2)
        return STATUS_OK;
    double *samples = mem_alloc((size_t)count, sizeof *samples);
    if (!samples)
        return error_plain(error, STATUS_NO_MEMORY);
    for (long i = 0; i < count; i++) {
        long from = i - first;
        samples[i] = from >= 0 && from < (long)audio->num_samples ? audio->samples[from] : 0;
    }
    mem_free(audio->samples);
    audio->samples = samples;
    audio->num_samples = (size_t)count;
    return STATUS_OK;
}

/* A room as sparse echoes that die away: each falls by 60 dB within four times `decay`. */
static enum status place_in_room(const struct rng *rng, struct audio *audio, struct error *error)
{
    if (draw(rng, DRAW_ROOM) >= room_share)
        return STATUS_OK;
    double decay = draw_between(rng, DRAW_DECAY, shortest_decay, longest_decay);
    double wetness = draw(rng, DRAW_WETNESS) * 2 / sqrt(NUM_ECHOES);
    size_t count = audio->num_samples;
    double *dry = mem_alloc(count, sizeof *dry);
    if (!dry)
        return error_plain(error, STATUS_NO_MEMORY);
    memcpy(dry, audio->samples, count * sizeof *dry);
    for (uint32_t echo = 0; echo < NUM_ECHOES; echo++) {
        double delay = 0.002 + 2 * decay * (double)rng_uniform(rng, STEP_ECHO, echo);
        double gain =
            wetness * exp(-delay / decay) * (rng_below(rng, STEP_ECHO_SIGN, echo, 2) ? 1 : -1);
        for (size_t i = (size_t)(delay * audio->sample_rate_hz); i < count; i++)
            audio->samples[i] += gain * dry[i - (size_t)(delay * audio->sample_rate_hz)];
    }
    mem_free(dry);
    return STATUS_OK;
}

/* One pole, in place; the rest of the signal is what is above the corner. */
static void low_pass(double corner_hz, int sample_rate_hz, double *samples, size_t count)
{
    double share = 1 - exp(-2 * M_PI * corner_hz / sample_rate_hz), state = 0;
    for (size_t i = 0; i < count; i++)
        samples[i] = state += share * (samples[i] - state);
}

static void high_pass(double corner_hz, int sample_rate_hz, double *samples, size_t count)
{
    double share = 1 - exp(-2 * M_PI * corner_hz / sample_rate_hz), state = 0;
    for (size_t i = 0; i < count; i++) {
        state += share * (samples[i] - state);
        samples[i] -= state;
    }
}

/* A narrow line or a poor microphone: two poles on either side. */
static void narrow_band(const struct rng *rng, struct audio *audio)
{
    if (draw(rng, DRAW_LINE) >= line_share)
        return;
    double low = draw_frequency(rng, DRAW_LOW_CUT, 40, 500);
    double high = draw_frequency(rng, DRAW_HIGH_CUT, 1500, 6000);
    for (int pole = 0; pole < 2; pole++) {
        high_pass(low, audio->sample_rate_hz, audio->samples, audio->num_samples);
        low_pass(high, audio->sample_rate_hz, audio->samples, audio->num_samples);
    }
}

static void clip(const struct rng *rng, struct audio *audio)
{
    double peak = 0;
    if (draw(rng, DRAW_CLIP) >= clip_share)
        return;
    for (size_t i = 0; i < audio->num_samples; i++)
        peak = fmax(peak, fabs(audio->samples[i]));
    double level = peak * draw_between(rng, DRAW_CLIP_LEVEL, 0.1, 0.7);
    for (size_t i = 0; i < audio->num_samples; i++)
        audio->samples[i] = fmin(fmax(audio->samples[i], -level), level);
}

/* Noise of any colour, as wide as the recording: white, with a slope, or a band of it. */
static void fill_with_noise(const struct rng *rng, int sample_rate_hz, double *noise, size_t count)
{
    for (size_t i = 0; i < count; i++)
        noise[i] = 2 * (double)rng_uniform(rng, STEP_NOISE, (uint32_t)i) - 1;
    double color = draw(rng, DRAW_COLOR);
    if (color > white_share)
        low_pass(draw_frequency(rng, DRAW_CENTER, 100, 5000), sample_rate_hz, noise, count);
    if (color > white_share + low_share)
        high_pass(draw_frequency(rng, DRAW_CENTER, 100, 5000), sample_rate_hz, noise, count);
}

/* Others who talk at the same time, each from a place of its own in a recording, round and round.
 */
static void fill_with_voices(const struct speech_set *others, const struct rng *rng, double *noise,
                             size_t count)
{
    memset(noise, 0, count * sizeof *noise);
    for (uint32_t voice = 0; voice < NUM_VOICES; voice++) {
        const struct audio *audio =
            &others->utterances[rng_below(rng, STEP_VOICE, voice, others->num_utterances)].audio;
        size_t place = rng_below(rng, STEP_VOICE_START, voice, (uint32_t)audio->num_samples);
        double power = loudness_mean_power(audio->samples, audio->num_samples);
        double gain = power > 0 ? 1 / sqrt(power) : 0;
        for (size_t i = 0; i < count; i++)
            noise[i] += gain * audio->samples[(place + i) % audio->num_samples];
    }
}

static enum status add_noise(const struct speech_set *others, double power, const struct rng *rng,
                             struct audio *audio, struct error *error)
{
    size_t count = audio->num_samples;
    if (draw(rng, DRAW_NOISE) >= noise_share)
        return STATUS_OK;
    double *noise = mem_alloc(count, sizeof *noise);
    if (!noise)
        return error_plain(error, STATUS_NO_MEMORY);
    if (draw(rng, DRAW_KIND) < voices_share)
        fill_with_voices(others, rng, noise, count);
    else
        fill_with_noise(rng, audio->sample_rate_hz, noise, count);
    double snr_db = draw_between(rng, DRAW_SNR, lowest_snr_db, highest_snr_db);
    double noise_power = loudness_mean_power(noise, count);
    double gain = noise_power > 0 ? sqrt(power / noise_power) * pow(10, -snr_db / 20) : 0;
    for (size_t i = 0; i < count; i++)
        audio->samples[i] += gain * noise[i];
    mem_free(noise);
    return STATUS_OK;
}

/* In the silence before and after there is as much noise, or none at all. */
static enum status cut_in_noise(const struct speech_set *others, const struct rng *rng,
                                struct audio *audio, struct error *error)
{
    /* The silence around a word does not make it fainter. */
    double power = loudness_mean_power(audio->samples, audio->num_samples);
    bool noise_first = draw(rng, DRAW_ORDER) < 0.5;
    enum status status =
        noise_first ? add_noise(others, power, rng, audio, error) : cut_loosely(rng, audio, error);
    if (status != STATUS_OK)
        return status;
    return noise_first ? cut_loosely(rng, audio, error)
                       : add_noise(others, power, rng, audio, error);
}

enum status acoustics_vary(const struct speech_set *others, const struct rng *rng,
                           struct audio *audio, struct error *error)
{
    enum status status = place_in_room(rng, audio, error);
    if (status != STATUS_OK)
        return status;
    narrow_band(rng, audio);
    clip(rng, audio);
    status = cut_in_noise(others, rng, audio, error);
    change_pace(rng, audio);
    return status;
}
