#include "train/evaluation.h"

#include "core/base/mem.h"
#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/spike/encode.h"
#include "core/spike/readout.h"
#include "models/front_end.h"
#include "models/listen.h"
#include "train/class_images.h"
#include "train/measures.h"
#include "train/progress.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* What one sample contributes; kept apart so that sums are made in the order of samples. */
struct sample_scores {
    double measure[MEASURE_COUNT];
    struct inference_stats stats;
};

/* so that one measure of all samples is an array with a stride */
_Static_assert(sizeof(struct sample_scores) % sizeof(double) == 0, "measures are not aligned");

struct evaluation {
    const struct network *network;
    const struct image_set *images; /* one of these two is NULL */
    const struct speech_set *speech;
    const int *class_of_label; /* index into the network's classes, for speech */
    const struct evaluation_settings *settings;
    int num_steps;
    uint32_t num_samples;
    struct sample_scores *samples;
    pthread_mutex_t mutex; /* of what follows */
    struct progress progress;
    uint32_t done;
    struct error error; /* the first one */
};

/* Samples that a task scores with one set of buffers. */
enum { EVALUATION_BLOCK = 20 };

/* The buffers of one task. */
struct evaluation_scratch {
    struct inference inference;
    real *input, *output, *target, *input_counts, *judge;
    uint32_t *counts, *random;
};

static bool scratch_open(struct evaluation_scratch *scratch, const struct evaluation *evaluation)
{
    const struct network *network = evaluation->network;
    const struct judge *judge = evaluation->settings->judge;
    size_t inputs = network_num_inputs(network), pixels = network_num_pixels(network);
    *scratch = (struct evaluation_scratch){.inference.path = INFERENCE_EVENT_DRIVEN};
    scratch->input = mem_alloc(inputs, sizeof(real));
    scratch->input_counts = mem_alloc(inputs, sizeof(real));
    scratch->output = mem_alloc(pixels, sizeof(real));
    scratch->target = mem_alloc(pixels, sizeof(real));
    scratch->counts = mem_alloc(pixels, sizeof(uint32_t));
    scratch->random = mem_alloc(inputs, sizeof(uint32_t));
    scratch->judge = mem_alloc(judge ? judge_num_units(judge) : 0, sizeof(real));
    return scratch->input && scratch->input_counts && scratch->output && scratch->target &&
           scratch->counts && scratch->random && scratch->judge;
}

static void scratch_close(struct evaluation_scratch *scratch)
{
    inference_free(&scratch->inference);
    mem_free(scratch->input);
    mem_free(scratch->input_counts);
    mem_free(scratch->output);
    mem_free(scratch->target);
    mem_free(scratch->counts);
    mem_free(scratch->random);
    mem_free(scratch->judge);
}

static void grey_to_real(const uint8_t *grey, size_t count, real *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (real)grey[i] / 255;
}

/*
 * Hears a recording: into scratch->input and, unless the network is an analog one, into the latent
 * that is scored.
 */
static enum status hear(const struct evaluation *evaluation, uint32_t index,
                        struct evaluation_scratch *scratch, struct raster *latent,
                        struct error *error)
{
    const struct network *network = evaluation->network;
    const struct utterance *utterance = &evaluation->speech->utterances[index];
    struct inference_stats *stats = &evaluation->samples[index].stats;
    struct listen_result result;
    struct audio copy = utterance->audio;
    copy.samples = mem_copy(copy.samples, copy.num_samples * sizeof *copy.samples);
    if (!copy.samples)
        return error_plain(error, STATUS_NO_MEMORY);
    enum status status =
        network_is_spiking(network)
            ? listen_run(&scratch->inference, network, &copy, evaluation->settings->seed + index,
                         evaluation->num_steps, scratch->input, latent, stats, &result, error)
            : front_end_run(network, &copy, scratch->input, error);
    if (status != STATUS_OK)
        error_prefix(error, status, "%s: ", utterance->name);
    audio_free(&copy);
    return status;
}

