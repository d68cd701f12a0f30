#include "train/dataset_audiomnist.h"

#include <string.h>
#include <strings.h>

/* The digit of "3_07_12.wav" in folder 07; -1 for any other name. */
static int audiomnist_digit(const char *name, const char *speaker)
{
    size_t length = strlen(speaker);
    if (name[0] < '0' || name[0] > '9' || name[1] != '_' ||
        strncmp(name + 2, speaker, length) != 0 || name[2 + length] != '_')
        return -1;
    const char *take = name + 3 + length;
    size_t digits = strspn(take, "0123456789");
    return digits >= 1 && strcasecmp(take + digits, ".wav") == 0 ? name[0] - '0' : -1;
}

static enum status audiomnist_list_speaker(const char *data, const char *speaker,
                                           struct corpus *corpus, struct error *error)
{
    char folder[DATASET_FILES_PATH_SIZE];
    struct dataset_names files = {0};
    enum status status = dataset_files_path(data, speaker, folder, error);
    if (status == STATUS_OK)
        status = dataset_files_list(folder, DATASET_ENTRY_FILE, &files, error);
    for (size_t i = 0; status == STATUS_OK && i < files.count; i++) {
        const char *name = files.names[i];
        if (!dataset_files_is_wav(name))
            continue;
        int digit = audiomnist_digit(name, speaker);
        if (digit < 0)
            status = error_set(error, STATUS_MALFORMED, "%s/%s is not named {digit}_%s_{take}.wav",
                               folder, name, speaker);
        else
            status = corpus_add(corpus, folder, name, digit, speaker, CORPUS_UNDIVIDED, error);
    }
    dataset_files_free(&files);
    return status;
}

enum status dataset_audiomnist_list(const char *dir, struct corpus *corpus, struct error *error)
{
    char data[DATASET_FILES_PATH_SIZE];
    struct dataset_names speakers = {0};
    enum status status = dataset_files_path(dir, "data", data, error);
    if (status == STATUS_OK)
        status = corpus_use_digits(corpus, error);
    const char *folder = dataset_files_is_folder(data) ? data : dir;
    if (status == STATUS_OK)
        status = dataset_files_list(folder, DATASET_ENTRY_FOLDER, &speakers, error);
    for (size_t i = 0; status == STATUS_OK && i < speakers.count; i++)
        status = audiomnist_list_speaker(folder, speakers.names[i], corpus, error);
    dataset_files_free(&speakers);
    return status;
}
