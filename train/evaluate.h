/*
 * The evaluate command as a function: scores, work and energy of a checkpoint; on request scores by
 * steps and under conditions, pictures, and all of it on the checkpoint's card.
 */
#ifndef SPIKELOOM_TRAIN_EVALUATE_H
#define SPIKELOOM_TRAIN_EVALUATE_H

#include "train/evaluation.h"
#include "train/json_log.h"
#include "train/options.h"

/* What a command line of `evaluate` names, in memory. */
struct evaluate_run {
    const struct options *options;
    struct network *network;
    struct judge judge;               /* zeroed without --judge */
    struct image_set training_images; /* empty without --images */
    struct test_split split;
    struct evaluation_settings settings;
};

/*
 * Scores options->model as the command line of `evaluate` says; *object, the caller's, is what
 * --json prints, and NULL after a failure.
 */
enum status evaluate_model(const struct options *options, json_t **object, struct error *error);

/* Adds a row of scores to a list, under `key` what they are of; value is taken over. NO_MEMORY. */
enum status evaluate_add_row(json_t *list, const char *key, json_t *value,
                             const struct scores *scores, struct error *error);

/*
 * Adds to `object` "by_steps", the scores of 1, 2, ... steps (up to --steps): what the daemon
 * answers with ?steps=N. INVALID_ARGUMENT for an analog network.
 */
enum status evaluate_steps(const struct evaluate_run *run, json_t *object, struct error *error);

/*
 * Adds to `object` "styles", the scores of style=1 .. --styles, and what they amount to:
 * "styles_digit_accuracy_judge" (mean), "styles_distance" (mean pixel_mse between two styles of the
 * same word) and, with --images, "images_distance" (between two images of a class, as many of
 * each). INVALID_ARGUMENT for a network without handwritings.
 */
enum status evaluate_styles(const struct evaluate_run *run, json_t *object, struct error *error);

/* Adds to `object` "conditions", the scores under each --condition. */
enum status evaluate_conditions(const struct evaluate_run *run, json_t *object,
                                struct error *error);

/*
 * --grid: samples of the test split as one PNG. Of images ten a row, each above its output; of
 * speech a column for each class, its picture above those of several recordings.
 */
enum status evaluate_grid(const struct evaluate_run *run, struct error *error);

/*
 * --failures: DIR/failures.jsonl and a PNG for each of the first --max-failures recordings whose
 * picture is nearest to another class or that the judge reads as another; the PNG shows the class's
 * picture beside what was drawn. readings [utterances] are those of the evaluation.
 */
enum status evaluate_failures(const struct evaluate_run *run,
                              const struct evaluation_reading *readings, struct error *error);

/*
 * --card: puts the scores onto the checkpoint's card, into the section of the test split that it
 * was trained with or one of its own for another; other sections stay. NOT_FOUND without a card,
 * INVALID_ARGUMENT when it is that of another checkpoint.
 */
enum status evaluate_card(const struct evaluate_run *run, const json_t *object,
                          struct error *error);

#endif
