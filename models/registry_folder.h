/*
 * The files of a model repository: which there are, and the network in one of them.
 */
#ifndef SPIKELOOM_MODELS_REGISTRY_FOLDER_H
#define SPIKELOOM_MODELS_REGISTRY_FOLDER_H

#include "models/network.h"

#include <limits.h>
#include <stddef.h>

struct registry_names {
    size_t count;
    char (*names)[NAME_MAX + 1]; /* stems in ascending order; not all need be models' names */
};

/*
 * The stems of all NAME.safetensors of `folder` but hidden ones, released by registry_names_free.
 * NOT_FOUND when there is no folder or no such file, IO, INVALID_ARGUMENT when there are more than
 * `most`, NO_MEMORY.
 */
enum status registry_folder_scan(const char *folder, size_t most, struct registry_names *names,
                                 struct error *error);
void registry_names_free(struct registry_names *names);

/*
 * Loads NAME.safetensors of `folder` with one reference. `name` must be a model's name:
 * INVALID_ARGUMENT otherwise. NOT_FOUND, IO, BAD_CHECKPOINT, NO_MEMORY; sentences name the file
 * without its folder.
 */
enum status registry_folder_load(const char *folder, const char *name, struct network **network,
                                 struct error *error);

#endif
