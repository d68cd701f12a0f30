#include "train/confidence.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "models/listen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONFIDENCE_ROUNDS = 100, CONFIDENCE_BINS = 10 };

static const double confidence_kept = 0.95;

void confidence_set_free(struct confidence_set *set)
{
    mem_free(set->margins);
    mem_free(set->labels);
    mem_free(set->calibrates);
    *set = (struct confidence_set){0};
}

/* --- hearing ------------------------------------------------------------------------------- */

struct confidence_hearing {
    const struct network *network;
    const struct speech_set *speech;
    double *margins;      /* [num_utterances] */
    struct error *errors; /* likewise */
};

/* What the margin of a recording's latent is; `audio` is changed. */
static enum status measure_margin(const struct network *network, struct audio *audio, real *input,
                                  double *margin, struct error *error)
{
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    struct listen_result result;
    enum status status = listen_run(&inference, network, audio, 1, network->num_steps, input,
                                    &inference.latent, &stats, &result, error);
    *margin = result.margin;
    inference_free(&inference);
    return status;
}

static void hear_one(void *argument, size_t index)
{
    struct confidence_hearing *hearing = argument;
    const struct network *network = hearing->network;
    struct error *error = &hearing->errors[index];
    struct audio copy = hearing->speech->utterances[index].audio;
    real *input = mem_alloc(network_num_inputs(network), sizeof *input);
    copy.samples = mem_copy(copy.samples, copy.num_samples * sizeof *copy.samples);
    if (input && copy.samples)
        measure_margin(network, &copy, input, &hearing->margins[index], error);
    else
        error_plain(error, STATUS_NO_MEMORY);
    audio_free(&copy);
    mem_free(input);
}

/* Adds what could be heard; anything but a recording without sound is a failure. */
static enum status gather(const struct speech_set *speech, const struct confidence_hearing *hearing,
                          struct confidence_set *set, struct error *error)
{
    for (uint32_t i = 0; i < speech->num_utterances; i++) {
        if (hearing->errors[i].status == STATUS_UNUSABLE)
            continue;
        if (hearing->errors[i].status != STATUS_OK)
            return error_set(error, hearing->errors[i].status, "%s: %.200s",
                             speech->utterances[i].name, hearing->errors[i].detail);
        set->margins[set->count] = hearing->margins[i];
        set->labels[set->count++] = speech->utterances[i].label;
    }
    return STATUS_OK;
}

/* Marks the first half of each class among the recordings from `first` on. */
static enum status divide(struct confidence_set *set, uint32_t first, uint32_t num_classes,
                          struct error *error)
{
    uint32_t *sizes = mem_alloc(num_classes, 2 * sizeof *sizes);
    if (!sizes)
        return error_plain(error, STATUS_NO_MEMORY);
    uint32_t *seen = sizes + num_classes;
    for (uint32_t i = first; i < set->count; i++)
        sizes[set->labels[i]]++;
    for (uint32_t i = first; i < set->count; i++)
        set->calibrates[i] = seen[set->labels[i]]++ < sizes[set->labels[i]] / 2;
    mem_free(sizes);
    return STATUS_OK;
}

static bool grow(void *array, size_t size, uint32_t count, uint32_t more)
{
    void **place = array;
    void *grown = mem_resize(*place, count * size, ((size_t)count + more) * size);
    if (grown)
        *place = grown;
    return grown != NULL;
}

enum status confidence_set_hear(const struct network *network, const struct speech_set *speech,
                                int threads, struct confidence_set *set, struct error *error)
{
    struct parallel *parallel = NULL;
    uint32_t more = speech->num_utterances, first = set->count;
    struct confidence_hearing hearing = {.network = network, .speech = speech};
    hearing.margins = mem_alloc(more, sizeof *hearing.margins);
    hearing.errors = mem_alloc(more, sizeof *hearing.errors);
    bool room = hearing.margins && hearing.errors &&
                grow(&set->margins, sizeof *set->margins, set->count, more) &&
                grow(&set->labels, sizeof *set->labels, set->count, more) &&
                grow(&set->calibrates, sizeof *set->calibrates, set->count, more);
    enum status status =
        room ? parallel_new(threads, &parallel, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK) {
        parallel_for(parallel, more, hear_one, &hearing);
        status = gather(speech, &hearing, set, error);
    }
    if (status == STATUS_OK)
        status = divide(set, first, speech->classes.count, error);
    parallel_free(parallel);
    mem_free(hearing.margins);
    mem_free(hearing.errors);
    return status;
}

