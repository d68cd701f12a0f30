/*
 * What a model repository held at one moment: a list that never changes once others can see it,
 * shared by counted references. A change makes another list.
 */
#ifndef SPIKELOOM_MODELS_REGISTRY_LIST_H
#define SPIKELOOM_MODELS_REGISTRY_LIST_H

#include "models/network.h"

#include <stdatomic.h>
#include <stddef.h>

struct registry_model {
    char name[NETWORK_NAME_SIZE];
    struct network *network;        /* with a reference; NULL: known, but not served */
    char reason[ERROR_DETAIL_SIZE]; /* why it, or a newer file of it, is not served; "" if it is */
};

struct registry_list {
    _Atomic int references;
    size_t count, capacity;
    struct registry_model models[]; /* in the order of their names */
};

/* An empty list with one reference and room for `capacity` models. NULL: out of memory. */
struct registry_list *registry_list_new(size_t capacity);

/* Shares or gives up ownership; the last release frees it. release allows NULL. */
struct registry_list *registry_list_retain(struct registry_list *list);
void registry_list_release(struct registry_list *list);

/* Adds a model after all others, whose names come before its own. `network` is retained. */
void registry_list_append(struct registry_list *list, const char *name, struct network *network,
                          const char *reason);

/* The model of that name, or NULL. */
const struct registry_model *registry_list_find(const struct registry_list *list, const char *name);

/* Models that are served. */
size_t registry_list_num_served(const struct registry_list *list);

/* A copy with this model added, or in the place of the one of its name. NULL: out of memory. */
struct registry_list *registry_list_with(const struct registry_list *list, const char *name,
                                         struct network *network, const char *reason);

#endif
