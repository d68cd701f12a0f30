/*
 * A sweep: the autoencoder command over a grid of settings. The grid is made and every one of its
 * command lines is parsed before anything runs; each finished run leaves a checkpoint and a row of
 * results, and a row in the file means that the run need not be repeated.
 * Runs and results serve reproduce.h as well, which runs other commands too.
 */
#ifndef SPIKELOOM_TRAIN_SWEEP_H
#define SPIKELOOM_TRAIN_SWEEP_H

#include "models/network.h"
#include "train/json_log.h"
#include "train/options.h"

enum { SWEEP_MAX_RUNS = 1000, SWEEP_MAX_WORDS = 128 };

/* One command line; in a sweep, one point of the grid. */
struct sweep_run {
    char name[NETWORK_NAME_SIZE]; /* "steps15-lr5e-4": stem of the checkpoint */
    char *words[SWEEP_MAX_WORDS]; /* its command line, owned */
    int num_words;
    char *command_line; /* the same in one text */
    struct options options;
    json_t *settings; /* all that shapes the result; the folder does not */
};

/*
 * A run from its words, the program's name first: each is copied, then all are joined and parsed.
 * INVALID_ARGUMENT for too many words and what options_parse refuses, NO_MEMORY. Released by
 * sweep_run_free in any case, also zeroed.
 */
enum status sweep_run_add_word(struct sweep_run *run, const char *word, struct error *error);
enum status sweep_run_parse(struct sweep_run *run, struct error *error);
void sweep_run_free(struct sweep_run *run);

/*
 * Runs the command of a parsed run, from its state if it left one. *stopped: a signal came before
 * the end. Errors are the command's, with the run's name in front.
 */
enum status sweep_run_train(struct sweep_run *run, bool *stopped, double *seconds,
                            struct error *error);

struct sweep_grid {
    int num_runs;
    struct sweep_run *runs; /* the last axis varies fastest */
};

/*
 * Makes the runs of a sweep's command line. INVALID_ARGUMENT with a sentence for an axis that is
 * unknown or given twice, a value that is missing, given twice or not taken by the option, too
 * many runs; NO_MEMORY. Released by sweep_grid_free in any case.
 */
enum status sweep_grid_make(const struct options *options, struct sweep_grid *grid,
                            struct error *error);
void sweep_grid_free(struct sweep_grid *grid);

/* The finished runs of a folder: results.jsonl, and results.csv made from it. */
struct sweep_results {
    const char *folder; /* borrowed */
    json_t *rows;       /* array of {run, settings, scores, seconds} */
};

/* Reads what is there. IO, NO_MEMORY; MALFORMED for a damaged file. */
enum status sweep_results_open(const char *folder, struct sweep_results *results,
                               struct error *error);
void sweep_results_close(struct sweep_results *results);

/* The row of that run, borrowed; NULL when it is not finished. */
const json_t *sweep_results_find(const struct sweep_results *results, const char *run);

/* Whether the run has a row and its checkpoint is there. */
bool sweep_run_finished(const struct sweep_results *results, const struct sweep_run *run);

/*
 * A folder holds one sweep: INVALID_ARGUMENT when a row of the run's name was made by other
 * settings.
 */
enum status sweep_run_check(const struct sweep_run *run, const struct sweep_results *results,
                            struct error *error);

/*
 * Adds a row (stolen) and replaces both files, each whole: a crash leaves the old one or the new
 * one. A NULL row only makes the CSV anew from the rows that are there.
 */
enum status sweep_results_add(struct sweep_results *results, json_t *row, struct error *error);

#endif
