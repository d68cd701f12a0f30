/*
 * The published experiments, rerun: a plan of experiments and of the tables that they fill
 * (reproduce_plan.c), runs made from it (reproduce_runs.c), and a report of the results
 * (reproduce_report.c, with its plots and pictures). Rows and checkpoints are those of a sweep.
 *
 * The report's folder: REPORT.md, results.jsonl, results.csv, NAME.safetensors of each experiment,
 * csv/ (what stands behind each table), plots/, pictures/, logs/.
 */
#ifndef SPIKELOOM_TRAIN_REPRODUCE_H
#define SPIKELOOM_TRAIN_REPRODUCE_H

#include "train/sweep.h"

#include <limits.h>

enum {
    REPRODUCE_MAX_RUNS = 64,
    REPRODUCE_MAX_TABLE_RUNS = 16,
    REPRODUCE_MAX_COLUMNS = 8,
    REPRODUCE_MAX_TEXT = 64 << 20 /* bytes of a file of the report */
};

/* One training and its evaluation. */
struct reproduce_experiment {
    const char *name; /* stem of its checkpoint */
    /* Words; MNIST, FASHION and SPEECH stand for the data sets, @NAME for NAME's checkpoint. */
    const char *command;
    const char *quick; /* words that --quick puts behind them */
    double cost;       /* seconds of a full run where the plan was written: ratios matter */
};

/* A score, a setting (an option's name) or another part of a row, under a heading. */
struct reproduce_column {
    const char *heading, *key;
};

/* Columns of a table against each other. */
struct reproduce_plot {
    const char *title; /* NULL: none */
    int x, y[2];       /* places among the columns; the second y may be 0 for none */
    bool points;       /* named points instead of lines */
};

struct reproduce_table {
    const char *name; /* of its CSV, plots and loss curves */
    const char *title, *about;
    const char *runs[REPRODUCE_MAX_TABLE_RUNS]; /* none: all of the plan */
    struct reproduce_column columns[REPRODUCE_MAX_COLUMNS];
    bool mean; /* further rows: mean and standard deviation of the runs */
    bool loss; /* a plot of the loss curves */
    bool pictures;
    struct reproduce_plot plot;
};

extern const struct reproduce_experiment reproduce_experiments[];
extern const int reproduce_num_experiments; /* at most REPRODUCE_MAX_RUNS */
extern const struct reproduce_table reproduce_tables[];
extern const int reproduce_num_tables;

/* The short training whose time tells how fast this machine is, and what it took in the plan. */
extern const struct reproduce_experiment reproduce_calibration;

struct reproduce_run {
    const struct reproduce_experiment *experiment;
    const char *missing; /* the option of the data set without which it cannot run, or NULL */
    struct sweep_run train, evaluate; /* parsed unless `missing` */
};

struct reproduction {
    const struct options *options;
    struct sweep_results results;
    int num_runs;
    struct reproduce_run *runs; /* [num_runs], in the order of the plan */
};

/*
 * Makes the runs of a command line; results are left to the caller. INVALID_ARGUMENT where a
 * command is refused, NO_MEMORY. Released by reproduce_runs_free in any case.
 */
enum status reproduce_runs_make(const struct options *options, struct reproduction *reproduction,
                                struct error *error);
void reproduce_runs_free(struct reproduction *reproduction);

/* One run from an experiment's words, into DIR; shared with the calibration. */
enum status reproduce_run_make(const struct options *options,
                               const struct reproduce_experiment *experiment,
                               struct reproduce_run *run, struct error *error);
void reproduce_run_free(struct reproduce_run *run);

/* The run of that name; NULL when the plan has none. */
const struct reproduce_run *reproduce_runs_find(const struct reproduction *reproduction,
                                                const char *name);

/* The i-th run of a table; NULL behind the last. */
const struct reproduce_run *reproduce_table_run(const struct reproduction *reproduction,
                                                const struct reproduce_table *table, int i);

/* Whether any run of the table has the data that it needs. */
bool reproduce_table_filled(const struct reproduction *reproduction,
                            const struct reproduce_table *table);

/* "DIR/FOLDER/NAME.SUFFIX" (no folder: NULL). IO if too long. */
enum status reproduce_path(const char *out, const char *folder, const char *name,
                           const char *suffix, char path[PATH_MAX], struct error *error);

/* Writes the tables, plots and pictures of finished runs and, last, REPORT.md. */
enum status reproduce_report_write(const struct reproduction *reproduction, struct error *error);

/* csv/loss.csv: run, epoch, loss; from the logs. */
enum status reproduce_loss_write(const struct reproduction *reproduction, struct error *error);

/*
 * plots/NAME.png of each table's plot and plots/NAME-loss.png of its loss curves by gnuplot, from
 * the CSV files. *drawn: false when there is no gnuplot, which standard error is told.
 */
enum status reproduce_plots_draw(const struct reproduction *reproduction, bool *drawn,
                                 struct error *error);

/*
 * pictures/NAME.png: ten samples of the test split side by side; from above, of images the input,
 * its spikes (rate coding only) and the output, of speech the class image and the output.
 */
enum status reproduce_picture_draw(const struct reproduction *reproduction,
                                   const struct reproduce_run *run, struct error *error);

#endif
