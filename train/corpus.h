/*
 * A corpus of recordings as a list of files, before anything is decoded: what each one says, who
 * speaks, and on which side of the official division it stands. Loaders fill it; it divides the
 * list and decodes one part. Nothing but speech data sets needs this file.
 */
#ifndef SPIKELOOM_TRAIN_CORPUS_H
#define SPIKELOOM_TRAIN_CORPUS_H

#include "train/dataset.h"
#include "train/dataset_files.h"

enum { CORPUS_MAX_SPEAKERS = 1024, CORPUS_TEST_PERCENT = 16 /* of a class, divided at random */ };

enum corpus_side { CORPUS_TRAIN, CORPUS_TEST, CORPUS_UNDIVIDED /* on neither */ };

enum { CORPUS_NO_TAKE = -1 };

struct corpus_entry {
    char *path;
    uint16_t label;
    uint16_t speaker; /* index into corpus.speakers; 0 where there are none */
    enum corpus_side side;
    int take; /* which of a speaker's recordings of the word; CORPUS_NO_TAKE where none is told */
};

struct corpus {
    const char *dir; /* borrowed, for sentences */
    struct class_list classes;
    struct dataset_names speakers; /* none: the corpus does not tell who speaks */
    struct corpus_entry *entries;  /* [count], in the order in which they were added */
    size_t count, capacity;
};

/* Releases everything; an empty corpus is allowed. */
void corpus_free(struct corpus *corpus);

/* Makes the classes "0" .. "9". */
enum status corpus_use_digits(struct corpus *corpus, struct error *error);

/*
 * Adds folder/name, with no take. `speaker` may be NULL. INVALID_ARGUMENT for a path too long,
 * MALFORMED for too many speakers or files, NO_MEMORY.
 */
enum status corpus_add(struct corpus *corpus, const char *folder, const char *name, int label,
                       const char *speaker, enum corpus_side side, struct error *error);

/* Numbers the speakers in the order of their names; to be called once after the last addition. */
enum status corpus_sort_speakers(struct corpus *corpus, struct error *error);

/*
 * Decodes the split that `division` makes into `set`, classes included. Errors as for
 * speech_set_load_divided; on failure `set` may hold parts, which speech_set_free releases.
 */
enum status corpus_load(struct corpus *corpus, enum dataset_split split,
                        const struct dataset_division *division, struct speech_set *set,
                        struct error *error);

#endif
