#include "train/condition.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/media/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum status refuse(const char *text, struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "--condition takes noise=-20dB to 60dB, silence=0 to 5 (seconds) or rate=4000 "
                     "to 192000 (Hz), or several with commas between, not '%.60s'",
                     text);
}

/* A decimal number within a range, with a unit behind it; the end must follow. */
static bool read_number(const char *text, size_t length, const char *unit, double low, double high,
                        double *value)
{
    char *end;
    size_t digits = strspn(text, "0123456789.-");
    *value = strtod(text, &end);
    return digits > 0 && end == text + digits && digits + strlen(unit) == length &&
           strncmp(end, unit, strlen(unit)) == 0 && *value >= low && *value <= high;
}

/* One part: "noise=10dB". */
static bool read_part(const char *part, size_t length, struct condition *condition)
{
    static const char noise[] = "noise=", silence[] = "silence=", rate[] = "rate=";
    double value;
    if (strncmp(part, noise, sizeof noise - 1) == 0) {
        condition->noisy = true;
        return read_number(part + sizeof noise - 1, length - (sizeof noise - 1), "dB", -20, 60,
                           &condition->noise_db);
    }
    if (strncmp(part, silence, sizeof silence - 1) == 0)
        return read_number(part + sizeof silence - 1, length - (sizeof silence - 1), "", 0, 5,
                           &condition->silence_seconds);
    if (strncmp(part, rate, sizeof rate - 1) != 0 ||
        !read_number(part + sizeof rate - 1, length - (sizeof rate - 1), "", 4000, 192000, &value))
        return false;
    condition->sample_rate_hz = (int)value;
    return value == condition->sample_rate_hz;
}

enum status condition_parse(const char *text, struct condition *condition, struct error *error)
{
    *condition = (struct condition){0};
    for (const char *part = text;;) {
        size_t length = strcspn(part, ",");
        if (!read_part(part, length, condition))
            return refuse(text, error);
        if (!part[length])
            return STATUS_OK;
        part += length + 1;
    }
}

static double mean_power(const double *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += samples[i] * samples[i];
    return count ? sum / (double)count : 0;
}

static enum status add_silence(double seconds, struct audio *audio, struct error *error)
{
    size_t around = (size_t)(seconds * audio->sample_rate_hz + 0.5);
    double *samples = mem_alloc(audio->num_samples + 2 * around, sizeof *samples);
    if (!samples)
        return error_plain(error, STATUS_NO_MEMORY);
    memcpy(samples + around, audio->samples, audio->num_samples * sizeof *samples);
    mem_free(audio->samples);
    audio->samples = samples;
    audio->num_samples += 2 * around;
    return STATUS_OK;
}

/* Normal deviates, two from two uniform numbers (Box and Muller, 1958). */
static void add_noise(const struct rng *rng, double deviation, struct audio *audio)
{
    const double tau = 6.28318530717958647692;
    for (size_t i = 0; i < audio->num_samples; i += 2) {
        double radius = sqrt(-2 * log(1 - (double)rng_uniform(rng, 0, (uint32_t)i)));
        double angle = tau * (double)rng_uniform(rng, 0, (uint32_t)i + 1);
        audio->samples[i] += deviation * radius * cos(angle);
        if (i + 1 < audio->num_samples)
            audio->samples[i + 1] += deviation * radius * sin(angle);
    }
}

enum status condition_apply(const struct condition *condition, uint64_t seed, uint64_t index,
                            struct audio *audio, struct error *error)
{
    const struct rng rng = {seed, index, RNG_STREAM_CONDITION};
    double power = mean_power(audio->samples, audio->num_samples);
    struct audio changed = *audio;
    enum status status = STATUS_OK;
    changed.samples = mem_copy(audio->samples, audio->num_samples * sizeof *audio->samples);
    if (!changed.samples)
        return error_plain(error, STATUS_NO_MEMORY);
    if (condition->silence_seconds > 0)
        status = add_silence(condition->silence_seconds, &changed, error);
    if (status == STATUS_OK && condition->noisy)
        add_noise(&rng, sqrt(power / pow(10, condition->noise_db / 10)), &changed);
    if (status == STATUS_OK && condition->sample_rate_hz)
        status = resample(&changed, condition->sample_rate_hz, error);
    if (status != STATUS_OK) {
        audio_free(&changed);
        return status;
    }
    audio_free(audio);
    *audio = changed;
    return STATUS_OK;
}

enum status condition_apply_all(const struct condition *condition, uint64_t seed,
                                struct speech_set *set, struct error *error)
{
    for (uint32_t i = 0; i < set->num_utterances; i++) {
        enum status status = condition_apply(condition, seed, i, &set->utterances[i].audio, error);
        if (status != STATUS_OK)
            return error_prefix(error, status, "%s: ", set->utterances[i].name);
    }
    return STATUS_OK;
}