/* --- fitting ------------------------------------------------------------------------------- */

/* Sums of one set under confidence = 1 / (1 + exp(-(slope margin + offset))). */
struct confidence_sums {
    double loss;                  /* minus the log likelihood */
    double slope, offset;         /* its first derivatives */
    double slope2, offset2, both; /* its second ones */
};

static uint32_t num_calibrating(const struct confidence_set *set)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->count; i++)
        count += set->calibrates[i];
    return count;
}

/* Adds a set that should have the confidence `target`, each set with a weight of 1 in all. */
static void add_set(const struct confidence_set *set, double target, double slope, double offset,
                    struct confidence_sums *sums)
{
    double weight = 1.0 / num_calibrating(set);
    for (uint32_t i = 0; i < set->count; i++) {
        double margin = set->margins[i], value = slope * margin + offset;
        if (!set->calibrates[i])
            continue;
        double confidence = 1 / (1 + exp(-value));
        double difference = weight * (confidence - target);
        double curve = weight * confidence * (1 - confidence);
        /* log(1 + exp(value)) without an overflow */
        sums->loss +=
            weight * (log1p(exp(-fabs(value))) + (value > 0 ? value : 0) - target * value);
        sums->slope += difference * margin;
        sums->offset += difference;
        sums->slope2 += curve * margin * margin;
        sums->offset2 += curve;
        sums->both += curve * margin;
    }
}

static struct confidence_sums sum_sets(const struct confidence_set *digits,
                                       const struct confidence_set *non_digits, double slope,
                                       double offset)
{
    struct confidence_sums sums = {0};
    double high = (num_calibrating(digits) + 1.0) / (num_calibrating(digits) + 2.0);
    double low = 1.0 / (num_calibrating(non_digits) + 2.0);
    add_set(digits, high, slope, offset, &sums);
    add_set(non_digits, low, slope, offset, &sums);
    return sums;
}

enum status confidence_fit(const struct confidence_set *digits,
                           const struct confidence_set *non_digits, struct handwriting *handwriting,
                           struct error *error)
{
    const double ridge = 1e-9;
    double slope = 0, offset = 0;
    if (!num_calibrating(digits) || !num_calibrating(non_digits))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "There are too few recordings to calibrate with.");
    struct confidence_sums sums = sum_sets(digits, non_digits, slope, offset);
    for (int round = 0; round < CONFIDENCE_ROUNDS; round++) { /* Newton's method */
        double slope2 = sums.slope2 + ridge, offset2 = sums.offset2 + ridge;
        double determinant = slope2 * offset2 - sums.both * sums.both;
        double step_slope = (offset2 * sums.slope - sums.both * sums.offset) / determinant;
        double step_offset = (slope2 * sums.offset - sums.both * sums.slope) / determinant;
        struct confidence_sums next;
        double share = 1;
        do { /* a step that makes things worse is halved */
            next = sum_sets(digits, non_digits, slope - share * step_slope,
                            offset - share * step_offset);
            share /= 2;
        } while (next.loss > sums.loss && share > 1e-6);
        if (!(next.loss < sums.loss))
            break;
        slope -= 2 * share * step_slope;
        offset -= 2 * share * step_offset;
        sums = next;
    }
    if (!(slope > 0))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The latents of digits have no larger margins than those of non-digits.");
    handwriting->slope = slope;
    handwriting->midpoint = -offset / slope;
    handwriting->calibrated = true;
    return STATUS_OK;
}

