#include "models/registry.h"

#include "core/base/mem.h"
#include "models/registry_folder.h"

#include <pthread.h>
#include <string.h>

struct registry {
    char *folder;
    pthread_mutex_t changing;   /* held for a whole change, reading files included */
    pthread_mutex_t publishing; /* held to take a reference of `list` or to swap it */
    struct registry_list *list;
};

bool registry_is_name(const char *name)
{
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length < NETWORK_NAME_SIZE && name[length] == 0 && name[0] != '.';
}

const char *registry_change_name(enum registry_change change)
{
    static const char *const names[] = {
        [REGISTRY_ADDED] = "added",         [REGISTRY_REPLACED] = "replaced",
        [REGISTRY_UNCHANGED] = "unchanged", [REGISTRY_REMOVED] = "removed",
        [REGISTRY_KEPT] = "kept",           [REGISTRY_FAILED] = "failed",
    };
    return names[change];
}

/* --- looking ------------------------------------------------------------------------------- */

struct registry_list *registry_models(struct registry *registry)
{
    pthread_mutex_lock(&registry->publishing);
    struct registry_list *list = registry_list_retain(registry->list);
    pthread_mutex_unlock(&registry->publishing);
    return list;
}

enum status registry_find(struct registry *registry, const char *name, struct network **network,
                          struct error *error)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&registry->publishing);
    const struct registry_model *model = registry_list_find(registry->list, name);
    *network = model && model->network ? network_retain(model->network) : NULL;
    if (!model)
        status = error_set(error, STATUS_NOT_FOUND, "There is no model named '%s'.", name);
    else if (!*network)
        status = error_set(error, STATUS_NOT_READY, "The model '%s' is not served: %s", name,
                           model->reason);
    pthread_mutex_unlock(&registry->publishing);
    return status;
}

struct network *registry_acquire(struct registry *registry, const char *name)
{
    struct network *network;
    registry_find(registry, name, &network, NULL);
    return network;
}

/* --- changing ------------------------------------------------------------------------------ */

/* Takes the reference of `list`. */
static void registry_publish(struct registry *registry, struct registry_list *list)
{
    pthread_mutex_lock(&registry->publishing);
    struct registry_list *former = registry->list;
    registry->list = list;
    pthread_mutex_unlock(&registry->publishing);
    registry_list_release(former);
}

/* Publishes the list with one model changed. */
static enum status registry_put(struct registry *registry, const char *name,
                                struct network *network, const char *reason, struct error *error)
{
    struct registry_list *list = registry_list_with(registry->list, name, network, reason);
    if (!list)
        return error_plain(error, STATUS_NO_MEMORY);
    if (list->count > REGISTRY_MAX_MODELS) {
        registry_list_release(list);
        return error_set(error, STATUS_INVALID_ARGUMENT, "There are more than %d models.",
                         REGISTRY_MAX_MODELS);
    }
    registry_publish(registry, list);
    return STATUS_OK;
}

/*
 * What to serve as `name` from now on, given the model that is known under it (or NULL). The
 * caller releases *network, which is the one served before when the file cannot be loaded.
 */
static enum status registry_choose(const struct registry *registry, const char *name,
                                   const struct registry_model *known, struct network **network,
                                   enum registry_change *change, struct error *error)
{
    struct network *former = known ? known->network : NULL;
    enum status status = registry_folder_load(registry->folder, name, network, error);
    if (status != STATUS_OK) {
        *network = former ? network_retain(former) : NULL;
        *change = former ? REGISTRY_KEPT : REGISTRY_FAILED;
        return status;
    }
    if (former && strcmp(former->checksum, (*network)->checksum) == 0) {
        network_release(*network);
        *network = network_retain(former);
        *change = REGISTRY_UNCHANGED;
    } else {
        *change = former ? REGISTRY_REPLACED : REGISTRY_ADDED;
    }
    return STATUS_OK;
}

static enum status registry_load_locked(struct registry *registry, const char *name,
                                        enum registry_change *change, struct error *error)
{
    const struct registry_model *known = registry_list_find(registry->list, name);
    bool former = known && known->network;
    struct network *network;
    struct error fault = {STATUS_OK, ""};
    enum status status = registry_choose(registry, name, known, &network, change, &fault);
    /* names that strangers make up must not fill the list */
    bool listed = known || status != STATUS_NOT_FOUND;
    enum status put =
        listed ? registry_put(registry, name, network, fault.detail, error) : STATUS_OK;
    network_release(network);
    if (status != STATUS_OK)
        return error_set(error, status, "%s", fault.detail);
    if (put != STATUS_OK)
        *change = former ? REGISTRY_KEPT : REGISTRY_FAILED;
    return put;
}

