#include "train/options.h"

#include "train/options_table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Enum fields are written through their representation. */
_Static_assert(sizeof(enum learning_rule) == sizeof(unsigned), "an enum of another size");
_Static_assert(sizeof(enum membrane_mask) == sizeof(unsigned), "an enum of another size");

/* A command line on its way through. */
struct options_reader {
    int argc;
    char **argv;
    int next;      /* word to be read */
    int num_words; /* words that are no options, gathered from argv[2] on */
    bool given[OPTIONS_MAX_ROWS];
};

static enum status options_bad_number(const struct option_row *row, const char *text,
                                      struct error *error)
{
    const char *kind = row->kind == OPTION_REAL ? "a number" : "a whole number";
    if (row->above)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--%s takes %s above %.16g and up to %.16g, not '%.60s'", row->name, kind,
                         row->low, row->high, text);
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "--%s takes %s from %.16g to %.16g, not '%.60s'", row->name, kind, row->low,
                     row->high, text);
}

static bool options_in_range(const struct option_row *row, double value)
{
    return (row->above ? value > row->low : value >= row->low) && value <= row->high;
}

/* Decimal digits with a sign at most; strtoll alone would take blanks. */
static enum status options_read_integer(const struct option_row *row, const char *text,
                                        int64_t *value, struct error *error)
{
    const char *digits = text + (text[0] == '-');
    size_t length = strspn(digits, "0123456789");
    errno = 0;
    *value = strtoll(text, NULL, 10);
    if (length == 0 || digits[length] || errno || !options_in_range(row, (double)*value))
        return options_bad_number(row, text, error);
    return STATUS_OK;
}

/* Decimal notation only: no blanks, hexadecimal, "inf" or "nan". */
static enum status options_read_real(const struct option_row *row, const char *text, double *value,
                                     struct error *error)
{
    char *end;
    *value = strtod(text, &end);
    if (end == text || *end || text[strspn(text, "0123456789.eE+-")] || !isfinite(*value) ||
        !options_in_range(row, *value))
        return options_bad_number(row, text, error);
    return STATUS_OK;
}

static enum status options_read_choice(const struct option_row *row, const char *text,
                                       unsigned *choice, struct error *error)
{
    for (*choice = 0; row->choices[*choice]; ++*choice)
        if (strcmp(row->choices[*choice], text) == 0)
            return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT, "--%s takes %s, not '%.60s'", row->name,
                     row->metavar, text);
}

static enum status options_store_integer(const struct option_row *row, const char *text,
                                         void *field, struct error *error)
{
    int64_t value;
    enum status status = options_read_integer(row, text, &value, error);
    if (status != STATUS_OK)
        return status;
    if (row->kind == OPTION_SEED)
        *(uint64_t *)field = (uint64_t)value;
    else
        *(int *)field = (int)value;
    return STATUS_OK;
}

static enum status options_store_choice(const struct option_row *row, const char *text, void *field,
                                        struct error *error)
{
    unsigned choice;
    enum status status = options_read_choice(row, text, &choice, error);
    if (status != STATUS_OK)
        return status;
    if (row->kind == OPTION_EITHER)
        *(bool *)field = choice == 1;
    else
        memcpy(field, &choice, sizeof choice);
    return STATUS_OK;
}

static enum status options_store_list(const struct option_row *row, const char *text, void *field,
                                      struct error *error)
{
    struct option_list *list = field;
    if (list->count == OPTIONS_MAX_LIST)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--%s is there more than %d times",
                         row->name, OPTIONS_MAX_LIST);
    list->values[list->count++] = text;
    return STATUS_OK;
}

