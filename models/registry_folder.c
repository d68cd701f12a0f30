#include "models/registry_folder.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "models/registry.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char registry_suffix[] = ".safetensors";

static int registry_is_checkpoint(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = sizeof registry_suffix - 1;
    return entry->d_name[0] != '.' && length > suffix &&
           strcmp(entry->d_name + length - suffix, registry_suffix) == 0;
}

/* By name, which is not the order of the files: "a-b.safetensors" comes before "a.safetensors". */
static int registry_compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

static enum status registry_copy_names(struct dirent *const *entries, size_t count,
                                       struct registry_names *names, struct error *error)
{
    names->names = mem_alloc(count, sizeof *names->names);
    if (!names->names)
        return error_plain(error, STATUS_NO_MEMORY);
    for (; names->count < count; names->count++) {
        const char *file = entries[names->count]->d_name;
        memcpy(names->names[names->count], file, strlen(file) + 1 - sizeof registry_suffix);
    }
    qsort(names->names, count, sizeof *names->names, registry_compare_names);
    return STATUS_OK;
}

enum status registry_folder_scan(const char *folder, size_t most, struct registry_names *names,
                                 struct error *error)
{
    struct dirent **entries = NULL;
    *names = (struct registry_names){0};
    int found = scandir(folder, &entries, registry_is_checkpoint, NULL);
    if (found < 0)
        return error_set(error, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                         "The model repository %s cannot be read: %s.", folder, strerror(errno));
    enum status status;
    if (!found)
        status = error_set(error, STATUS_NOT_FOUND,
                           "The model repository %s holds no NAME.safetensors.", folder);
    else if ((size_t)found > most)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "The model repository %s holds more than %zu models.", folder, most);
    else
        status = registry_copy_names(entries, (size_t)found, names, error);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    return status;
}

void registry_names_free(struct registry_names *names)
{
    mem_free(names->names);
    *names = (struct registry_names){0};
}

/* A folder may tell more about the machine than clients should know. */
static void registry_strip_folder(const char *folder, struct error *error)
{
    size_t length = strlen(folder);
    if (strncmp(error->detail, folder, length) == 0 && error->detail[length] == '/')
        memmove(error->detail, error->detail + length + 1, strlen(error->detail + length + 1) + 1);
}

enum status registry_folder_load(const char *folder, const char *name, struct network **network,
                                 struct error *error)
{
    char path[PATH_MAX];
    struct error fault;
    *network = NULL;
    if (!registry_is_name(name))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s%s: a model's name has 1 to %d letters, digits, '.', '_' and '-'.",
                         name, registry_suffix, NETWORK_NAME_SIZE - 1);
    int length = snprintf(path, sizeof path, "%s/%s%s", folder, name, registry_suffix);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(error, STATUS_IO, "%s: the name is too long.", folder);
    enum status status = checkpoint_load(path, network, &fault);
    if (status == STATUS_OK)
        return STATUS_OK;
    registry_strip_folder(folder, &fault);
    return error_set(error, status, "%s", fault.detail);
}
