/*
 * The models of a repository: a folder with NAME.safetensors files, each served under its stem.
 *
 * They can be changed while they are in use. A change reads its files first and then swaps in a new
 * list at once: who has taken a network or a list keeps it as it was, and what cannot be loaded
 * leaves what is served alone. Changes wait for one another; looking never waits for a change. All
 * functions but open and close may be called from any thread.
 */
#ifndef SPIKELOOM_MODELS_REGISTRY_H
#define SPIKELOOM_MODELS_REGISTRY_H

#include "models/registry_list.h"

#include <stdbool.h>

enum { REGISTRY_MAX_MODELS = 256 };

/* What has become of a model. */
enum registry_change {
    REGISTRY_ADDED,     /* served from now on */
    REGISTRY_REPLACED,  /* served from another checkpoint than before */
    REGISTRY_UNCHANGED, /* its file is what is served already */
    REGISTRY_REMOVED,   /* no longer served */
    REGISTRY_KEPT,      /* its file cannot be loaded; what was served before still is */
    REGISTRY_FAILED     /* its file cannot be loaded, and nothing is served */
};

struct registry;

/*
 * Loads every NAME.safetensors of `folder`. One that cannot be loaded fails the whole: IO,
 * BAD_CHECKPOINT (naming the file), INVALID_ARGUMENT (a file whose stem is no model's name, too
 * many files), NOT_FOUND when there is none, NO_MEMORY.
 */
enum status registry_open(const char *folder, struct registry **registry, struct error *error);
void registry_close(struct registry *registry); /* allows NULL */

/* Whether a model may have that name: 1 .. 63 letters, digits, '.', '_', '-', the first no '.'. */
bool registry_is_name(const char *name);

/*
 * The model of that name, with a reference that the caller gives back by network_release;
 * NULL when it is not served.
 */
struct network *registry_acquire(struct registry *registry, const char *name);

/* The same with the reason: NOT_FOUND for a name that is not known, NOT_READY for one that is. */
enum status registry_find(struct registry *registry, const char *name, struct network **network,
                          struct error *error);

/* All models as they are now, with a reference for registry_list_release. */
struct registry_list *registry_models(struct registry *registry);

/*
 * Reads NAME.safetensors anew and serves it. NOT_FOUND when there is no such file,
 * INVALID_ARGUMENT for a name that no model may have, IO, BAD_CHECKPOINT, NO_MEMORY: what was
 * served before still is, and the reason is kept in the list. `change` may be NULL.
 */
enum status registry_load(struct registry *registry, const char *name, enum registry_change *change,
                          struct error *error);

/* Serves it no longer; it stays in the list. NOT_FOUND, NO_MEMORY. */
enum status registry_unload(struct registry *registry, const char *name, struct error *error);

/* Told of each model by registry_reload; the error is that of KEPT and FAILED. */
struct registry_observer {
    void (*see)(void *context, const char *name, enum registry_change change,
                const struct error *error);
    void *context;
};

/*
 * Reads the whole folder anew: serves what is new, also what was unloaded, drops what is gone,
 * replaces what has changed. A folder that cannot be read, or is empty, changes nothing: IO,
 * NOT_FOUND, INVALID_ARGUMENT (too many files), NO_MEMORY.
 */
enum status registry_reload(struct registry *registry, const struct registry_observer *observer,
                            struct error *error);

/*
 * Looks for files that are not in the list and adds them, not served, and takes out models that
 * are neither served nor there. Errors as registry_reload.
 */
enum status registry_survey(struct registry *registry, struct error *error);

const char *registry_change_name(enum registry_change change); /* "added", "replaced", ... */

#endif
