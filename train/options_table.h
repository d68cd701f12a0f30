/*
 * The rows behind options.h: every option (options_data.c, options_network.c, options_learning.c,
 * options_running.c) and command (options_commands.c) of spikeloom-train as data, read by the
 * parser (options.c) and the help (options_help.c). Add an option to one of them and to struct
 * options.
 */
#ifndef SPIKELOOM_TRAIN_OPTIONS_TABLE_H
#define SPIKELOOM_TRAIN_OPTIONS_TABLE_H

#include "train/options.h"

#include <stddef.h>
#include <stdio.h>

enum {
    OPTIONS_NUM_EXAMPLES = 2,
    OPTIONS_NUM_GROUPS = 4,
    OPTIONS_MAX_GROUP_ROWS = 48,
    OPTIONS_MAX_ROWS = OPTIONS_NUM_GROUPS * OPTIONS_MAX_GROUP_ROWS
};

/* What a value is, and the type of its field in struct options. */
enum option_kind {
    OPTION_TEXT,    /* const char *, not empty */
    OPTION_CHOICE,  /* an enum: the place of the word among the choices */
    OPTION_EITHER,  /* bool: true for the second of two choices */
    OPTION_INTEGER, /* int */
    OPTION_SEED,    /* uint64_t up to DIGEST_MAX_SEED */
    OPTION_REAL,    /* double */
    OPTION_LIST,    /* struct option_list: may be given several times */
    OPTION_FLAG     /* bool, takes no value */
};

/* The learning rule without which an option would do nothing. */
enum option_use { USE_ALWAYS, USE_BPTT, USE_MEMBRANE };

/* One option of some commands. Two rows may share a name when no command takes both. */
struct option_row {
    const char *name; /* without the dashes */
    const char *metavar;
    const char *help;
    enum option_kind kind;
    unsigned commands; /* bit 1 << command */
    bool required;
    enum option_use use;
    size_t field;               /* offset in struct options */
    const char *initial;        /* the default as one would write it, or NULL for none */
    const char *membrane;       /* the default under --rule membrane where it differs, or NULL */
    const char *const *choices; /* up to a NULL */
    double low, high;           /* range of a number, both ends included ... */
    bool above;                 /* ... or `low` not */
};

/* Rows under one heading of the help. */
struct option_group {
    const char *title;
    const struct option_row *rows;
    int count; /* at most OPTIONS_MAX_GROUP_ROWS */
};

struct command_row {
    const char *name;
    const char *summary;
    const char *inputs; /* what remaining words are, or NULL where none are taken */
    const char *examples[OPTIONS_NUM_EXAMPLES];
};

extern const struct option_group options_data, options_network, options_learning, options_running;
extern const struct command_row options_commands[COMMAND_COUNT];

/* A group, 0 .. OPTIONS_NUM_GROUPS - 1, in the order of the help. */
const struct option_group *options_group(int group);

/* The row at a place, 0 on, through all groups; NULL from the end on. */
const struct option_row *options_row(int place);

/*
 * The row of that name for the command, or (COMMAND_COUNT) for any; NULL where it takes none.
 * `place`, unless NULL, gets its place.
 */
const struct option_row *options_find_row(const char *name, size_t length,
                                          enum train_command command, int *place);

/* options_help on any stream. */
void options_help_print(enum train_command command, FILE *stream);

#endif