/* Reads `text` into the row's field. */
static enum status options_store(const struct option_row *row, const char *text,
                                 struct options *options, struct error *error)
{
    void *field = (char *)options + row->field;
    switch (row->kind) {
    case OPTION_TEXT:
        if (!*text)
            return error_set(error, STATUS_INVALID_ARGUMENT, "--%s is empty", row->name);
        *(const char **)field = text;
        return STATUS_OK;
    case OPTION_LIST:
        return options_store_list(row, text, field, error);
    case OPTION_CHOICE:
    case OPTION_EITHER:
        return options_store_choice(row, text, field, error);
    case OPTION_INTEGER:
    case OPTION_SEED:
        return options_store_integer(row, text, field, error);
    case OPTION_REAL:
        return options_read_real(row, text, field, error);
    case OPTION_FLAG:
        *(bool *)field = true;
        return STATUS_OK;
    }
    return error_plain(error, STATUS_INTERNAL);
}

static enum status options_unknown(const char *word, size_t length, enum train_command command,
                                   struct error *error)
{
    const char *name = options_command_name(command);
    if (options_find_row(word, length, COMMAND_COUNT, NULL))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "the command %s does not take --%.*s; see spikeloom-train %s --help", name,
                         (int)length, word, name);
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "there is no option --%.60s; see spikeloom-train %s --help", word, name);
}

/* Takes the value of an option from behind its '=' or from the next word. */
static enum status options_take_value(struct options_reader *reader, const struct option_row *row,
                                      const char *equals, const char **value, struct error *error)
{
    if (row->kind == OPTION_FLAG) {
        *value = "";
        if (equals)
            return error_set(error, STATUS_INVALID_ARGUMENT, "--%s takes no value", row->name);
        return STATUS_OK;
    }
    if (equals) {
        *value = equals + 1;
        return STATUS_OK;
    }
    if (reader->next == reader->argc || strncmp(reader->argv[reader->next], "--", 2) == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "--%s lacks its value %s", row->name,
                         row->metavar);
    *value = reader->argv[reader->next++];
    return STATUS_OK;
}

/* `word` is an option without its dashes. */
static enum status options_read_option(struct options_reader *reader, const char *word,
                                       struct options *options, struct error *error)
{
    const char *equals = strchr(word, '=');
    const char *value;
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    int place;
    const struct option_row *row = options_find_row(word, length, options->command, &place);
    if (!row)
        return options_unknown(word, length, options->command, error);
    enum status status = options_take_value(reader, row, equals, &value, error);
    if (status != STATUS_OK)
        return status;
    reader->given[place] = true;
    return options_store(row, value, options, error);
}

