#include "train/options_table.h"

#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

/* Prints words from `column` on, later lines indented by HELP_COLUMN. */
static void help_wrap(FILE *stream, const char *text, int column)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + length > HELP_WIDTH) {
            fprintf(stream, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        if (column > HELP_COLUMN)
            column += fprintf(stream, " ");
        column += fprintf(stream, "%.*s", length, text);
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

/* "(default 8; 1 with --rule membrane)", or the like; empty where there is nothing to say. */
static void help_describe_default(const struct option_row *row, char *text, size_t size)
{
    if (row->required)
        snprintf(text, size, "(required)");
    else if (row->use == USE_MEMBRANE && row->membrane)
        snprintf(text, size, "(default %s)", row->membrane);
    else if (row->initial && row->membrane)
        snprintf(text, size, "(default %s; %s with --rule membrane)", row->initial, row->membrane);
    else if (row->initial)
        snprintf(text, size, "(default %s)", row->initial);
    else
        text[0] = '\0';
}

static void help_print_option(const struct option_row *row, FILE *stream)
{
    char text[512], shown[64];
    help_describe_default(row, shown, sizeof shown);
    snprintf(text, sizeof text, "%s %s", row->help, shown);
    int column = fprintf(stream, "  --%s %s", row->name, row->metavar ? row->metavar : "");
    if (column >= HELP_COLUMN) {
        fputc('\n', stream);
        column = 0;
    }
    fprintf(stream, "%*s", HELP_COLUMN - column, "");
    help_wrap(stream, text, HELP_COLUMN);
}

static void help_print_group(const struct option_group *group, enum train_command command,
                             FILE *stream)
{
    bool any = false;
    for (int i = 0; i < group->count; i++) {
        const struct option_row *row = &group->rows[i];
        if (!(row->commands & 1u << command))
            continue;
        if (!any)
            fprintf(stream, "\n%s\n", group->title);
        any = true;
        help_print_option(row, stream);
    }
}

static void help_print_usage(enum train_command command, FILE *stream)
{
    const struct command_row *named = &options_commands[command];
    const struct option_row *row;
    fprintf(stream, "Usage: spikeloom-train %s", named->name);
    for (int i = 0; (row = options_row(i)) != NULL; i++)
        if (row->required && row->commands & 1u << command)
            fprintf(stream, " --%s %s", row->name, row->metavar);
    fprintf(stream, " [options]%s%s\n\n%s\n", named->inputs ? " " : "",
            named->inputs ? named->inputs : "", named->summary);
}

/* One example a paragraph, long ones continued with a backslash before an option. */
static void help_print_example(const char *text, FILE *stream)
{
    int column = fprintf(stream, " ");
    while (*text) {
        int length = (int)strcspn(text, " ");
        const char *after = text + length;
        if (*after && after[1] != '-') /* an option stays with its value */
            length += 1 + (int)strcspn(after + 1, " ");
        if (column > 4 && column + 1 + length > HELP_WIDTH - 2)
            column = fprintf(stream, " \\\n   ") - 3;
        column += fprintf(stream, " %.*s", length, text);
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', stream);
}

static void help_print_commands(FILE *stream)
{
    fprintf(stream, "Usage: spikeloom-train COMMAND [options]\n\nCommands\n");
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-14s%s\n", options_commands[i].name, options_commands[i].summary);
    fprintf(stream, "\nspikeloom-train COMMAND --help tells the options of a command.\n");
}

void options_help_print(enum train_command command, FILE *stream)
{
    if ((unsigned)command >= COMMAND_COUNT) {
        help_print_commands(stream);
        return;
    }
    help_print_usage(command, stream);
    for (int i = 0; i < OPTIONS_NUM_GROUPS; i++)
        help_print_group(options_group(i), command, stream);
    fprintf(stream, "\nExamples\n");
    for (int i = 0; i < OPTIONS_NUM_EXAMPLES; i++)
        help_print_example(options_commands[command].examples[i], stream);
}

void options_help(enum train_command command)
{
    options_help_print(command, stdout);
}
