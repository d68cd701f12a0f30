#include "models/registry.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct registry {
    size_t count;
    struct network *networks[]; /* in the order of their names */
};

static const char registry_suffix[] = ".safetensors";

static int registry_is_checkpoint(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = sizeof registry_suffix - 1;
    return entry->d_name[0] != '.' && length > suffix &&
           strcmp(entry->d_name + length - suffix, registry_suffix) == 0;
}

/* By name, which is not the order of the files: "a-b.safetensors" comes before "a.safetensors". */
static int registry_compare(const struct dirent **left, const struct dirent **right)
{
    const char *a = (*left)->d_name, *b = (*right)->d_name;
    size_t suffix = sizeof registry_suffix - 1;
    size_t length_a = strlen(a) - suffix, length_b = strlen(b) - suffix;
    int order = memcmp(a, b, length_a < length_b ? length_a : length_b);
    return order ? order : (length_a > length_b) - (length_a < length_b);
}

static enum status registry_load(struct registry *registry, const char *folder,
                                 struct dirent *const *entries, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof path)
            return error_set(error, STATUS_IO, "%s: the name is too long.", folder);
        enum status status = checkpoint_load(path, &registry->networks[i], error);
        if (status != STATUS_OK)
            return status;
        registry->count++;
    }
    return STATUS_OK;
}

enum status registry_open(const char *folder, struct registry **out, struct error *error)
{
    *out = NULL;
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, registry_is_checkpoint, registry_compare);
    if (found < 0)
        return error_set(error, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO,
                         "The model repository %s cannot be read: %s.", folder, strerror(errno));
    enum status status = STATUS_OK;
    struct registry *registry =
        mem_alloc(1, sizeof *registry + (size_t)found * sizeof(struct network *));
    if (!registry)
        status = error_plain(error, STATUS_NO_MEMORY);
    else if (!found)
        status = error_set(error, STATUS_NOT_FOUND,
                           "The model repository %s holds no NAME.safetensors.", folder);
    else
        status = registry_load(registry, folder, entries, (size_t)found, error);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    if (status != STATUS_OK) {
        registry_close(registry);
        return status;
    }
    *out = registry;
    return STATUS_OK;
}

void registry_close(struct registry *registry)
{
    if (!registry)
        return;
    for (size_t i = 0; i < registry->count; i++)
        network_release(registry->networks[i]);
    mem_free(registry);
}

struct network *registry_acquire(struct registry *registry, const char *name)
{
    for (size_t i = 0; i < registry->count; i++)
        if (strcmp(registry->networks[i]->name, name) == 0)
            return network_retain(registry->networks[i]);
    return NULL;
}

size_t registry_count(struct registry *registry)
{
    return registry->count;
}

struct network *registry_acquire_at(struct registry *registry, size_t index)
{
    return index < registry->count ? network_retain(registry->networks[index]) : NULL;
}
