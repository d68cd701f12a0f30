#include "train/dataset_fsdd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FSDD_TEST_TAKES = 5, FSDD_NAME_SIZE = 64 };

/* What a file name tells. */
struct fsdd_name {
    int digit;
    int take;
    char speaker[FSDD_NAME_SIZE];
};

static bool fsdd_parse(const char *name, struct fsdd_name *parsed)
{
    const char *last = strrchr(name, '_');
    if (name[0] < '0' || name[0] > '9' || name[1] != '_' || last <= name + 2)
        return false;
    size_t length = (size_t)(last - (name + 2));
    size_t digits = strspn(last + 1, "0123456789");
    if (length >= FSDD_NAME_SIZE || digits < 1 || digits > 6 ||
        strcasecmp(last + 1 + digits, ".wav"))
        return false;
    parsed->digit = name[0] - '0';
    parsed->take = (int)strtol(last + 1, NULL, 10);
    memcpy(parsed->speaker, name + 2, length);
    parsed->speaker[length] = '\0';
    return true;
}

static enum status fsdd_add_all(const char *dir, const struct dataset_names *files,
                                struct corpus *corpus, struct error *error)
{
    for (size_t i = 0; i < files->count; i++) {
        struct fsdd_name parsed;
        if (!dataset_files_is_wav(files->names[i]))
            continue;
        if (!fsdd_parse(files->names[i], &parsed))
            return error_set(error, STATUS_MALFORMED,
                             "%s/%s is not named {digit}_{speaker}_{take}.wav", dir,
                             files->names[i]);
        enum status status =
            corpus_add(corpus, dir, files->names[i], parsed.digit, parsed.speaker,
                       parsed.take < FSDD_TEST_TAKES ? CORPUS_TEST : CORPUS_TRAIN, error);
        if (status != STATUS_OK)
            return status;
        corpus->entries[corpus->count - 1].take = parsed.take;
    }
    return STATUS_OK;
}

enum status dataset_fsdd_list(const char *dir, struct corpus *corpus, struct error *error)
{
    char recordings[DATASET_FILES_PATH_SIZE];
    struct dataset_names files = {0};
    enum status status = dataset_files_path(dir, "recordings", recordings, error);
    if (status == STATUS_OK)
        status = corpus_use_digits(corpus, error);
    const char *folder = dataset_files_is_folder(recordings) ? recordings : dir;
    if (status == STATUS_OK)
        status = dataset_files_list(folder, DATASET_ENTRY_FILE, &files, error);
    if (status == STATUS_OK)
        status = fsdd_add_all(folder, &files, corpus, error);
    dataset_files_free(&files);
    return status;
}
