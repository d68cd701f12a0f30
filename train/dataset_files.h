/*
 * What data sets read from the file system: sorted lists of names, whole files, utterances.
 * Hidden names (a leading dot) do not exist here. Loaders use it; nothing else does.
 */
#ifndef SPIKELOOM_TRAIN_DATASET_FILES_H
#define SPIKELOOM_TRAIN_DATASET_FILES_H

#include "core/base/buf.h"
#include "core/base/status.h"
#include "train/dataset.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DATASET_FILES_PATH_SIZE = 4096,
    DATASET_FILES_MAX_NAMES = 1 << 20, /* in one folder */
    DATASET_FILES_MAX_BYTES = 64 << 20 /* of one file */
};

struct dataset_names {
    char **names; /* [count], in the order of strcmp */
    size_t count, capacity;
};

enum dataset_entry { DATASET_ENTRY_FILE, DATASET_ENTRY_FOLDER };

/* Writes "dir/name" into path[DATASET_FILES_PATH_SIZE]; INVALID_ARGUMENT when it is too long. */
enum status dataset_files_path(const char *dir, const char *name, char *path, struct error *error);

bool dataset_files_is_file(const char *path);
bool dataset_files_is_folder(const char *path);
bool dataset_files_is_wav(const char *name); /* by its ending, in either case */

/*
 * The files or the folders in `dir` (links are followed). NOT_FOUND names the missing folder; IO;
 * MALFORMED for more than DATASET_FILES_MAX_NAMES; NO_MEMORY. Released by dataset_files_free,
 * which allows an empty struct; on failure the list is empty.
 */
enum status dataset_files_list(const char *dir, enum dataset_entry kind, struct dataset_names *list,
                               struct error *error);

/* Appends a copy of `name`; MALFORMED past DATASET_FILES_MAX_NAMES, NO_MEMORY. */
enum status dataset_files_add(struct dataset_names *list, const char *name, struct error *error);
void dataset_files_free(struct dataset_names *list);

/* Appends a whole file; NOT_FOUND, IO, MALFORMED (past the buffer's cap), NO_MEMORY. */
enum status dataset_files_read(const char *path, struct buf *content, struct error *error);

/*
 * Decodes a file into `utterance` and names it; the label stays with the caller. What
 * audio_decode finds wrong becomes MALFORMED with the path before it.
 */
enum status dataset_files_utterance(const char *path, struct utterance *utterance,
                                    struct error *error);

#endif
