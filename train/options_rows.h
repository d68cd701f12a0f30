/*
 * What the files of rows share: the commands that take an option, and macros for a row's fields.
 */
#ifndef SPIKELOOM_TRAIN_OPTIONS_ROWS_H
#define SPIKELOOM_TRAIN_OPTIONS_ROWS_H

#include "train/options_table.h"

/* Bits of option_row.commands. */
enum {
    FOR_SWEEP = 1 << COMMAND_SWEEP,
    FOR_AUTOENCODER = 1 << COMMAND_AUTOENCODER | FOR_SWEEP, /* a sweep passes options on */
    FOR_AUDIOCODER = 1 << COMMAND_AUDIOCODER,
    FOR_ANN = 1 << COMMAND_ANN,
    FOR_JUDGE = 1 << COMMAND_JUDGE,
    FOR_REPRODUCE = 1 << COMMAND_REPRODUCE,
    FOR_CALIBRATE = 1 << COMMAND_CALIBRATE,
    FOR_QUANTIZE = 1 << COMMAND_QUANTIZE,
    FOR_EVALUATE = 1 << COMMAND_EVALUATE,
    FOR_SYNTHESIZE = 1 << COMMAND_SYNTHESIZE,
    FOR_INSPECT = 1 << COMMAND_INSPECT,
    FOR_SPIKING = FOR_AUTOENCODER | FOR_AUDIOCODER,
    FOR_TRAINING = FOR_SPIKING | FOR_ANN | FOR_JUDGE,
    FOR_MODEL = FOR_CALIBRATE | FOR_QUANTIZE | FOR_EVALUATE | FOR_SYNTHESIZE | FOR_INSPECT
};

#define FIELD(member)   .field = offsetof(struct options, member)
#define RANGE(from, to) .low = (from), .high = (to)
#define ABOVE(from, to) .low = (from), .high = (to), .above = true

#define OPTION_GROUP(group_title, group_rows)                                                      \
    {                                                                                              \
        .title = (group_title), .rows = (group_rows),                                              \
        .count = sizeof(group_rows) / sizeof *(group_rows)                                         \
    }

#endif
