#include "train/sweep.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "train/options_table.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Options that may be swept, and what they are called in a run's name. */
static const struct {
    const char *option, *label;
} sweep_axes[] = {{"steps", "steps"},      {"hidden", "hidden"},    {"mask", "mask"},
                  {"learning-rate", "lr"}, {"max-rate-hz", "rate"}, {"seed", "seed"}};

enum { SWEEP_NUM_AXES = sizeof sweep_axes / sizeof *sweep_axes, SWEEP_MAX_LINE = 1 << 16 };

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
                         "--over takes NAME=VALUE,... with a name out of steps, hidden, mask, "
                         "learning-rate, max-rate-hz and seed, not '%.80s'",
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

static enum status add_word(struct sweep_run *run, const char *word, struct error *error)
{
    if (run->num_words == SWEEP_MAX_WORDS - 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the command line has too many words");
    run->words[run->num_words] = mem_copy_string(word);
    if (!run->words[run->num_words])
        return error_plain(error, STATUS_NO_MEMORY);
    run->num_words++;
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
    enum status status = add_word(run, options->argv[0], error);
    if (status == STATUS_OK)
        status = add_word(run, options_command_name(COMMAND_AUTOENCODER), error);
    for (int i = 2, skipped; i < options->argc && status == STATUS_OK; i += skipped)
        if (!is_own_option(options, i, &skipped))
            status = add_word(run, options->argv[i], error);
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
        enum status status = add_word(run, word, error);
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

static enum status join_words(struct sweep_run *run, struct error *error)
{
    struct buf line;
    buf_init(&line, SWEEP_MAX_LINE);
    enum status status = buf_append_string(&line, "spikeloom-train");
    for (int i = 1; i < run->num_words && status == STATUS_OK; i++)
        status = buf_printf(&line, " %s", run->words[i]);
    if (status == STATUS_OK)
        run->command_line = mem_copy_string((const char *)line.bytes);
    buf_free(&line);
    return run->command_line ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

static json_t *setting_value(const struct options *options, const struct option_row *row)
{
    const void *field = (const char *)options + row->field;
    unsigned choice;
    switch (row->kind) {
    case OPTION_TEXT:
        return *(const char *const *)field ? json_string(*(const char *const *)field) : json_null();
    case OPTION_CHOICE:
        memcpy(&choice, field, sizeof choice);
        return json_string(row->choices[choice]);
    case OPTION_EITHER:
        return json_string(row->choices[*(const bool *)field]);
    case OPTION_INTEGER:
        return json_integer(*(const int *)field);
    case OPTION_SEED:
        return json_integer((json_int_t) * (const uint64_t *)field);
    case OPTION_REAL:
        return json_real(*(const double *)field);
    case OPTION_FLAG:
        return json_boolean(*(const bool *)field);
    case OPTION_LIST:
        break;
    }
    return json_null();
}

/* Everything that shapes the weights: data, seed, and the network's and the learning's options. */
static json_t *describe_settings(const struct options *options)
{
    json_t *settings = json_object();
    for (int i = 0; i < options_num_rows; i++) {
        const struct option_row *row = &options_rows[i];
        bool shapes = row->group == GROUP_NETWORK || row->group == GROUP_LEARNING ||
                      !strcmp(row->name, "data") || !strcmp(row->name, "seed");
        if (shapes && row->commands & 1u << COMMAND_AUTOENCODER)
            json_object_set_new(settings, row->name, setting_value(options, row));
    }
    return settings;
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
        status = add_word(run, out, error);
    if (status == STATUS_OK)
        status = join_words(run, error);
    if (status == STATUS_OK)
        status = options_parse(run->num_words, run->words, &run->options, error);
    if (status != STATUS_OK)
        return status;
    run->options.command_line = run->command_line;
    run->settings = describe_settings(&run->options);
    return run->settings ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
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
    for (int i = 0; i < grid->num_runs; i++) {
        struct sweep_run *run = &grid->runs[i];
        for (int k = 0; k < run->num_words; k++)
            mem_free(run->words[k]);
        mem_free(run->command_line);
        json_decref(run->settings);
    }
    mem_free(grid->runs);
    *grid = (struct sweep_grid){0};
}
