/*
 * The command line of spikeloom-train: one struct for all commands, a table that says which
 * command takes which option, and the help made from that table.
 */
#ifndef SPIKELOOM_TRAIN_OPTIONS_H
#define SPIKELOOM_TRAIN_OPTIONS_H

#include "core/base/status.h"
#include "train/dataset.h"

#include <stdbool.h>
#include <stdint.h>

enum train_command {
    COMMAND_AUTOENCODER, /* train an image autoencoder */
    COMMAND_AUDIOCODER,  /* train speech to the latent of an autoencoder */
    COMMAND_ANN,         /* train an analog autoencoder to compare with */
    COMMAND_JUDGE,       /* train a classifier of digits for scores */
    COMMAND_SWEEP,       /* train autoencoders over a grid of settings */
    COMMAND_CALIBRATE,   /* handwriting and confidence for a finished audiocoder */
    COMMAND_QUANTIZE,    /* weights of a finished checkpoint to fixed point */
    COMMAND_REPRODUCE,   /* run the published experiments */
    COMMAND_EVALUATE,    /* score a checkpoint on a test split */
    COMMAND_SYNTHESIZE,  /* WAV files to PNG files */
    COMMAND_INSPECT,     /* what is in a checkpoint */
    COMMAND_COUNT
};

enum learning_rule { RULE_BPTT, RULE_MEMBRANE };
enum membrane_mask { MASK_XOR, MASK_NONE };

enum { OPTIONS_MAX_LIST = 8 };

/* The values of an option that may be given several times, in their order. */
struct option_list {
    const char *values[OPTIONS_MAX_LIST];
    int count;
};

struct options {
    enum train_command command;
    const char *command_line; /* the words as given, for the record; set by main */
    int argc;                 /* the words as given; borrowed */
    char **argv;
    bool help; /* --help was asked for: print options_help(command) and stop with success */

    const char *data;        /* --data KIND:DIR */
    const char *others;      /* recordings of no class */
    const char *out;         /* --out FILE (training), DIR (synthesize) */
    const char *model;       /* --model FILE (evaluate, synthesize, inspect) */
    const char *autoencoder; /* --autoencoder FILE whose latent an audiocoder learns */
    const char *judge;       /* --judge FILE that reads pictures for digit_accuracy_judge */
    const char *non_digits;  /* --non-digits KIND:DIR recordings that are none (calibrate) */
    double floor_removal; /* --floor-removal X of the model's front end; -1: as it is (calibrate) */
    double doubt_margin;  /* --doubt-margin X of the model's latents (calibrate) */
    int hands;            /* --hands N handwritings of each class (calibrate) */
    const char *images;   /* --images KIND:DIR class images of an audiocoder */

    const char *mnist, *fashion, *speech; /* data sets of reproduce, KIND:DIR */
    const char *commit;                   /* named in the report of reproduce */
    bool quick, full;                     /* sizes of its experiments */

    int validate; /* images of the training split to hold out and score; 0: the test split */
    int limit;    /* samples of each split; 0: all */

    const char *split;                /* --split as given */
    bool skip_bad;                    /* --skip-bad */
    struct dataset_division division; /* what these two and the seed amount to */

    struct option_list over; /* --over NAME=VALUE,... of a sweep */

    bool by_steps;                /* evaluate: scores of fewer steps too */
    int styles;                   /* evaluate: handwritings to score too */
    struct option_list extra;     /* --extra KIND:DIR more speech of the same classes */
    struct option_list condition; /* evaluate: what else speech is scored under */
    const char *grid;             /* evaluate: PNG of samples */
    const char *failures;         /* evaluate: folder that takes what was misread */
    int max_failures;
    bool card; /* evaluate: put the scores onto the checkpoint's card */

    const char *log;           /* --log FILE, JSONL */
    const char *const *inputs; /* the remaining words: audio files of synthesize */
    int num_inputs;

    enum learning_rule rule;
    enum membrane_mask mask;
    bool plain_sgd;     /* --optimizer sgd */
    bool keep_moments;  /* --adam-moments keep */
    double clip_norm;   /* 0: gradients are not clipped */
    bool own_targets;   /* --targets own */
    bool neuron_if;     /* --neuron if */
    bool rate_encoding; /* --encoding rate */
    bool sigmoid;       /* --activation sigmoid */
    double max_rate_hz;
    int hidden;
    int steps; /* evaluate: 0 takes those that the checkpoint was trained with; audiocoder: 0 takes
                  the autoencoder's */
    int epochs;
    int batch_size;
    double learning_rate;
    double weight_decay;
    double dropout;
    double tau_mem_ms;      /* of an autoencoder */
    double surrogate_slope; /* likewise */
    double spike_penalty;   /* likewise */
    int variants;           /* of each recording, for an audiocoder */
    int dense;              /* units of an audiocoder's dense hidden layer; 0: none */
    int repeat;             /* times that recordings of --data are in an epoch */
    double loss_power;      /* of an audiocoder's losses */
    double fresh;           /* share of an epoch's recordings that are varied anew */
    double contrast_weight; /* of the loss on latents that are nearer to another class */
    double latent_weight;   /* share of the latent's loss in an audiocoder */
    uint64_t seed;
    int threads;           /* 0: all processors */
    const char *cpu_level; /* as cpu_use_level_named takes it; NULL: the best */
    bool resume;           /* --resume: go on from OUT.state */
    bool json;
    bool quiet; /* no progress bar */
    double checkpoint_minutes;
    double joules_per_mac, joules_per_ac; /* costs of operations in the estimate of energy */
};

/*
 * Fills `options` with the command's defaults and then from argv; strings are borrowed from argv,
 * whose words are moved together in front. Some defaults depend on --rule. An option may stand
 * anywhere after the command, as "--name value" or "--name=value"; the last one counts; "--" ends
 * the options. Without a command, --help gives COMMAND_COUNT. INVALID_ARGUMENT with a sentence for
 * an unknown command or option, a value that is no number or out of its range, an option that the
 * command does not take or that would do nothing, or a required one missing.
 */
enum status options_parse(int argc, char **argv, struct options *options, struct error *error);

/* Prints the help of one command, or (COMMAND_COUNT) the list of commands, to standard output. */
void options_help(enum train_command command);

/* "autoencoder", ... */
const char *options_command_name(enum train_command command);

#endif