static bool options_is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Reads all words after the command; stops at --help. */
static enum status options_read_words(struct options_reader *reader, struct options *options,
                                      struct error *error)
{
    bool only_words = false;
    while (reader->next < reader->argc) {
        char *word = reader->argv[reader->next++];
        enum status status = STATUS_OK;
        if (only_words || word[0] != '-' || !word[1])
            reader->argv[2 + reader->num_words++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (options_is_help(word))
            options->help = true;
        else if (word[1] == '-')
            status = options_read_option(reader, word + 2, options, error);
        else
            status = error_set(error, STATUS_INVALID_ARGUMENT,
                               "there is no option '%.60s'; options begin with two dashes", word);
        if (status != STATUS_OK || options->help)
            return status;
    }
    return STATUS_OK;
}

/* Defaults come from the table; those that were given stay. */
static enum status options_fill_defaults(const struct options_reader *reader,
                                         struct options *options, struct error *error)
{
    const struct option_row *row;
    for (int i = 0; (row = options_row(i)) != NULL; i++) {
        if (!(row->commands & 1u << options->command) || reader->given[i])
            continue;
        bool membrane = options->rule == RULE_MEMBRANE && row->membrane;
        const char *text = membrane ? row->membrane : row->initial;
        enum status status = text ? options_store(row, text, options, error) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status options_check_required(const struct options_reader *reader,
                                          const struct options *options, struct error *error)
{
    const struct command_row *command = &options_commands[options->command];
    const struct option_row *row;
    for (int i = 0; (row = options_row(i)) != NULL; i++) {
        if (row->required && row->commands & 1u << options->command && !reader->given[i])
            return error_set(error, STATUS_INVALID_ARGUMENT, "the command %s needs --%s %s",
                             command->name, row->name, row->metavar);
    }
    if (command->inputs && reader->num_words == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the command %s needs files to work on",
                         command->name);
    if (!command->inputs && reader->num_words > 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%.60s' is left over: the command %s takes options only", reader->argv[2],
                         command->name);
    return STATUS_OK;
}

static bool options_was_given(const struct options_reader *reader, const char *name,
                              enum train_command command)
{
    int place;
    return options_find_row(name, strlen(name), command, &place) && reader->given[place];
}

/* What --split, --skip-bad and --seed say of the division of speech. */
static enum status options_divide(struct options *options, struct error *error)
{
    options->division.seed = options->seed;
    options->division.skip_bad = options->skip_bad;
    if ((options->split || options->skip_bad) && !dataset_is_speech(options->data))
        return error_set(error, STATUS_INVALID_ARGUMENT, "--%s is for speech; '%.60s' holds none",
                         options->split ? "split" : "skip-bad", options->data);
    return dataset_division_parse(options->split, &options->division, error);
}

/* Options of the other learning rule. */
static enum status options_check_rule(const struct options_reader *reader,
                                      const struct options *options, struct error *error)
{
    bool membrane = options->rule == RULE_MEMBRANE;
    const struct option_row *row;
    for (int i = 0; (row = options_row(i)) != NULL; i++) {
        if (reader->given[i] && row->use == (membrane ? USE_BPTT : USE_MEMBRANE))
            return error_set(error, STATUS_INVALID_ARGUMENT, "--%s does nothing %s --rule membrane",
                             row->name, membrane ? "with" : "without");
    }
    return STATUS_OK;
}

/* An option that would do nothing is more likely a mistake than a wish. */
static enum status options_check_use(const struct options_reader *reader,
                                     const struct options *options, struct error *error)
{
    enum status status = options_check_rule(reader, options, error);
    if (status != STATUS_OK)
        return status;
    if (options->plain_sgd && options_was_given(reader, "adam-moments", options->command))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--adam-moments does nothing with --optimizer sgd");
    if (options->neuron_if && options_was_given(reader, "tau-mem-ms", options->command))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--tau-mem-ms does nothing with --neuron if");
    if (!options->failures && options_was_given(reader, "max-failures", options->command))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--max-failures does nothing without --failures");
    if (options->rule == RULE_BPTT && !options->rate_encoding &&
        options_was_given(reader, "max-rate-hz", options->command))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "--max-rate-hz does nothing without --encoding rate");
    return STATUS_OK;
}

static enum status options_read_command(const char *word, struct options *options,
                                        struct error *error)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(options_commands[i].name, word) == 0) {
            options->command = (enum train_command)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "there is no command '%.60s'; see spikeloom-train --help", word);
}

enum status options_parse(int argc, char **argv, struct options *options, struct error *error)
{
    struct options_reader reader = {.argc = argc, .argv = argv, .next = 2};
    *options = (struct options){.command = COMMAND_COUNT, .argc = argc, .argv = argv};
    if (argc < 2)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "a command is missing; see spikeloom-train --help");
    if (options_is_help(argv[1])) {
        options->help = true;
        return STATUS_OK;
    }
    enum status status = options_read_command(argv[1], options, error);
    if (status == STATUS_OK)
        status = options_read_words(&reader, options, error);
    if (status != STATUS_OK || options->help)
        return status;
    status = options_fill_defaults(&reader, options, error);
    if (status == STATUS_OK)
        status = options_check_required(&reader, options, error);
    if (status == STATUS_OK)
        status = options_check_use(&reader, options, error);
    if (status == STATUS_OK)
        status = options_divide(options, error);
    options->inputs = (const char *const *)argv + 2;
    options->num_inputs = reader.num_words;
    return status;
}
