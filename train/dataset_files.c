#include "train/dataset_files.h"

#include "core/base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum status dataset_files_path(const char *dir, const char *name, char *path, struct error *error)
{
    int length = snprintf(path, DATASET_FILES_PATH_SIZE, "%s/%s", dir, name);
    if (length < 0 || length >= DATASET_FILES_PATH_SIZE)
        return error_set(error, STATUS_INVALID_ARGUMENT, "%.80s...: the path is too long", dir);
    return STATUS_OK;
}

bool dataset_files_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool dataset_files_is_wav(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".wav") == 0;
}

bool dataset_files_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Why `path` could not be opened. */
static enum status files_open_failed(const char *path, struct error *error)
{
    if (errno == ENOMEM)
        return error_plain(error, STATUS_NO_MEMORY);
    if (errno == ENOENT || errno == ENOTDIR)
        return error_set(error, STATUS_NOT_FOUND, "%s is missing; train/fetch-data.sh gets it",
                         path);
    return error_set(error, STATUS_IO, "%s: %s", path, strerror(errno));
}

enum status dataset_files_add(struct dataset_names *list, const char *name, struct error *error)
{
    if (list->count == DATASET_FILES_MAX_NAMES)
        return error_set(error, STATUS_MALFORMED, "more than %d names in one folder",
                         DATASET_FILES_MAX_NAMES);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        char **grown =
            mem_resize(list->names, list->capacity * sizeof *grown, capacity * sizeof *grown);
        if (!grown)
            return error_plain(error, STATUS_NO_MEMORY);
        list->names = grown;
        list->capacity = capacity;
    }
    list->names[list->count] = mem_copy_string(name);
    if (!list->names[list->count])
        return error_plain(error, STATUS_NO_MEMORY);
    list->count++;
    return STATUS_OK;
}

static int files_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Whether a folder's entry is of the kind that is looked for. */
static bool files_wanted(const char *path, const char *name, enum dataset_entry kind)
{
    if (name[0] == '.')
        return false;
    return kind == DATASET_ENTRY_FILE ? dataset_files_is_file(path) : dataset_files_is_folder(path);
}

static enum status files_collect(DIR *stream, const char *dir, enum dataset_entry kind,
                                 struct dataset_names *list, struct error *error)
{
    char path[DATASET_FILES_PATH_SIZE];
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        enum status status = dataset_files_path(dir, entry->d_name, path, error);
        if (status != STATUS_OK)
            return status;
        if (files_wanted(path, entry->d_name, kind))
            status = dataset_files_add(list, entry->d_name, error);
        if (status != STATUS_OK)
            return error_prefix(error, status, "%s: ", dir);
    }
    if (errno != 0)
        return error_set(error, STATUS_IO, "%s: %s", dir, strerror(errno));
    return STATUS_OK;
}

enum status dataset_files_list(const char *dir, enum dataset_entry kind, struct dataset_names *list,
                               struct error *error)
{
    *list = (struct dataset_names){0};
    DIR *stream = opendir(dir);
    if (!stream)
        return files_open_failed(dir, error);
    enum status status = files_collect(stream, dir, kind, list, error);
    closedir(stream);
    if (status != STATUS_OK)
        dataset_files_free(list);
    else if (list->count > 1)
        qsort(list->names, list->count, sizeof *list->names, files_compare);
    return status;
}

void dataset_files_free(struct dataset_names *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->names[i]);
    mem_free(list->names);
    *list = (struct dataset_names){0};
}

enum status dataset_files_read(const char *path, struct buf *content, struct error *error)
{
    uint8_t chunk[16384];
    size_t got;
    enum status status = STATUS_OK;
    FILE *file = fopen(path, "rb");
    if (!file)
        return files_open_failed(path, error);
    while (status == STATUS_OK && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        status = buf_append(content, chunk, got);
    if (status == STATUS_TOO_LARGE)
        status =
            error_set(error, STATUS_MALFORMED, "%s is larger than %zu bytes", path, content->cap);
    else if (status != STATUS_OK)
        error_plain(error, status);
    else if (ferror(file))
        status = error_set(error, STATUS_IO, "%s: %s", path, strerror(errno));
    fclose(file);
    return status;
}

enum status dataset_files_utterance(const char *path, struct utterance *utterance,
                                    struct error *error)
{
    const char *slash = strrchr(path, '/');
    struct buf content;
    buf_init(&content, DATASET_FILES_MAX_BYTES);
    enum status status = dataset_files_read(path, &content, error);
    if (status != STATUS_OK)
        goto done;
    status =
        audio_decode(content.bytes, content.size, &audio_default_limits, &utterance->audio, error);
    if (status != STATUS_OK && status != STATUS_NO_MEMORY)
        status = error_prefix(error, STATUS_MALFORMED, "%s: ", path);
    snprintf(utterance->name, sizeof utterance->name, "%s", slash ? slash + 1 : path);
done:
    buf_free(&content);
    return status;
}
