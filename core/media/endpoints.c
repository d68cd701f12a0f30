#include "core/media/endpoints.h"

#include "core/base/mem.h"
#include "core/media/loudness.h"

#include <math.h>
#include <string.h>

/* The noise floor raises the bar to at most this share of the loudest frame's power. */
static const double endpoints_highest_level = 0.1;

/* smooth = each frame's mean with its neighbours. */
static void smooth_power(const double *power, size_t num_frames, double *smooth)
{
    for (size_t frame = 0; frame < num_frames; frame++) {
        size_t before = frame ? frame - 1 : frame;
        size_t after = frame + 1 < num_frames ? frame + 1 : frame;
        smooth[frame] = (power[before] + power[frame] + power[after]) / 3;
    }
}

/* The power from which on a frame is sound; `scratch` [num_frames] is overwritten. */
static double sound_level(const struct endpoints_settings *settings, const double *power,
                          size_t num_frames, double *scratch)
{
    memcpy(scratch, power, num_frames * sizeof *scratch);
    double floor = loudness_floor(scratch, num_frames), loudest = scratch[num_frames - 1];
    return fmax(settings->level * loudest,
                fmin(settings->above_floor * floor, endpoints_highest_level * loudest));
}

enum status endpoints_find(const struct audio *audio, const struct endpoints_settings *settings,
                           size_t *first, size_t *last, struct error *error)
{
    size_t frame_samples = loudness_frame_samples(audio), num_frames = loudness_num_frames(audio);
    size_t margin = (size_t)(settings->margin * audio->sample_rate_hz);
    *first = 0;
    *last = audio->num_samples;
    if (num_frames < 3)
        return STATUS_OK;
    double *power = mem_alloc(2 * num_frames, sizeof *power);
    if (!power)
        return error_plain(error, STATUS_NO_MEMORY);
    double *smooth = power + num_frames;
    loudness_frames(audio, power);
    smooth_power(power, num_frames, smooth);
    double level = sound_level(settings, smooth, num_frames, power);
    size_t begin = 0, end = num_frames;
    while (begin < end && smooth[begin] < level)
        begin++;
    while (end > begin && smooth[end - 1] < level)
        end--;
    mem_free(power);
    *first = begin * frame_samples > margin ? begin * frame_samples - margin : 0;
    if (end < num_frames && audio->num_samples - end * frame_samples > margin)
        *last = end * frame_samples + margin;
    return STATUS_OK;
}