/* Puts what sample `index` is to become into scratch->target, and an image into the input too. */
static void load_sample(const struct evaluation *evaluation, uint32_t index,
                        struct evaluation_scratch *scratch)
{
    const struct network *network = evaluation->network;
    size_t pixels = network_num_pixels(network);
    if (evaluation->images) {
        grey_to_real(evaluation->images->pixels + index * pixels, pixels, scratch->input);
        memcpy(scratch->target, scratch->input, pixels * sizeof(real));
        return;
    }
    uint16_t label = evaluation->speech->utterances[index].label;
    size_t class_index = (size_t)evaluation->class_of_label[label];
    grey_to_real(network->class_images + class_index * pixels, pixels, scratch->target);
}

/* The class image with the smallest standardized error. */
static int nearest_class(const struct network *network, const real *picture, real *candidate)
{
    size_t pixels = network_num_pixels(network);
    int nearest = -1;
    double smallest = INFINITY;
    for (int i = 0; i < network->num_classes; i++) {
        grey_to_real(network->class_images + (size_t)i * pixels, pixels, candidate);
        double distance = measures_standardized_mse(candidate, picture, pixels);
        if (distance < smallest) {
            smallest = distance;
            nearest = i;
        }
    }
    return nearest;
}

void evaluation_count_input_spikes(const struct network *network, const real *input, uint64_t seed,
                                   int num_steps, uint32_t *random, real *spiked, real *counts)
{
    uint32_t inputs = network_num_inputs(network);
    struct rng rng = {.seed = seed, .index = 0, .stream = RNG_STREAM_ENCODE};
    memset(counts, 0, inputs * sizeof *counts);
    for (int step = 0; step < num_steps; step++) {
        encode_rate_dense(&rng, (uint32_t)step, input, inputs, network->max_rate_hz, network->dt,
                          random, spiked);
        for (uint32_t i = 0; i < inputs; i++)
            counts[i] += spiked[i];
    }
}

/* The smallest error against the training images of what was said; NAN where none are given. */
static double class_min(const struct evaluation *evaluation, uint32_t index,
                        struct evaluation_scratch *scratch)
{
    const struct image_set *images = evaluation->settings->training_images;
    const struct speech_set *speech = evaluation->speech;
    if (!images || !speech)
        return NAN;
    int label =
        class_list_find(&images->classes, speech->classes.names[speech->utterances[index].label]);
    return class_images_smallest_mse(images, label, scratch->output, scratch->target);
}

/* The digit that the judge reads in the picture; -1 without one. */
static int judge_digit(const struct evaluation *evaluation, struct evaluation_scratch *scratch)
{
    const struct judge *judge = evaluation->settings->judge;
    return judge ? judge_read(judge, scratch->output, scratch->judge, NULL) : -1;
}

/* Whether that is what the sample is; NAN where there is no judge or it is no digit. */
static double judged(const struct evaluation *evaluation, uint32_t index, int digit)
{
    const struct class_list *classes =
        evaluation->images ? &evaluation->images->classes : &evaluation->speech->classes;
    uint16_t label = evaluation->images ? evaluation->images->labels[index]
                                        : evaluation->speech->utterances[index].label;
    int expected = digit >= 0 ? judge_digit_of_name(classes->names[label]) : -1;
    return expected >= 0 ? digit == expected : NAN;
}

static int class_of_digit(const struct network *network, int digit)
{
    for (int i = 0; i < network->num_classes && digit >= 0; i++)
        if (judge_digit_of_name(network->class_names[i]) == digit)
            return i;
    return -1;
}

/* Finds the class that an utterance's picture shows; digit is the judge's reading. */
static double measure_nearest(const struct evaluation *evaluation, uint32_t index, int digit,
                              struct evaluation_scratch *scratch)
{
    const struct network *network = evaluation->network;
    struct evaluation_reading reading = {
        .said = evaluation->class_of_label[evaluation->speech->utterances[index].label],
        .nearest = nearest_class(network, scratch->output, scratch->target),
        .judge = class_of_digit(network, digit)};
    if (evaluation->settings->readings)
        evaluation->settings->readings[index] = reading;
    return reading.nearest == reading.said;
}

