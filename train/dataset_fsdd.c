#include "train/dataset_fsdd.h"

#include "core/base/mem.h"
#include "train/dataset_files.h"

#include <stdlib.h>
#include <string.h>

enum { FSDD_NUM_DIGITS = 10, FSDD_TEST_TAKES = 5, FSDD_MAX_SPEAKERS = 1024, FSDD_NAME_SIZE = 64 };

/* What a file name tells. */
struct fsdd_name {
    int digit;
    int take;
    char speaker[FSDD_NAME_SIZE];
};

struct fsdd_speakers {
    int count;
    char names[FSDD_MAX_SPEAKERS][FSDD_NAME_SIZE]; /* in the order of strcmp */
};

static bool fsdd_is_recording(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".wav") == 0;
}

static bool fsdd_parse(const char *name, struct fsdd_name *parsed)
{
    const char *last = strrchr(name, '_');
    if (name[0] < '0' || name[0] > '9' || name[1] != '_' || last <= name + 2)
        return false;
    size_t length = (size_t)(last - (name + 2));
    size_t digits = strspn(last + 1, "0123456789");
    if (length >= FSDD_NAME_SIZE || digits < 1 || digits > 6 || strcmp(last + 1 + digits, ".wav"))
        return false;
    parsed->digit = name[0] - '0';
    parsed->take = (int)strtol(last + 1, NULL, 10);
    memcpy(parsed->speaker, name + 2, length);
    parsed->speaker[length] = '\0';
    return true;
}

/* The place of `name` among the speakers, or the place where it belongs. */
static int fsdd_place(const struct fsdd_speakers *speakers, const char *name)
{
    int place = 0;
    while (place < speakers->count && strcmp(speakers->names[place], name) < 0)
        place++;
    return place;
}

static bool fsdd_add_speaker(struct fsdd_speakers *speakers, const char *name)
{
    int place = fsdd_place(speakers, name);
    if (place < speakers->count && strcmp(speakers->names[place], name) == 0)
        return true;
    if (speakers->count == FSDD_MAX_SPEAKERS)
        return false;
    size_t moved = (size_t)(speakers->count - place) * sizeof speakers->names[0];
    memmove(speakers->names[place + 1], speakers->names[place], moved);
    memcpy(speakers->names[place], name, strlen(name) + 1);
    speakers->count++;
    return true;
}

static bool fsdd_in_split(const struct fsdd_name *parsed, enum dataset_split split)
{
    return (parsed->take < FSDD_TEST_TAKES) == (split == DATASET_TEST);
}

/* Checks all names, collects the speakers and counts the split's recordings. */
static enum status fsdd_survey(const char *dir, const struct dataset_names *files,
                               enum dataset_split split, struct fsdd_speakers *speakers,
                               uint32_t *count, struct error *error)
{
    *count = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct fsdd_name parsed;
        if (!fsdd_is_recording(files->names[i]))
            continue;
        if (!fsdd_parse(files->names[i], &parsed))
            return error_set(error, STATUS_MALFORMED,
                             "%s/%s is not named {digit}_{speaker}_{take}.wav", dir,
                             files->names[i]);
        if (!fsdd_add_speaker(speakers, parsed.speaker))
            return error_set(error, STATUS_MALFORMED, "%s has more than %d speakers", dir,
                             FSDD_MAX_SPEAKERS);
        *count += fsdd_in_split(&parsed, split);
    }
    if (*count == 0)
        return error_set(error, STATUS_MALFORMED,
                         "%s has no recordings {digit}_{speaker}_{take}.wav of takes %s", dir,
                         split == DATASET_TEST ? "0 to 4" : "from 5");
    return STATUS_OK;
}

static enum status fsdd_decode(const char *dir, const struct dataset_names *files,
                               enum dataset_split split, const struct fsdd_speakers *speakers,
                               struct speech_set *set, struct error *error)
{
    for (size_t i = 0; i < files->count; i++) {
        struct fsdd_name parsed;
        if (!fsdd_is_recording(files->names[i]) || !fsdd_parse(files->names[i], &parsed) ||
            !fsdd_in_split(&parsed, split))
            continue;
        struct utterance *utterance = &set->utterances[set->num_utterances];
        enum status status = dataset_files_utterance(dir, files->names[i], utterance, error);
        if (status != STATUS_OK)
            return status;
        utterance->label = (uint16_t)parsed.digit;
        utterance->speaker = (uint16_t)fsdd_place(speakers, parsed.speaker);
        set->num_utterances++;
    }
    return STATUS_OK;
}

static enum status fsdd_load_folder(const char *dir, enum dataset_split split,
                                    struct speech_set *set, struct error *error)
{
    struct dataset_names files = {0};
    uint32_t count = 0;
    struct fsdd_speakers *speakers = mem_alloc(1, sizeof *speakers);
    enum status status = speakers ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = dataset_files_list(dir, DATASET_ENTRY_FILE, &files, error);
    if (status == STATUS_OK)
        status = fsdd_survey(dir, &files, split, speakers, &count, error);
    if (status == STATUS_OK) {
        set->utterances = mem_alloc(count, sizeof *set->utterances);
        status = set->utterances ? fsdd_decode(dir, &files, split, speakers, set, error)
                                 : error_plain(error, STATUS_NO_MEMORY);
    }
    dataset_files_free(&files);
    mem_free(speakers);
    return status;
}

enum status dataset_fsdd_load(const char *dir, enum dataset_split split, struct speech_set *set,
                              struct error *error)
{
    static const char *const digits[FSDD_NUM_DIGITS] = {"0", "1", "2", "3", "4",
                                                        "5", "6", "7", "8", "9"};
    char recordings[DATASET_FILES_PATH_SIZE];
    enum status status = dataset_files_path(dir, "recordings", recordings, error);
    if (status == STATUS_OK)
        status = class_list_fill(&set->classes, digits, FSDD_NUM_DIGITS, error);
    if (status != STATUS_OK)
        return status;
    return fsdd_load_folder(dataset_files_is_folder(recordings) ? recordings : dir, split, set,
                            error);
}
