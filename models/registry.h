/*
 * The models of a repository: a folder with NAME.safetensors files, each served under its stem.
 */
#ifndef SPIKELOOM_MODELS_REGISTRY_H
#define SPIKELOOM_MODELS_REGISTRY_H

#include "models/network.h"

#include <stddef.h>

struct registry;

/*
 * Loads every NAME.safetensors of `folder` in the order of names. A checkpoint that cannot be
 * loaded fails the whole: IO, BAD_CHECKPOINT (naming the file), NOT_FOUND when there is none.
 */
enum status registry_open(const char *folder, struct registry **registry, struct error *error);
void registry_close(struct registry *registry); /* allows NULL */

/*
 * The model of that name, with a reference that the caller gives back by network_release;
 * NULL when there is none.
 */
struct network *registry_acquire(struct registry *registry, const char *name);

/* Models in the order of their names, index 0 .. registry_count - 1, as registry_acquire. */
size_t registry_count(struct registry *registry);
struct network *registry_acquire_at(struct registry *registry, size_t index);

#endif