enum status registry_load(struct registry *registry, const char *name, enum registry_change *change,
                          struct error *error)
{
    enum registry_change unseen;
    if (!registry_is_name(name))
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' is not a model's name.", name);
    pthread_mutex_lock(&registry->changing);
    enum status status = registry_load_locked(registry, name, change ? change : &unseen, error);
    pthread_mutex_unlock(&registry->changing);
    return status;
}

enum status registry_unload(struct registry *registry, const char *name, struct error *error)
{
    pthread_mutex_lock(&registry->changing);
    enum status status = STATUS_OK;
    if (registry_list_find(registry->list, name))
        status = registry_put(registry, name, NULL, "It was unloaded.", error);
    else
        status = error_set(error, STATUS_NOT_FOUND, "There is no model named '%s'.", name);
    pthread_mutex_unlock(&registry->changing);
    return status;
}

/* --- the whole folder ---------------------------------------------------------------------- */

/* Puts one file of the folder into the list that is being made. */
static void registry_renew(const struct registry *registry, const char *name,
                           struct registry_list *list, const struct registry_observer *observer)
{
    struct network *network;
    struct error error = {STATUS_OK, ""};
    enum registry_change change;
    const struct registry_model *known = registry_list_find(registry->list, name);
    registry_choose(registry, name, known, &network, &change, &error);
    if (registry_is_name(name))
        registry_list_append(list, name, network, error.detail);
    network_release(network);
    observer->see(observer->context, name, change, &error);
}

static void registry_report_removed(const struct registry *registry,
                                    const struct registry_list *list,
                                    const struct registry_observer *observer)
{
    struct error none = {STATUS_OK, ""};
    for (size_t i = 0; i < registry->list->count; i++)
        if (!registry_list_find(list, registry->list->models[i].name))
            observer->see(observer->context, registry->list->models[i].name, REGISTRY_REMOVED,
                          &none);
}

static enum status registry_reload_locked(struct registry *registry,
                                          const struct registry_observer *observer,
                                          struct error *error)
{
    struct registry_names names;
    enum status status = registry_folder_scan(registry->folder, REGISTRY_MAX_MODELS, &names, error);
    if (status != STATUS_OK)
        return status;
    struct registry_list *list = registry_list_new(names.count);
    if (!list) {
        registry_names_free(&names);
        return error_plain(error, STATUS_NO_MEMORY);
    }
    for (size_t i = 0; i < names.count; i++)
        registry_renew(registry, names.names[i], list, observer);
    registry_report_removed(registry, list, observer);
    registry_publish(registry, list);
    registry_names_free(&names);
    return STATUS_OK;
}

enum status registry_reload(struct registry *registry, const struct registry_observer *observer,
                            struct error *error)
{
    pthread_mutex_lock(&registry->changing);
    enum status status = registry_reload_locked(registry, observer, error);
    pthread_mutex_unlock(&registry->changing);
    return status;
}

enum status registry_survey(struct registry *registry, struct error *error)
{
    struct registry_names names;
    pthread_mutex_lock(&registry->changing);
    enum status status = registry_folder_scan(registry->folder, REGISTRY_MAX_MODELS, &names, error);
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++)
        if (registry_is_name(names.names[i]) && !registry_list_find(registry->list, names.names[i]))
            status = registry_put(registry, names.names[i], NULL, "It was not loaded.", error);
    registry_names_free(&names);
    pthread_mutex_unlock(&registry->changing);
    return status;
}

/* --- opening ------------------------------------------------------------------------------- */

static enum status registry_load_all(struct registry *registry, struct error *error)
{
    struct registry_names names;
    enum status status = registry_folder_scan(registry->folder, REGISTRY_MAX_MODELS, &names, error);
    if (status != STATUS_OK)
        return status;
    registry->list = registry_list_new(names.count);
    if (!registry->list)
        status = error_plain(error, STATUS_NO_MEMORY);
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++) {
        struct network *network;
        status = registry_folder_load(registry->folder, names.names[i], &network, error);
        if (status == STATUS_OK)
            registry_list_append(registry->list, names.names[i], network, "");
        network_release(network);
    }
    registry_names_free(&names);
    return status;
}

enum status registry_open(const char *folder, struct registry **out, struct error *error)
{
    *out = NULL;
    struct registry *registry = mem_alloc(1, sizeof *registry);
    if (!registry)
        return error_plain(error, STATUS_NO_MEMORY);
    pthread_mutex_init(&registry->changing, NULL);
    pthread_mutex_init(&registry->publishing, NULL);
    registry->folder = mem_copy_string(folder);
    enum status status = registry->folder ? registry_load_all(registry, error)
                                          : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        *out = registry;
    else
        registry_close(registry);
    return status;
}

void registry_close(struct registry *registry)
{
    if (!registry)
        return;
    registry_list_release(registry->list);
    pthread_mutex_destroy(&registry->publishing);
    pthread_mutex_destroy(&registry->changing);
    mem_free(registry->folder);
    mem_free(registry);
}
