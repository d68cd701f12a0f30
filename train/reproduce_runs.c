#include "train/reproduce.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

enum status reproduce_path(const char *out, const char *folder, const char *name,
                           const char *suffix, char path[PATH_MAX], struct error *error)
{
    int length = snprintf(path, PATH_MAX, "%s/%s%s%s%s", out, folder ? folder : "",
                          folder ? "/" : "", name, suffix);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_INVALID_ARGUMENT, "--out is too long");
}

/* What a word of the plan stands for, in `text` where it must be made; NULL if not given. */
static const char *expand_word(const struct options *options, const char *word, char text[PATH_MAX],
                               const char **missing)
{
    const struct {
        const char *word, *value, *option;
    } data_sets[] = {{"MNIST", options->mnist, "--mnist"},
                     {"FASHION", options->fashion, "--fashion"},
                     {"SPEECH", options->speech, "--speech"}};
    for (size_t i = 0; i < sizeof data_sets / sizeof *data_sets; i++)
        if (strcmp(word, data_sets[i].word) == 0) {
            if (!data_sets[i].value)
                *missing = data_sets[i].option;
            return data_sets[i].value;
        }
    if (word[0] != '@')
        return word;
    struct error ignored; /* the path of --out is longer, and is refused */
    reproduce_path(options->out, NULL, word + 1, ".safetensors", text, &ignored);
    return text;
}

/* Cuts the next word off; false at the end. */
static bool next_word(const char **words, char word[NETWORK_NAME_SIZE])
{
    *words += strspn(*words, " ");
    int length = (int)strcspn(*words, " ");
    snprintf(word, NETWORK_NAME_SIZE, "%.*s", length, *words);
    *words += length;
    return length > 0;
}

/* "--name value"; where the option is there already, its value is replaced. */
static enum status add_option(struct sweep_run *run, const char *name, const char *value,
                              struct error *error)
{
    for (int i = 1; i + 1 < run->num_words; i++)
        if (strcmp(run->words[i], name) == 0) {
            mem_free(run->words[i + 1]);
            run->words[i + 1] = mem_copy_string(value);
            return run->words[i + 1] ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
        }
    enum status status = sweep_run_add_word(run, name, error);
    return status == STATUS_OK ? sweep_run_add_word(run, value, error) : status;
}

/* The words of the plan: the name of a command, and options that all have a value. */
static enum status add_words(const struct options *options, const char *words,
                             struct reproduce_run *run, struct error *error)
{
    char name[NETWORK_NAME_SIZE], value[NETWORK_NAME_SIZE], text[PATH_MAX];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && next_word(&words, name)) {
        if (name[0] != '-') {
            status = sweep_run_add_word(&run->train, name, error);
            continue;
        }
        next_word(&words, value);
        const char *expanded = expand_word(options, value, text, &run->missing);
        if (expanded)
            status = add_option(&run->train, name, expanded, error);
    }
    return status;
}

static enum status make_training(const struct options *options, struct reproduce_run *run,
                                 struct error *error)
{
    char path[PATH_MAX];
    const struct reproduce_experiment *experiment = run->experiment;
    snprintf(run->train.name, sizeof run->train.name, "%s", experiment->name);
    enum status status = sweep_run_add_word(&run->train, "spikeloom-train", error);
    if (status == STATUS_OK)
        status = add_words(options, experiment->command, run, error);
    if (status == STATUS_OK && !options->full)
        status = add_words(options, experiment->quick, run, error);
    if (status == STATUS_OK)
        status = reproduce_path(options->out, "logs", experiment->name, ".jsonl", path, error);
    if (status == STATUS_OK)
        status = add_option(&run->train, "--log", path, error);
    if (status == STATUS_OK)
        status = reproduce_path(options->out, NULL, experiment->name, ".safetensors", path, error);
    if (status == STATUS_OK)
        status = add_option(&run->train, "--out", path, error);
    if (status != STATUS_OK || run->missing)
        return status;
    status = sweep_run_parse(&run->train, error);
    run->train.options.threads = options->threads;
    run->train.options.quiet = options->quiet;
    run->train.options.checkpoint_minutes = options->checkpoint_minutes;
    return status;
}

