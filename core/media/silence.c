#include "core/media/silence.h"

#include "core/base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double silence_frame_seconds = 0.01;
static const double silence_below_loudest = 1e-3;
static const double silence_above_floor = 4;
static const double silence_floor_cap = 0.05; /* of the loudest */
static const double silence_least_energy = 1e-9;

enum {
    SILENCE_MIN_GAP = 20, /* frames */
    SILENCE_MIN_WORD = 6,
    SILENCE_MARGIN = 10,
    SILENCE_FLOOR_SHARE = 10 /* the floor is the energy of the quietest 1 of so many frames */
};

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double mean_of(const struct audio *audio)
{
    double mean = 0;
    for (size_t i = 0; i < audio->num_samples; i++)
        mean += audio->samples[i] / (double)audio->num_samples;
    return mean;
}

/* energies [num_frames]; a remainder of less than a frame goes to the last one. */
static void measure_frames(const struct audio *audio, size_t frame_samples, size_t num_frames,
                           double *energies)
{
    double mean = mean_of(audio);
    for (size_t frame = 0; frame < num_frames; frame++) {
        size_t begin = frame * frame_samples;
        size_t end = frame + 1 < num_frames ? begin + frame_samples : audio->num_samples;
        energies[frame] = 0;
        for (size_t i = begin; i < end; i++)
            energies[frame] += (audio->samples[i] - mean) * (audio->samples[i] - mean);
        energies[frame] /= (double)(end - begin);
    }
}

/* The energy below which a frame is silent; `sorted` [num_frames] is in ascending order. */
static double silence_level(const double *sorted, size_t num_frames)
{
    double loudest = sorted[num_frames - 1], floor = sorted[num_frames / SILENCE_FLOOR_SHARE];
    return fmax(loudest * silence_below_loudest,
                fmin(floor * silence_above_floor, loudest * silence_floor_cap));
}

/* Adds the run of loud frames begin .. end - 1, to the piece before it if the gap is short. */
static enum status add_run(size_t begin, size_t end, struct silence_cuts *cuts, struct error *error)
{
    struct silence_piece *last = cuts->count ? &cuts->pieces[cuts->count - 1] : NULL;
    if (last && begin - last->end < SILENCE_MIN_GAP) {
        last->end = end;
        return STATUS_OK;
    }
    if (last && last->end - last->begin < SILENCE_MIN_WORD)
        cuts->count--; /* a click, now that nothing can join it */
    if (cuts->count == SILENCE_MAX_PIECES)
        return error_set(error, STATUS_UNUSABLE,
                         "The recording falls into more than %d pieces at its silences.",
                         SILENCE_MAX_PIECES);
    cuts->pieces[cuts->count++] = (struct silence_piece){begin, end};
    return STATUS_OK;
}

static enum status find_runs(const double *energies, size_t num_frames, double level,
                             struct silence_cuts *cuts, struct error *error)
{
    size_t begin = 0;
    enum status status = STATUS_OK;
    for (size_t frame = 0; frame <= num_frames && status == STATUS_OK; frame++) {
        if (frame < num_frames && energies[frame] >= level)
            continue;
        if (begin < frame)
            status = add_run(begin, frame, cuts, error);
        begin = frame + 1;
    }
    const struct silence_piece *last = &cuts->pieces[cuts->count ? cuts->count - 1 : 0];
    if (status == STATUS_OK && cuts->count && last->end - last->begin < SILENCE_MIN_WORD)
        cuts->count--;
    return status;
}

/* Frames to samples, with some of the silence around each piece. */
static void widen(const struct audio *audio, size_t frame_samples, size_t num_frames,
                  struct silence_cuts *cuts)
{
    for (int i = 0; i < cuts->count; i++) {
        struct silence_piece *piece = &cuts->pieces[i];
        size_t begin = piece->begin > SILENCE_MARGIN ? piece->begin - SILENCE_MARGIN : 0;
        size_t end = piece->end + SILENCE_MARGIN;
        piece->begin = begin * frame_samples;
        piece->end = end < num_frames ? end * frame_samples : audio->num_samples;
    }
}

enum status silence_cut(const struct audio *audio, struct silence_cuts *cuts, struct error *error)
{
    size_t frame_samples = (size_t)(audio->sample_rate_hz * silence_frame_seconds);
    size_t num_frames = frame_samples ? audio->num_samples / frame_samples : 0;
    *cuts = (struct silence_cuts){0};
    if (num_frames < SILENCE_MIN_WORD)
        return error_set(error, STATUS_UNUSABLE, "The recording is too short to be a word.");
    double *energies = mem_alloc(num_frames, 2 * sizeof *energies);
    if (!energies)
        return error_plain(error, STATUS_NO_MEMORY);
    double *sorted = energies + num_frames;
    measure_frames(audio, frame_samples, num_frames, energies);
    memcpy(sorted, energies, num_frames * sizeof *sorted);
    qsort(sorted, num_frames, sizeof *sorted, compare_numbers);
    enum status status = STATUS_OK;
    if (sorted[num_frames - 1] > silence_least_energy)
        status = find_runs(energies, num_frames, silence_level(sorted, num_frames), cuts, error);
    if (status == STATUS_OK && !cuts->count)
        status = error_set(error, STATUS_UNUSABLE, "The recording is silent.");
    if (status == STATUS_OK)
        widen(audio, frame_samples, num_frames, cuts);
    mem_free(energies);
    return status;
}
