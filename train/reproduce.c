#include "train/reproduce.h"

#include "core/base/file.h"
#include "train/commands.h"
#include "train/evaluate.h"
#include "train/interrupt.h"
#include "train/peak_memory.h"
#include "train/progress.h"
#include "train/record.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { REPRODUCE_UNITS = 100 }; /* of progress, a second of cost */

static bool run_pending(const struct reproduction *reproduction, const struct reproduce_run *run)
{
    return !run->missing && !sweep_run_finished(&reproduction->results, &run->train);
}

/* Small runs take about the same time. */
static double run_cost(const struct options *options, const struct reproduce_run *run)
{
    return options->full ? run->experiment->cost : 1;
}

/* Cost of the runs that are pending, or of all. */
static double sum_costs(const struct reproduction *reproduction, bool only_pending, int *count)
{
    double sum = 0;
    *count = 0;
    for (int i = 0; i < reproduction->num_runs; i++) {
        const struct reproduce_run *run = &reproduction->runs[i];
        if (run->missing || (only_pending && !run_pending(reproduction, run)))
            continue;
        sum += run_cost(reproduction->options, run);
        ++*count;
    }
    return sum;
}

/* How many times as long as in the plan a run takes here, by a short one. */
static enum status calibrate(const struct options *options, double *factor, bool *stopped,
                             struct error *error)
{
    double seconds = 0;
    char card[PATH_MAX], state[PATH_MAX];
    struct reproduce_run run;
    enum status status = reproduce_run_make(options, &reproduce_calibration, &run, error);
    if (status == STATUS_OK)
        status = reproduce_path(options->out, NULL, "calibration", ".md", card, error);
    if (status == STATUS_OK)
        status = record_state_path(run.train.options.out, state, error);
    if (status == STATUS_OK) {
        unlink(state); /* of a calibration that was interrupted */
        run.train.options.quiet = true;
        status = sweep_run_train(&run.train, stopped, &seconds, error);
    }
    if (status == STATUS_OK) {
        unlink(run.train.options.out);
        unlink(run.train.options.log);
        unlink(card);
    }
    *factor = seconds / reproduce_calibration.cost;
    reproduce_run_free(&run);
    return status;
}

static enum status tell_expected_time(const struct reproduction *reproduction, bool *stopped,
                                      struct error *error)
{
    int count;
    double factor, cost = sum_costs(reproduction, true, &count);
    if (!reproduction->options->full || count == 0)
        return STATUS_OK;
    enum status status = calibrate(reproduction->options, &factor, stopped, error);
    if (status == STATUS_OK && !*stopped) {
        printf("Expected time: about %.0f minutes for %d runs.\n", ceil(cost * factor / 60), count);
        fflush(stdout);
    }
    return status;
}

/* The row of a run that has left its checkpoint. */
static enum status add_row(const struct reproduce_run *run, double seconds,
                           struct sweep_results *results, struct error *error)
{
    json_t *scores;
    enum status status = evaluate_model(&run->evaluate.options, &scores, error);
    if (status != STATUS_OK)
        return status;
    double mib = peak_memory_mib();
    json_t *row = json_pack("{s:s, s:O, s:o, s:f, s:o}", "run", run->train.name, "settings",
                            run->train.settings, "scores", scores, "seconds", seconds, "peak_mib",
                            isfinite(mib) ? json_real(mib) : json_null());
    return row ? sweep_results_add(results, row, error) : error_plain(error, STATUS_NO_MEMORY);
}

static enum status run_one(struct reproduce_run *run, struct sweep_results *results, bool *stopped,
                           struct error *error)
{
    double seconds;
    peak_memory_forget();
    enum status status = sweep_run_train(&run->train, stopped, &seconds, error);
    return status == STATUS_OK && !*stopped ? add_row(run, seconds, results, error) : status;
}

