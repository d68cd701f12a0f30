#include "core/media/resample.h"

#include "core/base/mem.h"

#include <float.h>
#include <math.h>
#include <samplerate.h>

/* README.md has the figures that this was chosen by. */
#define RESAMPLE_CONVERTER SRC_SINC_MEDIUM_QUALITY

/* Exponent of the power of two that brings the largest sample into 0.5..1, 0 for silence. */
static int resample_exponent(const struct audio *audio)
{
    double peak = 0;
    int exponent = 0;
    for (size_t n = 0; n < audio->num_samples; n++)
        peak = fmax(peak, fabs(audio->samples[n]));
    frexp(peak, &exponent);
    return exponent;
}

/* The library computes with float: whatever a file's scale, it sees samples near 1. */
static void resample_narrow(const struct audio *audio, int exponent, float *input)
{
    for (size_t n = 0; n < audio->num_samples; n++)
        input[n] = (float)ldexp(audio->samples[n], -exponent);
}

static double *resample_widen(const float *output, size_t num_samples, int exponent)
{
    double *samples = mem_alloc(num_samples, sizeof *samples);
    for (size_t n = 0; samples && n < num_samples; n++)
        samples[n] = fmin(fmax(ldexp(output[n], exponent), -DBL_MAX), DBL_MAX);
    return samples;
}

static enum status resample_status(int code, struct error *error)
{
    enum {
        RESAMPLE_OUT_OF_MEMORY = 1
    }; /* the first of the library's codes, nameless in its header */
    if (code == RESAMPLE_OUT_OF_MEMORY)
        return error_plain(error, STATUS_NO_MEMORY);
    return error_set(error, STATUS_INTERNAL, "Changing the sample rate failed: %s.",
                     src_strerror(code));
}

/* Converts into a new block of *num_samples doubles, owned by the caller. */
static enum status resample_convert(const struct audio *audio, double ratio, double **samples,
                                    size_t *num_samples, struct error *error)
{
    enum status status = STATUS_OK;
    size_t capacity = (size_t)ceil((double)audio->num_samples * ratio) + 1;
    int exponent = resample_exponent(audio), code = 0;
    float *input = mem_alloc(audio->num_samples, sizeof *input);
    float *output = mem_alloc(capacity, sizeof *output);
    SRC_DATA data = {.data_in = input,
                     .data_out = output,
                     .input_frames = (long)audio->num_samples,
                     .output_frames = (long)capacity,
                     .src_ratio = ratio};
    if (!input || !output) {
        status = error_plain(error, STATUS_NO_MEMORY);
        goto done;
    }
    resample_narrow(audio, exponent, input);
    code = src_simple(&data, RESAMPLE_CONVERTER, 1);
    if (code) {
        status = resample_status(code, error);
        goto done;
    }
    *num_samples = (size_t)data.output_frames_gen;
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
    double *samples = NULL;
    size_t num_samples = 0;
    enum status status = resample_convert(audio, ratio, &samples, &num_samples, error);
    if (status != STATUS_OK)
        return status;
    audio_free(audio);
    *audio = (struct audio){samples, num_samples, sample_rate_hz};
    return STATUS_OK;
}
