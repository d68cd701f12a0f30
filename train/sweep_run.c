#include "train/sweep.h"

#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "train/commands.h"
#include "train/interrupt.h"
#include "train/options_table.h"
#include "train/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SWEEP_MAX_LINE = 1 << 16 };

enum status sweep_run_add_word(struct sweep_run *run, const char *word, struct error *error)
{
    if (run->num_words == SWEEP_MAX_WORDS - 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the command line has too many words");
    run->words[run->num_words] = mem_copy_string(word);
    if (!run->words[run->num_words])
        return error_plain(error, STATUS_NO_MEMORY);
    run->num_words++;
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

/* All options of network and learning, and some of the others, shape the weights. */
static bool shapes_result(const struct option_group *group, const struct option_row *row)
{
    static const char *const names[] = {"data",  "extra", "images",   "autoencoder",
                                        "split", "limit", "validate", "seed"};
    if (group == &options_network || group == &options_learning)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return false;
}

static json_t *describe_settings(const struct options *options)
{
    json_t *settings = json_object();
    for (int i = 0; i < OPTIONS_NUM_GROUPS; i++) {
        const struct option_group *group = options_group(i);
        for (const struct option_row *row = group->rows; row < group->rows + group->count; row++)
            if (shapes_result(group, row) && row->commands & 1u << options->command)
                json_object_set_new(settings, row->name, setting_value(options, row));
    }
    return settings;
}

enum status sweep_run_parse(struct sweep_run *run, struct error *error)
{
    enum status status = join_words(run, error);
    if (status == STATUS_OK)
        status = options_parse(run->num_words, run->words, &run->options, error);
    if (status != STATUS_OK)
        return status;
    run->options.command_line = run->command_line;
    run->settings = describe_settings(&run->options);
    return run->settings ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void sweep_run_free(struct sweep_run *run)
{
    for (int i = 0; i < run->num_words; i++)
        mem_free(run->words[i]);
    mem_free(run->command_line);
    json_decref(run->settings);
    *run = (struct sweep_run){0};
}

bool sweep_run_finished(const struct sweep_results *results, const struct sweep_run *run)
{
    return sweep_results_find(results, run->name) && file_exists(run->options.out);
}

enum status sweep_run_check(const struct sweep_run *run, const struct sweep_results *results,
                            struct error *error)
{
    const json_t *row = sweep_results_find(results, run->name);
    if (!row || json_equal(json_object_get(row, "settings"), run->settings))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "%s/results.jsonl has the run %s with other settings; choose another --out",
                     results->folder, run->name);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

enum status sweep_run_train(struct sweep_run *run, bool *stopped, double *seconds,
                            struct error *error)
{
    char state[PATH_MAX];
    double started = now();
    enum status status = record_state_path(run->options.out, state, error);
    if (status != STATUS_OK)
        return status;
    run->options.resume = file_exists(state);
    status = command_run(&run->options, error);
    *stopped = status == STATUS_OK && interrupt_requested() && file_exists(state);
    *seconds = now() - started;
    return status == STATUS_OK ? STATUS_OK : error_prefix(error, status, "%s: ", run->name);
}
