#include "train/sweep.h"

#include "core/base/mem.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Options that may be swept, and what they are called in a run's name. */
static const struct {
    const char *option, *label;
} sweep_axes[] = {
    {"steps", "steps"},           {"hidden", "hidden"},         {"neuron", "neuron"},
    {"tau-mem-ms", "tau"},        {"max-rate-hz", "rate"},      {"mask", "mask"},
    {"epochs", "epochs"},         {"batch-size", "batch"},      {"learning-rate", "lr"},
    {"surrogate-slope", "slope"}, {"spike-penalty", "penalty"}, {"seed", "seed"}};

enum { SWEEP_NUM_AXES = sizeof sweep_axes / sizeof *sweep_axes };

/* What --over asks for, one after the other. */
struct axis {
    int kind; /* index into sweep_axes */
    struct {
        const char *text; /* borrowed from the command line */
        int length;
    } values[SWEEP_MAX_RUNS];
    int count;
};

static int find_axis(const char *name, size_t length)
{
    for (int i = 0; i < SWEEP_NUM_AXES; i++)
        if (strlen(sweep_axes[i].option) == length &&
            memcmp(sweep_axes[i].option, name, length) == 0)
            return i;
    return -1;
}

static enum status add_value(const char *over, const char *text, int length, struct axis *axis,
                             struct error *error)
{
    if (length == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--over '%.80s' lacks a value", over);
    if (axis->count == SWEEP_MAX_RUNS)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--over takes at most %d values",
                         SWEEP_MAX_RUNS);
    for (int i = 0; i < axis->count; i++)
        if (axis->values[i].length == length && !memcmp(axis->values[i].text, text, (size_t)length))
            return error_set(error, STATUS_INVALID_ARGUMENT, "--over '%.80s' has %.*s twice", over,
                             length, text);
    axis->values[axis->count].text = text;
    axis->values[axis->count++].length = length;
    return STATUS_OK;
}

/* Reads "NAME=VALUE,VALUE,..." */
static enum status read_axis(const char *over, struct axis *axis, struct error *error)
{
    size_t length = strcspn(over, "=");
    *axis = (struct axis){.kind = find_axis(over, length)};
    if (axis->kind < 0 || !over[length])
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--over takes NAME=VALUE,... with a name out of steps, hidden, neuron, "
                         "tau-mem-ms, max-rate-hz, mask, epochs, batch-size, learning-rate, "
                         "surrogate-slope, spike-penalty and seed, not '%.80s'",
                         over);
    const char *text = over + length;
    while (*text) {
        int value_length = (int)strcspn(++text, ",");
        enum status status = add_value(over, text, value_length, axis, error);
        if (status != STATUS_OK)
            return status;
        text += value_length;
    }
    return STATUS_OK;
}

static enum status read_axes(const struct options *options, struct axis *axes, int *num_runs,
                             struct error *error)
{
    *num_runs = 1;
    for (int i = 0; i < options->over.count; i++) {
        enum status status = read_axis(options->over.values[i], &axes[i], error);
        if (status != STATUS_OK)
            return status;
        for (int before = 0; before < i; before++)
            if (axes[before].kind == axes[i].kind)
                return error_set(error, STATUS_INVALID_ARGUMENT, "--over has %s twice",
                                 sweep_axes[axes[i].kind].option);
        if (axes[i].count > SWEEP_MAX_RUNS / *num_runs)
            return error_set(error, STATUS_INVALID_ARGUMENT, "a sweep has at most %d runs",
                             SWEEP_MAX_RUNS);
        *num_runs *= axes[i].count;
    }
    return STATUS_OK;
}

/* Whether word `i` belongs to the sweep alone; *skipped words with it. */
static bool is_own_option(const struct options *options, int i, int *skipped)
{
    static const char *const own[] = {"--over", "--out"};
    *skipped = 1;
    if (strcmp(options->argv[i], "--") == 0)
        return true;
    for (int k = 0; k < 2; k++) {
        size_t length = strlen(own[k]);
        if (strncmp(options->argv[i], own[k], length) != 0)
            continue;
        *skipped = options->argv[i][length] ? 1 : 2;
        if (options->argv[i][length] == '=' || *skipped == 2)
            return true;
    }
    *skipped = 1;
    return false;
}

/* The words of the sweep's command line that its runs share. */
static enum status add_shared_words(const struct options *options, struct sweep_run *run,
                                    struct error *error)
{
    enum status status = sweep_run_add_word(run, options->argv[0], error);
    if (status == STATUS_OK)
        status = sweep_run_add_word(run, options_command_name(COMMAND_AUTOENCODER), error);
    for (int i = 2, skipped; i < options->argc && status == STATUS_OK; i += skipped)
        if (!is_own_option(options, i, &skipped))
            status = sweep_run_add_word(run, options->argv[i], error);
    return status;
}

/* The values of one run, as words and in its name. `index` counts through the grid. */
static enum status add_values(const struct options *options, const struct axis *axes, int index,
                              struct sweep_run *run, struct error *error)
{
    char word[256];
    size_t length = 0;
    int place[SWEEP_NUM_AXES];
    for (int i = options->over.count - 1; i >= 0; i--) {
        place[i] = index % axes[i].count;
        index /= axes[i].count;
    }
    for (int i = 0; i < options->over.count; i++) {
        const char *text = axes[i].values[place[i]].text;
        int size = axes[i].values[place[i]].length;
        snprintf(word, sizeof word, "--%s=%.*s", sweep_axes[axes[i].kind].option, size, text);
        enum status status = sweep_run_add_word(run, word, error);
        if (status != STATUS_OK)
            return status;
        length += (size_t)snprintf(run->name + length, sizeof run->name - length, "%s%s%.*s",
                                   i ? "-" : "", sweep_axes[axes[i].kind].label, size, text);
        if (length >= sizeof run->name)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "'%s...' is too long for a name; write shorter numbers", run->name);
    }
    return STATUS_OK;
}

static enum status make_run(const struct options *options, const struct axis *axes, int index,
                            struct sweep_run *run, struct error *error)
{
    char out[PATH_MAX];
    enum status status = add_shared_words(options, run, error);
    if (status == STATUS_OK)
        status = add_values(options, axes, index, run, error);
    int length = snprintf(out, sizeof out, "--out=%s/%s.safetensors", options->out, run->name);
    if (status == STATUS_OK && (length < 0 || (size_t)length >= sizeof out))
        status = error_set(error, STATUS_INVALID_ARGUMENT, "--out is too long");
    if (status == STATUS_OK)
        status = sweep_run_add_word(run, out, error);
    if (status == STATUS_OK)
        status = sweep_run_parse(run, error);
    return status;
}

enum status sweep_grid_make(const struct options *options, struct sweep_grid *grid,
                            struct error *error)
{
    int num_runs = 0;
    *grid = (struct sweep_grid){0};
    struct axis *axes = mem_alloc((size_t)options->over.count, sizeof *axes);
    enum status status =
        axes ? read_axes(options, axes, &num_runs, error) : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK) {
        grid->runs = mem_alloc((size_t)num_runs, sizeof *grid->runs);
        if (!grid->runs)
            status = error_plain(error, STATUS_NO_MEMORY);
    }
    for (int i = 0; i < num_runs && status == STATUS_OK; i++)
        status = make_run(options, axes, i, &grid->runs[grid->num_runs++], error);
    mem_free(axes);
    return status;
}

void sweep_grid_free(struct sweep_grid *grid)
{
    for (int i = 0; i < grid->num_runs; i++)
        sweep_run_free(&grid->runs[i]);
    mem_free(grid->runs);
    *grid = (struct sweep_grid){0};
}
