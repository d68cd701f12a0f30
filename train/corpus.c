#include "train/corpus.h"

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/front_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++)
        mem_free(corpus->entries[i].path);
    mem_free(corpus->entries);
    class_list_free(&corpus->classes);
    dataset_files_free(&corpus->speakers);
    *corpus = (struct corpus){0};
}

enum status corpus_use_digits(struct corpus *corpus, struct error *error)
{
    static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    return class_list_fill(&corpus->classes, digits, sizeof digits / sizeof *digits, error);
}

/* The index of the speaker, who is added where the name is new. */
static enum status corpus_number_speaker(struct corpus *corpus, const char *name, uint16_t *number,
                                         struct error *error)
{
    struct dataset_names *speakers = &corpus->speakers;
    size_t i = 0;
    while (i < speakers->count && strcmp(speakers->names[i], name) != 0)
        i++;
    *number = (uint16_t)i;
    if (i < speakers->count)
        return STATUS_OK;
    if (i == CORPUS_MAX_SPEAKERS)
        return error_set(error, STATUS_MALFORMED, "%s has more than %d speakers", corpus->dir,
                         CORPUS_MAX_SPEAKERS);
    return dataset_files_add(speakers, name, error);
}

static enum status corpus_grow(struct corpus *corpus, struct error *error)
{
    if (corpus->count < corpus->capacity)
        return STATUS_OK;
    if (corpus->count >= DATASET_FILES_MAX_NAMES)
        return error_set(error, STATUS_MALFORMED, "%s has more than %d recordings", corpus->dir,
                         DATASET_FILES_MAX_NAMES);
    size_t size = sizeof *corpus->entries;
    size_t capacity = corpus->capacity ? 2 * corpus->capacity : 256;
    struct corpus_entry *grown =
        mem_resize(corpus->entries, corpus->capacity * size, capacity * size);
    if (!grown)
        return error_plain(error, STATUS_NO_MEMORY);
    corpus->entries = grown;
    corpus->capacity = capacity;
    return STATUS_OK;
}

enum status corpus_add(struct corpus *corpus, const char *folder, const char *name, int label,
                       const char *speaker, enum corpus_side side, struct error *error)
{
    char path[DATASET_FILES_PATH_SIZE];
    struct corpus_entry entry = {.label = (uint16_t)label, .side = side, .take = CORPUS_NO_TAKE};
    enum status status = dataset_files_path(folder, name, path, error);
    if (status == STATUS_OK)
        status = corpus_grow(corpus, error);
    if (status == STATUS_OK && speaker)
        status = corpus_number_speaker(corpus, speaker, &entry.speaker, error);
    if (status != STATUS_OK)
        return status;
    entry.path = mem_copy_string(path);
    if (!entry.path)
        return error_plain(error, STATUS_NO_MEMORY);
    corpus->entries[corpus->count++] = entry;
    return STATUS_OK;
}

static int corpus_compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum status corpus_sort_speakers(struct corpus *corpus, struct error *error)
{
    struct dataset_names *speakers = &corpus->speakers;
    uint16_t places[CORPUS_MAX_SPEAKERS];
    if (speakers->count == 0)
        return STATUS_OK;
    char **before = mem_copy(speakers->names, speakers->count * sizeof *before);
    if (!before)
        return error_plain(error, STATUS_NO_MEMORY);
    qsort(speakers->names, speakers->count, sizeof *speakers->names, corpus_compare_names);
    for (size_t i = 0; i < speakers->count; i++)
        for (size_t place = 0; place < speakers->count; place++)
            if (before[i] == speakers->names[place])
                places[i] = (uint16_t)place;
    for (size_t i = 0; i < corpus->count; i++)
        corpus->entries[i].speaker = places[corpus->entries[i].speaker];
    mem_free(before);
    return STATUS_OK;
}

/* --- division ------------------------------------------------------------------------------ */

/* The official division; every recording must have its side. */
static enum status corpus_divide_officially(const struct corpus *corpus, enum corpus_side *sides,
                                            struct error *error)
{
    for (size_t i = 0; i < corpus->count; i++) {
        if (corpus->entries[i].side == CORPUS_UNDIVIDED)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "%s has no official division: add --split random or --split "
                             "speaker=NAME",
                             corpus->dir);
        sides[i] = corpus->entries[i].side;
    }
    return STATUS_OK;
}

/* CORPUS_TEST_PERCENT of each class, drawn by the seed. */
static enum status corpus_divide_randomly(const struct corpus *corpus, uint64_t seed,
                                          enum corpus_side *sides, struct error *error)
{
    uint32_t *members = mem_alloc(corpus->count, sizeof *members);
    uint32_t *order = mem_alloc(corpus->count, sizeof *order);
    enum status status = members && order ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    for (uint32_t label = 0; status == STATUS_OK && label < corpus->classes.count; label++) {
        struct rng rng = {.seed = seed, .index = label, .stream = RNG_STREAM_SPLIT};
        uint32_t count = 0;
        for (size_t i = 0; i < corpus->count; i++)
            if (corpus->entries[i].label == label)
                members[count++] = (uint32_t)i;
        rng_shuffle(&rng, order, count);
        for (uint32_t i = 0; i < (count * CORPUS_TEST_PERCENT + 50) / 100; i++)
            sides[members[order[i]]] = CORPUS_TEST;
    }
    mem_free(members);
    mem_free(order);
    return status;
}

