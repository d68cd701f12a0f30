/*
 * Data sets in memory: images and utterances with their classes, one split at a time.
 *
 * A data set is named KIND:DIR.
 *   images   mnist:DIR, fashion:DIR (idx files, plain or .gz), images:DIR (PNG, a folder per class)
 *   speech   fsdd:DIR (takes 0-4 are the test split), ti46:DIR, audiomnist:DIR (no official split),
 *            wavs:DIR (any audio, a folder per class)
 * images:DIR and wavs:DIR use DIR/train/CLASS and DIR/test/CLASS where both exist; otherwise
 * DIR/CLASS with every seventh file of a class (in the order of names) in the test split. Their
 * classes are numbered in the order of names, the same in both splits; idx files bring numbers.
 */
#ifndef SPIKELOOM_TRAIN_DATASET_H
#define SPIKELOOM_TRAIN_DATASET_H

#include "core/base/status.h"
#include "core/media/audio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DATASET_CLASS_NAME_SIZE = 64,
    DATASET_MAX_CLASSES = 1024,
    DATASET_PICTURE_SIZE = 28 /* pixels a side that pictures of images:DIR are scaled to */
};

enum dataset_split { DATASET_TRAIN, DATASET_TEST };

struct class_list {
    uint32_t count;
    char (*names)[DATASET_CLASS_NAME_SIZE]; /* [count]; "0" .. "9" for digits */
};

struct image_set {
    struct class_list classes;
    uint32_t num_images;
    int width, height;
    uint8_t *pixels;  /* [num_images][height][width] */
    uint16_t *labels; /* [num_images], index into classes */
};

struct utterance {
    struct audio audio; /* at the file's own sample rate */
    uint16_t label;     /* index into classes */
    uint16_t speaker;   /* index, 0 where the data set does not tell */
    char name[64];      /* file name without folder, cut if longer */
};

struct speech_set {
    struct class_list classes;
    uint32_t num_utterances;
    struct utterance *utterances; /* [num_utterances], in the order of file names */
    uint32_t num_skipped;
    char **skipped; /* [num_skipped]: a sentence for each recording that was left out */
};

enum division_kind {
    DIVISION_OFFICIAL, /* as the data set itself says */
    DIVISION_RANDOM,   /* 84 % of each class for training, 16 % for testing, drawn by a seed */
    DIVISION_SPEAKER,  /* one speaker is for testing, all others for training */
    DIVISION_TAKES     /* takes of the official training split are for testing, its others for
                          training; the official test split is left out */
};

/* How a set of speech becomes its training and its test split. */
struct dataset_division {
    enum division_kind kind;
    const char *speaker;       /* DIVISION_SPEAKER; borrowed */
    int first_take, last_take; /* DIVISION_TAKES */
    uint64_t seed;             /* DIVISION_RANDOM */
    bool skip_bad;             /* leave out recordings that cannot be used instead of stopping */
};

/*
 * Reads "official" (also NULL), "random", "speaker=NAME" or "takes=A-B" into the kind with its
 * speaker, which borrows from `text`, or its takes. INVALID_ARGUMENT for anything else.
 */
enum status dataset_division_parse(const char *text, struct dataset_division *division,
                                   struct error *error);

/* Copies `count` names; MALFORMED where one is too long or there are too many, NO_MEMORY. */
enum status class_list_fill(struct class_list *classes, const char *const *names, size_t count,
                            struct error *error);

/* The number of the class of that name, or -1. */
int class_list_find(const struct class_list *classes, const char *name);

/* Releases the names and empties the list; an empty one is allowed. */
void class_list_free(struct class_list *classes);

/* True for the kinds of speech; false for images and anything unknown. */
bool dataset_is_speech(const char *spec);

/*
 * Loads a split; released by the matching free, which allows an empty struct. On failure the set
 * is empty. INVALID_ARGUMENT: unknown kind, no directory given, or speech where images are wanted
 * and the other way round. NOT_FOUND: a named file or folder is missing; the detail says which and
 * that train/fetch-data.sh gets it. MALFORMED: a damaged file, named, with what is wrong, or a
 * split without files. IO: a file that cannot be read. NO_MEMORY.
 */
enum status image_set_load(const char *spec, enum dataset_split split, struct image_set *set,
                           struct error *error);
void image_set_free(struct image_set *set);

/*
 * Keeps at most `limit` samples, spread evenly over the set, so that files sorted by class stay
 * balanced; 0 keeps all.
 */
void image_set_limit(struct image_set *set, uint32_t limit);
void speech_set_limit(struct speech_set *set, uint32_t limit);

/* How many of the first `first` utterances of a set are kept by such a limit. */
uint32_t speech_set_limit_first(const struct speech_set *set, uint32_t first, uint32_t limit);

/*
 * Moves the last `count` images to `last`, a set of its own with the same classes. INVALID_ARGUMENT
 * unless at least one stays, NO_MEMORY; then `last` is empty and `set` as it was.
 */
enum status image_set_split(struct image_set *set, uint32_t count, struct image_set *last,
                            struct error *error);

/* The official division; no recording is skipped. */
enum status speech_set_load(const char *spec, enum dataset_split split, struct speech_set *set,
                            struct error *error);
/*
 * Moves the utterances of `more`, which is left empty, to the end of `set`. INVALID_ARGUMENT when
 * `more` has a class that `set` has not; NO_MEMORY. On failure both stay as they were.
 */
enum status speech_set_append(struct speech_set *set, struct speech_set *more, struct error *error);
/* The same for utterances of no class: their label becomes the number of classes. NO_MEMORY. */
enum status speech_set_append_others(struct speech_set *set, struct speech_set *more,
                                     struct error *error);
void speech_set_free(struct speech_set *set);

/*
 * The same by any division. INVALID_ARGUMENT also where the data set has no official division, no
 * speakers, no speaker of that name or no takes. A recording that is unreadable, empty or silent is
 * MALFORMED (the first is named, all are counted), or noted in set->skipped where they are skipped.
 */
enum status speech_set_load_divided(const char *spec, enum dataset_split split,
                                    const struct dataset_division *division, struct speech_set *set,
                                    struct error *error);

/* Tells on standard error what was left out: a line each and their number; nothing if none. */
void speech_set_report_skipped(const struct speech_set *set);

#endif
