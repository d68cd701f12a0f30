#include "models/registry_list.h"

#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

struct registry_list *registry_list_new(size_t capacity)
{
    struct registry_list *list = mem_alloc(1, sizeof *list + capacity * sizeof list->models[0]);
    if (!list)
        return NULL;
    atomic_init(&list->references, 1);
    list->capacity = capacity;
    return list;
}

struct registry_list *registry_list_retain(struct registry_list *list)
{
    atomic_fetch_add_explicit(&list->references, 1, memory_order_relaxed);
    return list;
}

void registry_list_release(struct registry_list *list)
{
    if (!list || atomic_fetch_sub_explicit(&list->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < list->count; i++)
        network_release(list->models[i].network);
    mem_free(list);
}

void registry_list_append(struct registry_list *list, const char *name, struct network *network,
                          const char *reason)
{
    if (list->count == list->capacity)
        return;
    struct registry_model *model = &list->models[list->count++];
    snprintf(model->name, sizeof model->name, "%s", name);
    snprintf(model->reason, sizeof model->reason, "%s", reason);
    model->network = network ? network_retain(network) : NULL;
}

const struct registry_model *registry_list_find(const struct registry_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->models[i].name, name) == 0)
            return &list->models[i];
    return NULL;
}

size_t registry_list_num_served(const struct registry_list *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->models[i].network != NULL;
    return count;
}

static void registry_list_append_copies(struct registry_list *list,
                                        const struct registry_model *models, size_t count)
{
    for (size_t i = 0; i < count; i++)
        registry_list_append(list, models[i].name, models[i].network, models[i].reason);
}

struct registry_list *registry_list_with(const struct registry_list *list, const char *name,
                                         struct network *network, const char *reason)
{
    struct registry_list *copy = registry_list_new(list->count + 1);
    if (!copy)
        return NULL;
    size_t before = 0;
    while (before < list->count && strcmp(list->models[before].name, name) < 0)
        before++;
    size_t after = before;
    if (after < list->count && strcmp(list->models[after].name, name) == 0)
        after++;
    registry_list_append_copies(copy, list->models, before);
    registry_list_append(copy, name, network, reason);
    registry_list_append_copies(copy, list->models + after, list->count - after);
    return copy;
}