/* Measures the picture in scratch->output. */
static void measure_picture(const struct evaluation *evaluation, uint32_t index,
                            struct evaluation_scratch *scratch, struct sample_scores *scores)
{
    size_t pixels = network_num_pixels(evaluation->network);
    double *measure = scores->measure;
    int digit = judge_digit(evaluation, scratch);
    measure[MEASURE_PIXEL_MSE] = measures_mse(scratch->target, scratch->output, pixels);
    measure[MEASURE_MSE_PIXELS] =
        measures_standardized_mse(scratch->target, scratch->output, pixels);
    measure[MEASURE_MSE_SPIKES] = NAN;
    measure[MEASURE_NEAREST] =
        evaluation->speech ? measure_nearest(evaluation, index, digit, scratch) : NAN;
    measure[MEASURE_JUDGE] = judged(evaluation, index, digit);
    measure[MEASURE_CLASS_MIN] = class_min(evaluation, index, scratch);
}

/* Compares the output in spikes with the input in spikes, after measure_picture. */
static void measure_spikes(const struct evaluation *evaluation, uint64_t seed,
                           const struct raster *output, struct evaluation_scratch *scratch,
                           struct sample_scores *scores)
{
    const struct network *network = evaluation->network;
    if (!evaluation->images || network->encoding != ENCODING_RATE)
        return;
    evaluation_count_input_spikes(network, scratch->input, seed, evaluation->num_steps,
                                  scratch->random, scratch->output, scratch->input_counts);
    readout_spike_count(output, output->num_steps, scratch->counts, scratch->output);
    scores->measure[MEASURE_MSE_SPIKES] = measures_standardized_mse(
        scratch->input_counts, scratch->output, network_num_pixels(network));
}

/* Puts the handwriting that is to be scored in place of what was heard. */
static enum status steer(const struct evaluation *evaluation, struct raster *latent,
                         struct error *error)
{
    const struct handwriting *handwriting = &evaluation->network->handwriting;
    struct handwriting_place place;
    enum status status = handwriting_locate(handwriting, latent, &place, error);
    return status == STATUS_OK
               ? handwriting_steer(handwriting, &place, evaluation->settings->style, latent, error)
               : status;
}

static enum status score_spiking(const struct evaluation *evaluation, uint32_t index,
                                 struct evaluation_scratch *scratch, struct error *error)
{
    struct raster latent = {0}, output = {0};
    struct sample_scores *scores = &evaluation->samples[index];
    uint64_t seed = evaluation->settings->seed + index;
    enum status status =
        evaluation->speech
            ? hear(evaluation, index, scratch, &latent, error)
            : inference_encode(&scratch->inference, evaluation->network, scratch->input, seed,
                               evaluation->num_steps, &latent, &scores->stats, error);
    if (status == STATUS_OK && evaluation->settings->style)
        status = steer(evaluation, &latent, error);
    if (status == STATUS_OK)
        status = inference_decode(&scratch->inference, evaluation->network, &latent, &output,
                                  &scores->stats, error);
    if (status == STATUS_OK) {
        readout_spike_count(&output, output.num_steps, scratch->counts, scratch->output);
        measure_picture(evaluation, index, scratch, scores);
        measure_spikes(evaluation, seed, &output, scratch, scores);
    }
    raster_free(&latent);
    raster_free(&output);
    return status;
}

