#include "core/media/resample.h"

#include "core/base/mem.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <soxr.h>
#include <stdlib.h>
#include <string.h>

/* README.md has the figures that this was chosen by. Above 20 bits the library takes its engine in
   double, which picks code by processor. */
#define RESAMPLE_RECIPE SOXR_HQ

/* A power of two as two factors, since half of its range is not the reciprocal of a double. */
struct resample_scale {
    double first, second;
};

static struct resample_scale resample_power_of_two(int exponent)
{
    return (struct resample_scale){ldexp(1, exponent / 2), ldexp(1, exponent - exponent / 2)};
}

/* Exponent of the power of two that brings the largest sample into 0.5..1, 0 for silence. */
static int resample_exponent(const struct audio *audio)
{
    double peak = 0;
    int exponent = 0;
    for (size_t n = 0; n < audio->num_samples; n++) {
        double magnitude = fabs(audio->samples[n]);
        peak = magnitude > peak ? magnitude : peak;
    }
    frexp(peak, &exponent);
    return exponent;
}

/* The library computes with float: whatever a file's scale, it sees samples near 1. */
static void resample_narrow(const struct audio *audio, int exponent, float *input)
{
    struct resample_scale scale = resample_power_of_two(-exponent);
    for (size_t n = 0; n < audio->num_samples; n++)
        input[n] = (float)(audio->samples[n] * scale.first * scale.second);
}

static double *resample_widen(const float *output, size_t num_samples, int exponent)
{
    struct resample_scale scale = resample_power_of_two(exponent);
    double *samples = mem_alloc(num_samples, sizeof *samples);
    for (size_t n = 0; samples && n < num_samples; n++) {
        double sample = output[n] * scale.first * scale.second;
        sample = sample < -DBL_MAX ? -DBL_MAX : sample;
        samples[n] = sample > DBL_MAX ? DBL_MAX : sample;
    }
    return samples;
}

/* The library names its errors in words only. */
static enum status resample_status(soxr_error_t failure, struct error *error)
{
    if (!failure)
        return STATUS_OK;
    if (strstr(failure, "memory") || strstr(failure, "malloc"))
        return error_plain(error, STATUS_NO_MEMORY);
    return error_set(error, STATUS_INTERNAL, "Changing the sample rate failed: %s.", failure);
}

/* Fills output [*num_samples] and sets *num_samples to what it holds. */
static enum status resample_call(const struct audio *audio, int sample_rate_hz, const float *input,
                                 float *output, size_t *num_samples, struct error *error)
{
    soxr_io_spec_t types = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
    soxr_quality_spec_t quality = soxr_quality_spec(RESAMPLE_RECIPE, 0);
    soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_error_t failure =
        soxr_oneshot(audio->sample_rate_hz, sample_rate_hz, 1, input, audio->num_samples, NULL,
                     output, *num_samples, num_samples, &types, &quality, &runtime);
    return resample_status(failure, error);
}

/* Converts into a new block of *num_samples doubles, owned by the caller. */
static enum status resample_convert(const struct audio *audio, int sample_rate_hz, double **samples,
                                    size_t *num_samples, struct error *error)
{
    enum status status = STATUS_OK;
    int exponent = resample_exponent(audio);
    float *input = mem_alloc(audio->num_samples, sizeof *input);
    float *output = mem_alloc(*num_samples, sizeof *output);
    if (!input || !output) {
        status = error_plain(error, STATUS_NO_MEMORY);
        goto done;
    }
    resample_narrow(audio, exponent, input);
    status = resample_call(audio, sample_rate_hz, input, output, num_samples, error);
    if (status != STATUS_OK)
        goto done;
    *samples = resample_widen(output, *num_samples, exponent);
    if (!*samples)
        status = error_plain(error, STATUS_NO_MEMORY);
done:
    mem_free(input);
    mem_free(output);
    return status;
}

enum status resample(struct audio *audio, int sample_rate_hz, struct error *error)
{
    if (sample_rate_hz == audio->sample_rate_hz)
        return STATUS_OK;
    double ratio = (double)sample_rate_hz / audio->sample_rate_hz;
    if (!(sample_rate_hz > 0 && audio->sample_rate_hz > 0 && ratio >= 1.0 / 256 && ratio <= 256))
        return error_set(error, STATUS_UNUSABLE, "Sound of %d Hz cannot be converted to %d Hz.",
                         audio->sample_rate_hz, sample_rate_hz);
    double most = ceil((double)audio->num_samples * ratio) + 1;
    /* the library counts samples, and those that it puts around them, in int */
    if (audio->num_samples > INT_MAX / 2 || most > INT_MAX / 2)
        return error_plain(error, STATUS_NO_MEMORY);
    double *samples = NULL;
    size_t num_samples = (size_t)most;
    enum status status = resample_convert(audio, sample_rate_hz, &samples, &num_samples, error);
    if (status != STATUS_OK)
        return status;
    audio_free(audio);
    *audio = (struct audio){samples, num_samples, sample_rate_hz};
    return STATUS_OK;
}

void resample_ignore_environment(void)
{
    static const char *const names[] = {
        "SOXR_USE_SIMD",   "SOXR_USE_SIMD32",    "SOXR_USE_SIMD64",     "SOXR_MIN_DFT_SIZE",
        "SOXR_COEFS_SIZE", "SOXR_COEF_INTERP",   "SOXR_LARGE_DFT_SIZE", "SOXR_NUM_THREADS",
        "SOXR_STRICT_BUF", "SOXR_NOSMALLINTOPT", "SOXR_TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}
