#include "train/dataset.h"

#include "core/base/mem.h"
#include "train/corpus.h"
#include "train/dataset_audiomnist.h"
#include "train/dataset_folder.h"
#include "train/dataset_fsdd.h"
#include "train/dataset_idx.h"
#include "train/dataset_ti46.h"

#include <stdio.h>
#include <string.h>

/* A kind has one of the two loaders. */
struct dataset_kind {
    const char *name;
    enum status (*load_images)(const char *dir, enum dataset_split split, struct image_set *set,
                               struct error *error);
    enum status (*list_speech)(const char *dir, struct corpus *corpus, struct error *error);
};

static const struct dataset_kind dataset_kinds[] = {
    {"mnist", dataset_idx_load_mnist, NULL},
    {"fashion", dataset_idx_load_fashion, NULL},
    {"images", dataset_folder_load_images, NULL},
    {"fsdd", NULL, dataset_fsdd_list},
    {"ti46", NULL, dataset_ti46_list},
    {"audiomnist", NULL, dataset_audiomnist_list},
    {"wavs", NULL, dataset_folder_list_speech},
};

enum { DATASET_NUM_KINDS = sizeof dataset_kinds / sizeof *dataset_kinds };

/* The kind before the colon; *dir becomes what follows. NULL for anything else. */
static const struct dataset_kind *dataset_find_kind(const char *spec, const char **dir)
{
    size_t length = strcspn(spec, ":");
    *dir = spec + length;
    if (!**dir)
        return NULL;
    ++*dir;
    for (int i = 0; i < DATASET_NUM_KINDS; i++) {
        const char *name = dataset_kinds[i].name;
        if (strlen(name) == length && memcmp(name, spec, length) == 0)
            return &dataset_kinds[i];
    }
    return NULL;
}

static enum status dataset_parse(const char *spec, const struct dataset_kind **kind,
                                 const char **dir, struct error *error)
{
    *kind = dataset_find_kind(spec, dir);
    if (!*kind)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' is no data set: write mnist:DIR, fashion:DIR, images:DIR, fsdd:DIR, "
                         "ti46:DIR, audiomnist:DIR or wavs:DIR",
                         spec);
    if (!**dir)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' lacks the folder after the colon",
                         spec);
    return STATUS_OK;
}

bool dataset_is_speech(const char *spec)
{
    const char *dir;
    const struct dataset_kind *kind = dataset_find_kind(spec, &dir);
    return kind && kind->list_speech;
}

enum status class_list_fill(struct class_list *classes, const char *const *names, size_t count,
                            struct error *error)
{
    *classes = (struct class_list){0};
    if (count > DATASET_MAX_CLASSES)
        return error_set(error, STATUS_MALFORMED, "%zu classes are more than %d", count,
                         DATASET_MAX_CLASSES);
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) >= DATASET_CLASS_NAME_SIZE)
            return error_set(error, STATUS_MALFORMED,
                             "the class name '%.80s' is longer than %d bytes", names[i],
                             DATASET_CLASS_NAME_SIZE - 1);
    classes->names = mem_alloc(count, sizeof *classes->names);
    if (!classes->names)
        return error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        memcpy(classes->names[i], names[i], strlen(names[i]) + 1);
    classes->count = (uint32_t)count;
    return STATUS_OK;
}

int class_list_find(const struct class_list *classes, const char *name)
{
    for (uint32_t i = 0; i < classes->count; i++)
        if (strcmp(classes->names[i], name) == 0)
            return (int)i;
    return -1;
}

void class_list_free(struct class_list *classes)
{
    mem_free(classes->names);
    *classes = (struct class_list){0};
}

enum status image_set_load(const char *spec, enum dataset_split split, struct image_set *set,
                           struct error *error)
{
    const struct dataset_kind *kind;
    const char *dir;
    *set = (struct image_set){0};
    enum status status = dataset_parse(spec, &kind, &dir, error);
    if (status != STATUS_OK)
        return status;
    if (!kind->load_images)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' holds speech where images are wanted", spec);
    status = kind->load_images(dir, split, set, error);
    if (status != STATUS_OK)
        image_set_free(set);
    return status;
}