/* Runs what is pending; *stopped when a signal came before the end. */
static enum status run_all(struct reproduction *reproduction, bool *stopped, struct error *error)
{
    int total, left;
    double cost = sum_costs(reproduction, false, &total);
    double done = cost - sum_costs(reproduction, true, &left);
    enum status status = STATUS_OK;
    struct progress progress;
    progress_start(&progress, "reproduce", (uint64_t)(cost * REPRODUCE_UNITS),
                   (uint64_t)(done * REPRODUCE_UNITS), reproduction->options->quiet);
    for (int i = 0; i < reproduction->num_runs && status == STATUS_OK && !*stopped; i++) {
        struct reproduce_run *run = &reproduction->runs[i];
        if (!run_pending(reproduction, run))
            continue;
        progress_milestone(&progress, (uint64_t)(done * REPRODUCE_UNITS), "%d of %d runs, now %s",
                           total - left, total, run->experiment->name);
        status = run_one(run, &reproduction->results, stopped, error);
        done += run_cost(reproduction->options, run);
        left--;
        *stopped = *stopped || (left > 0 && interrupt_requested());
    }
    return status;
}

static enum status prepare_folder(const struct options *options, struct error *error)
{
    static const char *const folders[] = {"logs", "csv", "plots", "pictures"};
    char path[PATH_MAX];
    enum status status = file_make_folder(options->out, error);
    for (size_t i = 0; i < sizeof folders / sizeof *folders && status == STATUS_OK; i++) {
        status = reproduce_path(options->out, NULL, folders[i], "", path, error);
        if (status == STATUS_OK)
            status = file_make_folder(path, error);
    }
    return status;
}

/* Reads what earlier calls left. */
static enum status open_results(struct reproduction *reproduction, struct error *error)
{
    enum status status =
        sweep_results_open(reproduction->options->out, &reproduction->results, error);
    for (int i = 0; i < reproduction->num_runs && status == STATUS_OK; i++)
        if (!reproduction->runs[i].missing)
            status = sweep_run_check(&reproduction->runs[i].train, &reproduction->results, error);
    if (status == STATUS_OK)
        status = sweep_results_add(&reproduction->results, NULL, error);
    return status;
}

static enum status check_images(const char *spec, struct error *error)
{
    enum status status = STATUS_OK;
    for (int split = DATASET_TRAIN; split <= DATASET_TEST && spec && status == STATUS_OK; split++) {
        struct image_set set;
        status = image_set_load(spec, (enum dataset_split)split, &set, error);
        image_set_free(&set);
    }
    return status;
}

static enum status check_speech(const char *spec, struct error *error)
{
    enum status status = STATUS_OK;
    for (int split = DATASET_TRAIN; split <= DATASET_TEST && spec && status == STATUS_OK; split++) {
        struct speech_set set;
        status = speech_set_load(spec, (enum dataset_split)split, &set, error);
        speech_set_free(&set);
    }
    return status;
}

/* All data sets, so that none is found to be at fault hours later. */
static enum status check_data(const struct options *options, struct error *error)
{
    enum status status = check_images(options->mnist, error);
    if (status == STATUS_OK)
        status = check_images(options->fashion, error);
    return status == STATUS_OK ? check_speech(options->speech, error) : status;
}

/* Runs and reports; a report that is there was made of all rows that are there. */
static enum status reproduce(struct reproduction *reproduction, struct error *error)
{
    int pending;
    bool stopped = false;
    char report[PATH_MAX];
    enum status status =
        reproduce_path(reproduction->options->out, NULL, "REPORT", ".md", report, error);
    if (status != STATUS_OK)
        return status;
    sum_costs(reproduction, true, &pending);
    if (pending == 0 && file_exists(report)) {
        printf("%s is finished: nothing to do.\n", report);
        return STATUS_OK;
    }
    if (pending > 0)
        status = check_data(reproduction->options, error);
    if (status != STATUS_OK)
        return status;
    unlink(report);
    status = tell_expected_time(reproduction, &stopped, error);
    if (status == STATUS_OK && !stopped)
        status = run_all(reproduction, &stopped, error);
    if (status == STATUS_OK && !stopped)
        status = reproduce_report_write(reproduction, error);
    if (status == STATUS_OK)
        puts(stopped ? "Stopped. The same command goes on." : report);
    return status;
}

enum status command_reproduce(const struct options *options, struct error *error)
{
    struct reproduction reproduction = {0};
    if (options->quick && options->full)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--quick and --full exclude each other");
    enum status status = reproduce_runs_make(options, &reproduction, error);
    if (status == STATUS_OK)
        status = prepare_folder(options, error);
    if (status == STATUS_OK)
        status = open_results(&reproduction, error);
    if (status == STATUS_OK)
        status = reproduce(&reproduction, error);
    sweep_results_close(&reproduction.results);
    reproduce_runs_free(&reproduction);
    return status;
}