static enum status score_analog(const struct evaluation *evaluation, uint32_t index,
                                struct evaluation_scratch *scratch, struct error *error)
{
    struct sample_scores *scores = &evaluation->samples[index];
    enum status status =
        evaluation->speech ? hear(evaluation, index, scratch, NULL, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = inference_analog(&scratch->inference, evaluation->network, scratch->input,
                                  scratch->output, &scores->stats, error);
    if (status == STATUS_OK)
        measure_picture(evaluation, index, scratch, scores);
    return status;
}

static enum status score_sample(const struct evaluation *evaluation, uint32_t index,
                                struct evaluation_scratch *scratch, struct error *error)
{
    load_sample(evaluation, index, scratch);
    return network_is_spiking(evaluation->network)
               ? score_spiking(evaluation, index, scratch, error)
               : score_analog(evaluation, index, scratch, error);
}

static void score_block(void *argument, size_t block)
{
    struct evaluation *evaluation = argument;
    struct evaluation_scratch scratch;
    struct error error = {STATUS_OK, ""};
    enum status status =
        scratch_open(&scratch, evaluation) ? STATUS_OK : error_plain(&error, STATUS_NO_MEMORY);
    uint32_t first = (uint32_t)block * EVALUATION_BLOCK, index = first;
    for (;
         status == STATUS_OK && index < first + EVALUATION_BLOCK && index < evaluation->num_samples;
         index++)
        status = score_sample(evaluation, index, &scratch, &error);
    scratch_close(&scratch);
    pthread_mutex_lock(&evaluation->mutex);
    if (status != STATUS_OK && evaluation->error.status == STATUS_OK)
        evaluation->error = error;
    evaluation->done += index - first;
    progress_update(&evaluation->progress, evaluation->done, "scoring");
    pthread_mutex_unlock(&evaluation->mutex);
}

static void add_stats(const struct inference_stats *stats, double count, struct scores *scores)
{
    scores->synops += (double)stats->synops / count;
    scores->spikes += (double)stats->spikes / count;
    scores->macs += (double)stats->macs / count;
    scores->input_spikes += (double)stats->input_spikes / count;
    for (int i = 0; i < NETWORK_MAX_LAYERS; i++)
        scores->layer_spikes[i] += (double)stats->layer_spikes[i] / count;
}

/* The interval of a measure over all samples. */
static struct interval measure_interval(const struct evaluation *evaluation, enum measure measure,
                                        double sum)
{
    const size_t stride = sizeof *evaluation->samples / sizeof(double);
    if (measure == MEASURE_NEAREST || measure == MEASURE_JUDGE)
        return interval_of_share(sum, evaluation->num_samples);
    return interval_of_mean(&evaluation->samples[0].measure[measure], stride,
                            evaluation->num_samples);
}

static void sum_scores(const struct evaluation *evaluation, struct scores *scores)
{
    struct sample_scores sum = {0};
    struct inference_stats *stats = &sum.stats;
    double count = evaluation->num_samples;
    for (uint32_t i = 0; i < evaluation->num_samples; i++) {
        const struct sample_scores *sample = &evaluation->samples[i];
        for (int k = 0; k < MEASURE_COUNT; k++)
            sum.measure[k] += sample->measure[k];
        stats->synops += sample->stats.synops;
        stats->spikes += sample->stats.spikes;
        stats->macs += sample->stats.macs;
        stats->input_spikes += sample->stats.input_spikes;
        for (int k = 0; k < NETWORK_MAX_LAYERS; k++)
            stats->layer_spikes[k] += sample->stats.layer_spikes[k];
    }
    *scores = (struct scores){.num_samples = evaluation->num_samples,
                              .pixel_mse = sum.measure[MEASURE_PIXEL_MSE] / count,
                              .mse_pixels = sum.measure[MEASURE_MSE_PIXELS] / count,
                              .mse_spikes = sum.measure[MEASURE_MSE_SPIKES] / count,
                              .mse_pixels_class_min = sum.measure[MEASURE_CLASS_MIN] / count,
                              .digit_accuracy_nearest = sum.measure[MEASURE_NEAREST] / count,
                              .digit_accuracy_judge = sum.measure[MEASURE_JUDGE] / count};
    for (int k = 0; k < MEASURE_COUNT; k++)
        scores->interval[k] = measure_interval(evaluation, (enum measure)k, sum.measure[k]);
    add_stats(stats, count, scores);
}

static bool judge_fits(const struct judge *judge, const struct network *network)
{
    return network_num_pixels(network) == layer_num_inputs(&judge->layers[0].shape);
}

static enum status run_evaluation(struct evaluation *evaluation, struct scores *scores,
                                  struct error *error)
{
    const struct evaluation_settings *settings = evaluation->settings;
    struct parallel *parallel = NULL;
    evaluation->num_steps =
        settings->num_steps ? settings->num_steps : evaluation->network->num_steps;
    if (!evaluation->num_samples)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The test split is empty.");
    if (settings->judge && !judge_fits(settings->judge, evaluation->network))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The judge does not read pictures of %d x %d.",
                         evaluation->network->image_width, evaluation->network->image_height);
    enum status status = parallel_new(settings->threads, &parallel, error);
    if (status != STATUS_OK)
        return status;
    evaluation->samples = mem_alloc(evaluation->num_samples, sizeof *evaluation->samples);
    if (evaluation->samples) {
        pthread_mutex_init(&evaluation->mutex, NULL);
        progress_start(&evaluation->progress, "evaluate", evaluation->num_samples, 0,
                       settings->quiet);
        parallel_for(parallel, (evaluation->num_samples + EVALUATION_BLOCK - 1) / EVALUATION_BLOCK,
                     score_block, evaluation);
        progress_finish(&evaluation->progress, "scored");
        pthread_mutex_destroy(&evaluation->mutex);
        status = evaluation->error.status;
        if (status != STATUS_OK)
            error_set(error, status, "%s", evaluation->error.detail);
        else
            sum_scores(evaluation, scores);
    } else {
        status = error_plain(error, STATUS_NO_MEMORY);
    }
    mem_free(evaluation->samples);
    parallel_free(parallel);
    return status;
}

