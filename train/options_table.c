#include "train/options_table.h"

#include <string.h>

static const struct option_group *const groups[OPTIONS_NUM_GROUPS] = {
    &options_data, &options_network, &options_learning, &options_running};

const struct option_group *options_group(int group)
{
    return groups[group];
}

const struct option_row *options_row(int place)
{
    for (int i = 0; i < OPTIONS_NUM_GROUPS; i++) {
        if (place < groups[i]->count)
            return &groups[i]->rows[place];
        place -= groups[i]->count;
    }
    return NULL;
}

const struct option_row *options_find_row(const char *name, size_t length,
                                          enum train_command command, int *place)
{
    const struct option_row *row;
    for (int i = 0; (row = options_row(i)) != NULL; i++)
        if ((command == COMMAND_COUNT || row->commands & 1u << command) &&
            strlen(row->name) == length && memcmp(row->name, name, length) == 0) {
            if (place)
                *place = i;
            return row;
        }
    return NULL;
}