/* --- measuring ----------------------------------------------------------------------------- */

static double confidence_at(const struct handwriting *handwriting, double margin)
{
    const struct handwriting_place place = {.margin = margin};
    return handwriting_confidence(handwriting, &place);
}

/* Share of the measuring half (of one class, or of all where label is -1) below the threshold. */
static double share_below(const struct handwriting *handwriting, const struct confidence_set *set,
                          int label, double threshold)
{
    uint32_t below = 0, count = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->calibrates[i] || (label >= 0 && set->labels[i] != label))
            continue;
        count++;
        below += confidence_at(handwriting, set->margins[i]) < threshold;
    }
    return count ? below / (double)count : NAN;
}

static int compare_numbers(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The highest threshold that keeps the wanted share; below 0 when memory is out. */
static double find_threshold(const struct handwriting *handwriting,
                             const struct confidence_set *digits)
{
    uint32_t count = 0;
    double *values = mem_alloc(digits->count, sizeof *values);
    if (!values)
        return -1;
    for (uint32_t i = 0; i < digits->count; i++)
        if (!digits->calibrates[i])
            values[count++] = confidence_at(handwriting, digits->margins[i]);
    qsort(values, count, sizeof *values, compare_numbers);
    double threshold = count ? values[(uint32_t)((1 - confidence_kept) * count)] : 0;
    mem_free(values);
    return threshold;
}

struct confidence_bins {
    double weight[CONFIDENCE_BINS], confidence[CONFIDENCE_BINS], digits[CONFIDENCE_BINS];
};

static void add_to_bins(const struct handwriting *handwriting, const struct confidence_set *set,
                        bool digits, struct confidence_bins *bins)
{
    double weight = 0.5 / (set->count - num_calibrating(set));
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->calibrates[i])
            continue;
        double confidence = confidence_at(handwriting, set->margins[i]);
        int bin = confidence < 1 ? (int)(confidence * CONFIDENCE_BINS) : CONFIDENCE_BINS - 1;
        bins->weight[bin] += weight;
        bins->confidence[bin] += weight * confidence;
        bins->digits[bin] += digits ? weight : 0;
    }
}

/* Mean difference of confidence and share of digits, were both kinds equally frequent. */
static double calibration_error(const struct handwriting *handwriting,
                                const struct confidence_set *digits,
                                const struct confidence_set *non_digits)
{
    struct confidence_bins bins = {{0}, {0}, {0}};
    double sum = 0;
    add_to_bins(handwriting, digits, true, &bins);
    add_to_bins(handwriting, non_digits, false, &bins);
    for (int i = 0; i < CONFIDENCE_BINS; i++)
        sum += fabs(bins.confidence[i] - bins.digits[i]);
    return sum;
}

static json_t *rounded(double value)
{
    return isfinite(value) ? json_real(round(value * 10000) / 10000) : json_null();
}

json_t *confidence_measure(const struct handwriting *handwriting,
                           const struct confidence_set *digits,
                           const struct confidence_set *non_digits, const struct class_list *kinds)
{
    double threshold = find_threshold(handwriting, digits);
    json_t *object = threshold < 0 ? NULL : json_object();
    if (!object)
        return NULL;
    json_object_set_new(object, "confidence_threshold", json_real(threshold));
    json_object_set_new(object, "digits_kept",
                        rounded(1 - share_below(handwriting, digits, -1, threshold)));
    json_object_set_new(object, "turned_away",
                        rounded(share_below(handwriting, non_digits, -1, threshold)));
    for (uint32_t i = 0; i < kinds->count; i++) {
        char key[DATASET_CLASS_NAME_SIZE + 16];
        snprintf(key, sizeof key, "turned_away_%s", kinds->names[i]);
        json_object_set_new(object, key,
                            rounded(share_below(handwriting, non_digits, (int)i, threshold)));
    }
    json_object_set_new(object, "calibration_error",
                        rounded(calibration_error(handwriting, digits, non_digits)));
    return object;
}
