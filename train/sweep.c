#include "train/sweep.h"

#include "core/base/file.h"
#include "models/checkpoint.h"
#include "train/commands.h"
#include "train/interrupt.h"
#include "train/progress.h"

#include <stdio.h>

/* Work of a run, for the time that is left: what it costs grows with each of these. */
static uint64_t run_work(const struct sweep_run *run)
{
    const struct options *options = &run->options;
    return (uint64_t)options->epochs * (uint64_t)options->steps * (uint64_t)options->hidden;
}

static enum status check_rows(const struct sweep_grid *grid, const struct sweep_results *results,
                              struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < grid->num_runs && status == STATUS_OK; i++)
        status = sweep_run_check(&grid->runs[i], results, error);
    return status;
}

/* The row of a run that has left its checkpoint. */
static enum status add_row(const struct sweep_run *run, double seconds,
                           struct sweep_results *results, struct error *error)
{
    struct network *network = NULL;
    enum status status = checkpoint_load(run->options.out, &network, error);
    if (status != STATUS_OK)
        return status;
    json_t *scores = json_loads(network->scores_json, 0, NULL);
    json_t *row = json_pack("{s:s, s:O, s:o, s:f}", "run", run->name, "settings", run->settings,
                            "scores", scores, "seconds", seconds);
    network_release(network);
    if (!row)
        return error_plain(error, STATUS_NO_MEMORY);
    return sweep_results_add(results, row, error);
}

/* Trains and scores; *stopped when a signal came before the end. */
static enum status run_one(struct sweep_run *run, struct sweep_results *results, bool *stopped,
                           struct error *error)
{
    double seconds;
    enum status status = sweep_run_train(run, stopped, &seconds, error);
    return status == STATUS_OK && !*stopped ? add_row(run, seconds, results, error) : status;
}

static enum status run_all(const struct sweep_grid *grid, struct sweep_results *results, bool quiet,
                           struct error *error)
{
    uint64_t total = 0, done = 0;
    int finished = 0;
    bool stopped = false;
    enum status status = STATUS_OK;
    struct progress progress;
    for (int i = 0; i < grid->num_runs; i++) {
        total += run_work(&grid->runs[i]);
        finished += sweep_run_finished(results, &grid->runs[i]);
        done += sweep_run_finished(results, &grid->runs[i]) ? run_work(&grid->runs[i]) : 0;
    }
    progress_start(&progress, "sweep", total, done, quiet);
    progress_milestone(&progress, done, "%d of %d runs done", finished, grid->num_runs);
    for (int i = 0; i < grid->num_runs && status == STATUS_OK && !stopped; i++) {
        struct sweep_run *run = &grid->runs[i];
        if (sweep_run_finished(results, run))
            continue;
        status = run_one(run, results, &stopped, error);
        if (status == STATUS_OK && !stopped)
            progress_milestone(&progress, done += run_work(run), "%d of %d runs done, %s last",
                               ++finished, grid->num_runs, run->name);
        stopped = stopped || interrupt_requested();
    }
    if (status == STATUS_OK && finished < grid->num_runs)
        printf("Stopped. The same command goes on.\n");
    return status;
}

enum status command_sweep(const struct options *options, struct error *error)
{
    struct sweep_grid grid;
    struct sweep_results results = {0};
    enum status status = sweep_grid_make(options, &grid, error);
    if (status == STATUS_OK)
        status = file_make_folder(options->out, error);
    if (status == STATUS_OK)
        status = sweep_results_open(options->out, &results, error);
    if (status == STATUS_OK)
        status = check_rows(&grid, &results, error);
    if (status == STATUS_OK)
        status = sweep_results_add(&results, NULL, error); /* a crash may have left an old CSV */
    if (status == STATUS_OK)
        status = run_all(&grid, &results, options->quiet, error);
    sweep_results_close(&results);
    sweep_grid_free(&grid);
    return status;
}