void image_set_free(struct image_set *set)
{
    class_list_free(&set->classes);
    mem_free(set->pixels);
    mem_free(set->labels);
    *set = (struct image_set){0};
}

/* Where the i-th of `limit` samples lies among `count`. */
static size_t dataset_spread(uint32_t i, uint32_t limit, uint32_t count)
{
    return (size_t)((uint64_t)i * count / limit);
}

void image_set_limit(struct image_set *set, uint32_t limit)
{
    size_t pixels = (size_t)set->width * (size_t)set->height;
    if (limit == 0 || limit >= set->num_images)
        return;
    for (uint32_t i = 0; i < limit; i++) {
        size_t from = dataset_spread(i, limit, set->num_images);
        memmove(set->pixels + i * pixels, set->pixels + from * pixels, pixels);
        set->labels[i] = set->labels[from];
    }
    set->num_images = limit;
}

enum status image_set_split(struct image_set *set, uint32_t count, struct image_set *last,
                            struct error *error)
{
    const size_t pixels = (size_t)set->width * (size_t)set->height, classes = set->classes.count;
    *last = (struct image_set){0};
    if (count >= set->num_images)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%u images cannot be held out of %u: some must be left to learn from.",
                         count, set->num_images);
    const size_t kept = set->num_images - count;
    *last = (struct image_set){.classes.count = set->classes.count,
                               .num_images = count,
                               .width = set->width,
                               .height = set->height};
    last->classes.names = mem_copy(set->classes.names, classes * sizeof *last->classes.names);
    last->pixels = mem_copy(set->pixels + kept * pixels, count * pixels);
    last->labels = mem_copy(set->labels + kept, count * sizeof *last->labels);
    if (!last->classes.names || !last->pixels || !last->labels) {
        image_set_free(last);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    set->num_images = (uint32_t)kept;
    return STATUS_OK;
}

uint32_t speech_set_limit_first(const struct speech_set *set, uint32_t first, uint32_t limit)
{
    uint32_t kept = 0;
    if (limit == 0 || limit >= set->num_utterances)
        return first;
    while (kept < limit && dataset_spread(kept, limit, set->num_utterances) < first)
        kept++;
    return kept;
}

void speech_set_limit(struct speech_set *set, uint32_t limit)
{
    if (limit == 0 || limit >= set->num_utterances)
        return;
    for (uint32_t i = 0; i < limit; i++) {
        size_t from = dataset_spread(i, limit, set->num_utterances);
        struct utterance kept = set->utterances[from];
        set->utterances[from] = set->utterances[i];
        set->utterances[i] = kept;
    }
    for (uint32_t i = limit; i < set->num_utterances; i++)
        audio_free(&set->utterances[i].audio);
    set->num_utterances = limit;
}

/* "A-B", A at most B. */
static bool dataset_parse_takes(const char *text, struct dataset_division *division)
{
    int end = 0;
    size_t first = strspn(text, "0123456789");
    size_t last = text[first] == '-' ? strspn(text + first + 1, "0123456789") : 0;
    return first >= 1 && first <= 6 && last >= 1 && last <= 6 &&
           sscanf(text, "%d-%d%n", &division->first_take, &division->last_take, &end) == 2 &&
           !text[end] && division->first_take <= division->last_take;
}

enum status dataset_division_parse(const char *text, struct dataset_division *division,
                                   struct error *error)
{
    static const char speaker[] = "speaker=", takes[] = "takes=";
    division->kind = DIVISION_OFFICIAL;
    if (!text || strcmp(text, "official") == 0)
        return STATUS_OK;
    division->kind = DIVISION_RANDOM;
    if (strcmp(text, "random") == 0)
        return STATUS_OK;
    division->kind = DIVISION_TAKES;
    if (strncmp(text, takes, strlen(takes)) == 0 &&
        dataset_parse_takes(text + strlen(takes), division))
        return STATUS_OK;
    division->kind = DIVISION_SPEAKER;
    division->speaker = text + strlen(speaker);
    if (strncmp(text, speaker, strlen(speaker)) == 0 && *division->speaker)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "--split takes official, random, speaker=NAME or takes=A-B, not '%.60s'",
                     text);
}

