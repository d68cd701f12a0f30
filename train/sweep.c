#include "train/sweep.h"

#include "core/base/file.h"
#include "models/checkpoint.h"
#include "train/commands.h"
#include "train/interrupt.h"
#include "train/progress.h"
#include "train/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Work of a run, for the time that is left: what it costs grows with each of these. */
static uint64_t run_work(const struct sweep_run *run)
{
    const struct options *options = &run->options;
    return (uint64_t)options->epochs * (uint64_t)options->steps * (uint64_t)options->hidden;
}

static bool run_finished(const struct sweep_results *results, const struct sweep_run *run)
{
    return sweep_results_find(results, run->name) && file_exists(run->options.out);
}

/* A folder holds one sweep: rows of the same name must have been made by the same settings. */
static enum status check_rows(const struct sweep_grid *grid, const struct sweep_results *results,
                              struct error *error)
{
    for (int i = 0; i < grid->num_runs; i++) {
        const struct sweep_run *run = &grid->runs[i];
        const json_t *row = sweep_results_find(results, run->name);
        if (row && !json_equal(json_object_get(row, "settings"), run->settings))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "%s/results.jsonl has the run %s with other settings; choose another "
                             "--out",
                             results->folder, run->name);
    }
    return STATUS_OK;
}

static enum status make_folder(const char *folder, struct error *error)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return STATUS_OK;
    return error_set(error, STATUS_IO, "%s: %s", folder, strerror(errno));
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
    char state[PATH_MAX];
    double started = now();
    enum status status = record_state_path(run->options.out, state, error);
    if (status != STATUS_OK)
        return status;
    run->options.resume = file_exists(state);
    status = command_autoencoder(&run->options, error);
    *stopped = status == STATUS_OK && interrupt_requested() && file_exists(state);
    if (status != STATUS_OK)
        return error_prefix(error, status, "%s: ", run->name);
    return *stopped ? STATUS_OK : add_row(run, now() - started, results, error);
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
        finished += run_finished(results, &grid->runs[i]);
        done += run_finished(results, &grid->runs[i]) ? run_work(&grid->runs[i]) : 0;
    }
    progress_start(&progress, "sweep", total, done, quiet);
    progress_milestone(&progress, done, "%d of %d runs done", finished, grid->num_runs);
    for (int i = 0; i < grid->num_runs && status == STATUS_OK && !stopped; i++) {
        struct sweep_run *run = &grid->runs[i];
        if (run_finished(results, run))
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
        status = make_folder(options->out, error);
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