static enum status corpus_leave_out(const struct corpus *corpus, const char *speaker,
                                    enum corpus_side *sides, struct error *error)
{
    const struct dataset_names *speakers = &corpus->speakers;
    size_t left_out = 0;
    if (speakers->count == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s does not tell who speaks, so that no speaker can be left out",
                         corpus->dir);
    while (left_out < speakers->count && strcmp(speakers->names[left_out], speaker) != 0)
        left_out++;
    if (left_out == speakers->count)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s has no speaker '%.60s'; its %zu speakers are %s to %s", corpus->dir,
                         speaker, speakers->count, speakers->names[0],
                         speakers->names[speakers->count - 1]);
    for (size_t i = 0; i < corpus->count; i++)
        sides[i] = corpus->entries[i].speaker == left_out ? CORPUS_TEST : CORPUS_TRAIN;
    return STATUS_OK;
}

/* Some takes of the official training split are for testing; its test split is on neither side. */
static enum status corpus_hold_out_takes(const struct corpus *corpus, int first, int last,
                                         enum corpus_side *sides, struct error *error)
{
    for (size_t i = 0; i < corpus->count; i++) {
        const struct corpus_entry *entry = &corpus->entries[i];
        if (entry->take == CORPUS_NO_TAKE)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "%s does not number its takes, so that none can be held out",
                             corpus->dir);
        if (entry->side == CORPUS_TEST)
            sides[i] = CORPUS_UNDIVIDED;
        else
            sides[i] = entry->take >= first && entry->take <= last ? CORPUS_TEST : CORPUS_TRAIN;
    }
    return STATUS_OK;
}

static enum status corpus_divide(const struct corpus *corpus,
                                 const struct dataset_division *division, enum corpus_side *sides,
                                 struct error *error)
{
    switch (division->kind) {
    case DIVISION_OFFICIAL:
        return corpus_divide_officially(corpus, sides, error);
    case DIVISION_RANDOM:
        return corpus_divide_randomly(corpus, division->seed, sides, error);
    case DIVISION_SPEAKER:
        return corpus_leave_out(corpus, division->speaker, sides, error);
    case DIVISION_TAKES:
        return corpus_hold_out_takes(corpus, division->first_take, division->last_take, sides,
                                     error);
    }
    return error_plain(error, STATUS_INTERNAL);
}

/* --- decoding ------------------------------------------------------------------------------ */

static enum status corpus_decode(const struct corpus_entry *entry, struct utterance *utterance,
                                 struct error *error)
{
    enum status status = dataset_files_utterance(entry->path, utterance, error);
    if (status != STATUS_OK)
        return status;
    utterance->label = entry->label;
    utterance->speaker = entry->speaker;
    if (!front_end_is_silent(&utterance->audio))
        return STATUS_OK;
    audio_free(&utterance->audio);
    return error_set(error, STATUS_MALFORMED, "%s: The recording is silent.", entry->path);
}

/* Notes why a recording was left out. */
static enum status corpus_note_bad(struct speech_set *set, const struct error *reason,
                                   struct error *error)
{
    set->skipped[set->num_skipped] = mem_copy_string(reason->detail);
    if (!set->skipped[set->num_skipped])
        return error_plain(error, STATUS_NO_MEMORY);
    set->num_skipped++;
    return STATUS_OK;
}

/* What was left out is an error unless skipping was asked for, or nothing is left. */
static enum status corpus_check_bad(const struct speech_set *set,
                                    const struct dataset_division *division, size_t count,
                                    struct error *error)
{
    if (set->num_skipped == 0 || (division->skip_bad && set->num_utterances > 0))
        return STATUS_OK;
    const char *advice = division->skip_bad ? "" : "; --skip-bad leaves them out";
    return error_set(error, STATUS_MALFORMED, "%s (%u of %zu recordings cannot be used%s)",
                     set->skipped[0], set->num_skipped, count, advice);
}

static enum status corpus_decode_all(const struct corpus *corpus, const bool *chosen, size_t count,
                                     const struct dataset_division *division,
                                     struct speech_set *set, struct error *error)
{
    enum status status = STATUS_OK;
    set->utterances = mem_alloc(count, sizeof *set->utterances);
    set->skipped = mem_alloc(count, sizeof *set->skipped);
    if (!set->utterances || !set->skipped)
        return error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; i < corpus->count && status == STATUS_OK; i++) {
        struct error reason;
        if (!chosen[i])
            continue;
        status = corpus_decode(&corpus->entries[i], &set->utterances[set->num_utterances], &reason);
        if (status == STATUS_OK)
            set->num_utterances++;
        else if (status == STATUS_NO_MEMORY)
            error_plain(error, status);
        else
            status = corpus_note_bad(set, &reason, error);
    }
    return status == STATUS_OK ? corpus_check_bad(set, division, count, error) : status;
}

enum status corpus_load(struct corpus *corpus, enum dataset_split split,
                        const struct dataset_division *division, struct speech_set *set,
                        struct error *error)
{
    size_t count = 0;
    enum corpus_side wanted = split == DATASET_TEST ? CORPUS_TEST : CORPUS_TRAIN;
    bool *chosen = mem_alloc(corpus->count, sizeof *chosen);
    enum corpus_side *sides = mem_alloc(corpus->count, sizeof *sides); /* all CORPUS_TRAIN */
    enum status status = chosen && sides ? corpus_divide(corpus, division, sides, error)
                                         : error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; status == STATUS_OK && i < corpus->count; i++) {
        chosen[i] = sides[i] == wanted;
        count += chosen[i];
    }
    if (status == STATUS_OK && count == 0)
        status = error_set(error, STATUS_MALFORMED, "%s has no recordings for the %s split",
                           corpus->dir, split == DATASET_TEST ? "test" : "training");
    if (status == STATUS_OK) {
        set->classes = corpus->classes;
        corpus->classes = (struct class_list){0};
        status = corpus_decode_all(corpus, chosen, count, division, set, error);
    }
    mem_free(chosen);
    mem_free(sides);
    return status;
}