/* `evaluate` of what the training leaves, with its data, seed and limit; speech with the judge. */
static enum status make_evaluation(const struct options *options, struct reproduce_run *run,
                                   struct error *error)
{
    char seed[32], limit[32];
    const struct options *trained = &run->train.options;
    const char *judge = trained->images ? options->judge : NULL;
    const char *const words[][2] = {
        {"--model", trained->out}, {"--data", trained->data},     {"--seed", seed},
        {"--limit", limit},        {"--images", trained->images}, {"--judge", judge}};
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)trained->seed);
    snprintf(limit, sizeof limit, "%d", trained->limit);
    enum status status = sweep_run_add_word(&run->evaluate, "spikeloom-train", error);
    if (status == STATUS_OK)
        status = sweep_run_add_word(&run->evaluate, "evaluate", error);
    if (status == STATUS_OK)
        status = sweep_run_add_word(&run->evaluate, "--json", error);
    for (size_t i = 0; i < sizeof words / sizeof *words && status == STATUS_OK; i++)
        if (words[i][1])
            status = add_option(&run->evaluate, words[i][0], words[i][1], error);
    if (status == STATUS_OK)
        status = sweep_run_parse(&run->evaluate, error);
    run->evaluate.options.threads = options->threads;
    run->evaluate.options.quiet = options->quiet;
    return status;
}

enum status reproduce_run_make(const struct options *options,
                               const struct reproduce_experiment *experiment,
                               struct reproduce_run *run, struct error *error)
{
    *run = (struct reproduce_run){.experiment = experiment};
    enum status status = make_training(options, run, error);
    if (status == STATUS_OK && !run->missing)
        status = make_evaluation(options, run, error);
    return status;
}

void reproduce_run_free(struct reproduce_run *run)
{
    sweep_run_free(&run->train);
    sweep_run_free(&run->evaluate);
}

enum status reproduce_runs_make(const struct options *options, struct reproduction *reproduction,
                                struct error *error)
{
    *reproduction = (struct reproduction){.options = options};
    reproduction->runs = mem_alloc((size_t)reproduce_num_experiments, sizeof *reproduction->runs);
    if (!reproduction->runs)
        return error_plain(error, STATUS_NO_MEMORY);
    enum status status = STATUS_OK;
    for (int i = 0; i < reproduce_num_experiments && status == STATUS_OK; i++)
        status = reproduce_run_make(options, &reproduce_experiments[i],
                                    &reproduction->runs[reproduction->num_runs++], error);
    return status;
}

void reproduce_runs_free(struct reproduction *reproduction)
{
    for (int i = 0; i < reproduction->num_runs; i++)
        reproduce_run_free(&reproduction->runs[i]);
    mem_free(reproduction->runs);
    *reproduction = (struct reproduction){0};
}

const struct reproduce_run *reproduce_runs_find(const struct reproduction *reproduction,
                                                const char *name)
{
    for (int i = 0; i < reproduction->num_runs; i++)
        if (strcmp(reproduction->runs[i].experiment->name, name) == 0)
            return &reproduction->runs[i];
    return NULL;
}

const struct reproduce_run *reproduce_table_run(const struct reproduction *reproduction,
                                                const struct reproduce_table *table, int i)
{
    if (!table->runs[0])
        return i < reproduction->num_runs ? &reproduction->runs[i] : NULL;
    if (i >= REPRODUCE_MAX_TABLE_RUNS || !table->runs[i])
        return NULL;
    return reproduce_runs_find(reproduction, table->runs[i]);
}

bool reproduce_table_filled(const struct reproduction *reproduction,
                            const struct reproduce_table *table)
{
    const struct reproduce_run *run;
    for (int i = 0; (run = reproduce_table_run(reproduction, table, i)); i++)
        if (!run->missing)
            return true;
    return false;
}