enum status speech_set_load(const char *spec, enum dataset_split split, struct speech_set *set,
                            struct error *error)
{
    const struct dataset_division official = {.kind = DIVISION_OFFICIAL};
    return speech_set_load_divided(spec, split, &official, set, error);
}

enum status speech_set_load_divided(const char *spec, enum dataset_split split,
                                    const struct dataset_division *division, struct speech_set *set,
                                    struct error *error)
{
    const struct dataset_kind *kind;
    struct corpus corpus = {0};
    *set = (struct speech_set){0};
    enum status status = dataset_parse(spec, &kind, &corpus.dir, error);
    if (status != STATUS_OK)
        return status;
    if (!kind->list_speech)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' holds images where speech is wanted",
                         spec);
    status = kind->list_speech(corpus.dir, &corpus, error);
    if (status == STATUS_OK)
        status = corpus_sort_speakers(&corpus, error);
    if (status == STATUS_OK)
        status = corpus_load(&corpus, split, division, set, error);
    corpus_free(&corpus);
    if (status != STATUS_OK)
        speech_set_free(set);
    return status;
}

static enum status speech_set_check_classes(const struct speech_set *set,
                                            const struct speech_set *more, struct error *error)
{
    for (uint32_t i = 0; i < more->classes.count; i++)
        if (class_list_find(&set->classes, more->classes.names[i]) < 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "the class '%s' is in one of the data sets only",
                             more->classes.names[i]);
    return STATUS_OK;
}

/* Moves the utterances as they are, labels included. */
static enum status speech_set_move(struct speech_set *set, struct speech_set *more,
                                   struct error *error)
{
    size_t old_size = set->num_utterances * sizeof *set->utterances;
    size_t added = more->num_utterances * sizeof *set->utterances;
    struct utterance *grown = mem_resize(set->utterances, old_size, old_size + added);
    if (!grown)
        return error_plain(error, STATUS_NO_MEMORY);
    set->utterances = grown;
    memcpy(grown + set->num_utterances, more->utterances, added);
    set->num_utterances += more->num_utterances;
    more->num_utterances = 0;
    speech_set_free(more);
    return STATUS_OK;
}

enum status speech_set_append(struct speech_set *set, struct speech_set *more, struct error *error)
{
    enum status status = speech_set_check_classes(set, more, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < more->num_utterances; i++) {
        uint16_t *label = &more->utterances[i].label;
        *label = (uint16_t)class_list_find(&set->classes, more->classes.names[*label]);
    }
    return speech_set_move(set, more, error);
}

enum status speech_set_append_others(struct speech_set *set, struct speech_set *more,
                                     struct error *error)
{
    for (uint32_t i = 0; i < more->num_utterances; i++)
        more->utterances[i].label = (uint16_t)set->classes.count;
    return speech_set_move(set, more, error);
}

void speech_set_report_skipped(const struct speech_set *set)
{
    for (uint32_t i = 0; i < set->num_skipped; i++)
        fprintf(stderr, "skipped %s\n", set->skipped[i]);
    if (set->num_skipped)
        fprintf(stderr, "skipped %u of %u recordings\n", set->num_skipped,
                set->num_skipped + set->num_utterances);
}

void speech_set_free(struct speech_set *set)
{
    class_list_free(&set->classes);
    for (uint32_t i = 0; i < set->num_utterances; i++)
        audio_free(&set->utterances[i].audio);
    for (uint32_t i = 0; i < set->num_skipped; i++)
        mem_free(set->skipped[i]);
    mem_free(set->utterances);
    mem_free(set->skipped);
    *set = (struct speech_set){0};
}
