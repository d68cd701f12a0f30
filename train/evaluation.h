/*
 * Scores of a checkpoint on a test split, computed by the functions that serve.
 */
#ifndef SPIKELOOM_TRAIN_EVALUATION_H
#define SPIKELOOM_TRAIN_EVALUATION_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"
#include "train/interval.h"
#include "train/json_log.h"
#include "train/judge.h"
#include "train/test_split.h"

#include <stdbool.h>
#include <stdint.h>

/* What is measured of each picture, and has a confidence interval. */
enum measure {
    MEASURE_PIXEL_MSE,
    MEASURE_MSE_PIXELS,
    MEASURE_MSE_SPIKES,
    MEASURE_CLASS_MIN,
    MEASURE_NEAREST, /* this one and the next are shares */
    MEASURE_JUDGE,
    MEASURE_COUNT
};

/* Means over samples; NAN where a measure makes no sense. */
struct scores {
    uint32_t num_samples;
    double pixel_mse, mse_pixels, mse_spikes;
    double mse_pixels_class_min;   /* against the nearest training image of what was said */
    double digit_accuracy_nearest; /* pictures nearest to the class image of what was said */
    double digit_accuracy_judge;   /* pictures that a separate classifier reads as it */
    double synops, spikes;         /* of one inference */
    double macs, input_spikes, layer_spikes[NETWORK_MAX_LAYERS]; /* likewise; see inference.h */
    struct interval interval[MEASURE_COUNT];                     /* 95 %, of the measures */
};

/* What became of an utterance: classes of the network by index, -1 where unknown. */
struct evaluation_reading {
    int said;
    int nearest; /* the class image that the picture is nearest to */
    int judge;   /* the class of the digit that the judge reads */
};

struct evaluation_settings {
    int num_steps;  /* 0: the network's own */
    uint64_t seed;  /* of rate coding; sample i draws with seed + i */
    uint64_t style; /* handwriting of recordings; 0: what was heard */
    int threads;    /* 0: all processors */
    bool quiet;
    uint32_t limit;                          /* of samples of a test split, evenly spread; 0: all */
    struct dataset_division division;        /* of speech; zeroed: the official one */
    const struct judge *judge;               /* for digit_accuracy_judge, or NULL */
    const struct image_set *training_images; /* for mse_pixels_class_min of speech, or NULL */
    struct evaluation_reading *readings;     /* [utterances], filled for speech, or NULL */
};

/* An image network against the images themselves. */
enum status evaluation_images(const struct network *network, const struct image_set *set,
                              const struct evaluation_settings *settings, struct scores *scores,
                              struct error *error);

/* A speech network against the class image of each utterance's class. */
enum status evaluation_speech(const struct network *network, const struct speech_set *set,
                              const struct evaluation_settings *settings, struct scores *scores,
                              struct error *error);

/* One of the two above, by what the split holds. */
enum status evaluation_run(const struct network *network, const struct test_split *split,
                           const struct evaluation_settings *settings, struct scores *scores,
                           struct error *error);

/* Loads the test split of KIND:DIR and scores the network on it. */
enum status evaluation_test_split(const struct network *network, const char *spec,
                                  const struct evaluation_settings *settings, struct scores *scores,
                                  struct error *error);

/*
 * counts [network_num_inputs] = the spikes of each input over the steps, as an inference of that
 * seed draws them from input [inputs]; random and spiked [inputs] are scratch.
 */
void evaluation_count_input_spikes(const struct network *network, const real *input, uint64_t seed,
                                   int num_steps, uint32_t *random, real *spiked, real *counts);

/*
 * The scores as a JSON object, NAN as null; "interval_95" has [low, high] of each measure that is
 * no null, by its key. NULL when memory is out.
 */
json_t *evaluation_json(const struct scores *scores);

/* Puts the scores into network->scores_json. */
enum status evaluation_store(const struct scores *scores, struct network *network,
                             struct error *error);

#endif
