#include "train/dataset_ti46.h"

#include <ctype.h>
#include <string.h>

static bool ti46_is_speaker(const char *name)
{
    return (name[0] == 'f' || name[0] == 'm') && name[1] >= '1' && name[1] <= '8' && !name[2];
}

/* The digit of "01f1set0.wav"; -1 for the commands and letters of the corpus ("go", "0a..."). */
static int ti46_digit(const char *name)
{
    bool numbered =
        name[0] == '0' && isdigit((unsigned char)name[1]) && isalpha((unsigned char)name[2]);
    return numbered && dataset_files_is_wav(name) ? name[1] - '0' : -1;
}

static enum status ti46_list_speaker(const char *split, const char *speaker, enum corpus_side side,
                                     struct corpus *corpus, struct error *error)
{
    char folder[DATASET_FILES_PATH_SIZE];
    struct dataset_names files = {0};
    enum status status = dataset_files_path(split, speaker, folder, error);
    if (status == STATUS_OK)
        status = dataset_files_list(folder, DATASET_ENTRY_FILE, &files, error);
    for (size_t i = 0; status == STATUS_OK && i < files.count; i++) {
        int digit = ti46_digit(files.names[i]);
        if (digit >= 0)
            status = corpus_add(corpus, folder, files.names[i], digit, speaker, side, error);
    }
    dataset_files_free(&files);
    return status;
}

static enum status ti46_list_side(const char *dir, const char *name, enum corpus_side side,
                                  struct corpus *corpus, struct error *error)
{
    char split[DATASET_FILES_PATH_SIZE];
    struct dataset_names speakers = {0};
    enum status status = dataset_files_path(dir, name, split, error);
    if (status == STATUS_OK)
        status = dataset_files_list(split, DATASET_ENTRY_FOLDER, &speakers, error);
    for (size_t i = 0; status == STATUS_OK && i < speakers.count; i++)
        if (ti46_is_speaker(speakers.names[i]))
            status = ti46_list_speaker(split, speakers.names[i], side, corpus, error);
    dataset_files_free(&speakers);
    return status;
}

enum status dataset_ti46_list(const char *dir, struct corpus *corpus, struct error *error)
{
    enum status status = corpus_use_digits(corpus, error);
    if (status == STATUS_OK)
        status = ti46_list_side(dir, "train", CORPUS_TRAIN, corpus, error);
    if (status == STATUS_OK)
        status = ti46_list_side(dir, "test", CORPUS_TEST, corpus, error);
    return status;
}