enum status evaluation_images(const struct network *network, const struct image_set *set,
                              const struct evaluation_settings *settings, struct scores *scores,
                              struct error *error)
{
    if (network->task != NETWORK_RECONSTRUCT || set->width != network->image_width ||
        set->height != network->image_height)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model does not take images of %d x %d.", set->width, set->height);
    struct evaluation evaluation = {
        .network = network, .images = set, .settings = settings, .num_samples = set->num_images};
    return run_evaluation(&evaluation, scores, error);
}

/* class_of_label [set->classes.count] = the network's class of the same name. */
static enum status match_classes(const struct network *network, const struct speech_set *set,
                                 int *class_of_label, struct error *error)
{
    for (uint32_t label = 0; label < set->classes.count; label++) {
        class_of_label[label] = -1;
        for (int i = 0; i < network->num_classes; i++)
            if (strcmp(network->class_names[i], set->classes.names[label]) == 0)
                class_of_label[label] = i;
        if (class_of_label[label] < 0)
            return error_set(error, STATUS_INVALID_ARGUMENT, "The model has no class \"%s\".",
                             set->classes.names[label]);
    }
    return STATUS_OK;
}

enum status evaluation_speech(const struct network *network, const struct speech_set *set,
                              const struct evaluation_settings *settings, struct scores *scores,
                              struct error *error)
{
    if (network->task != NETWORK_SYNTHESIZE)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The model does not take speech.");
    int *class_of_label = mem_alloc(set->classes.count, sizeof *class_of_label);
    if (!class_of_label)
        return error_plain(error, STATUS_NO_MEMORY);
    struct evaluation evaluation = {.network = network,
                                    .speech = set,
                                    .class_of_label = class_of_label,
                                    .settings = settings,
                                    .num_samples = set->num_utterances};
    enum status status = match_classes(network, set, class_of_label, error);
    if (status == STATUS_OK)
        status = run_evaluation(&evaluation, scores, error);
    mem_free(class_of_label);
    return status;
}

enum status evaluation_run(const struct network *network, const struct test_split *split,
                           const struct evaluation_settings *settings, struct scores *scores,
                           struct error *error)
{
    return split->is_speech ? evaluation_speech(network, &split->speech, settings, scores, error)
                            : evaluation_images(network, &split->images, settings, scores, error);
}

enum status evaluation_test_split(const struct network *network, const char *spec,
                                  const struct evaluation_settings *settings, struct scores *scores,
                                  struct error *error)
{
    struct test_split split;
    enum status status = test_split_load(spec, &settings->division, settings->limit, &split, error);
    if (status == STATUS_OK)
        status = evaluation_run(network, &split, settings, scores, error);
    test_split_free(&split);
    return status;
}
