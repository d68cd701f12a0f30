/*
 * Networks as safetensors files. A checkpoint carries all that inference needs; nothing is set in
 * code. Every offset, shape, size and number is checked before use.
 */
#ifndef SPIKELOOM_MODELS_CHECKPOINT_H
#define SPIKELOOM_MODELS_CHECKPOINT_H

#include "models/network.h"

#include <stddef.h>
#include <stdint.h>

enum { CHECKPOINT_FORMAT = 1 };

/* The key of a file that holds no network but a judge of pictures (train/judge.h). */
#define CHECKPOINT_JUDGE_KEY "spikeloom_judge"

/*
 * The name of the model in a file: the file's own, without folders and ".safetensors".
 * INVALID_ARGUMENT unless it has 1 to NETWORK_NAME_SIZE - 1 characters.
 */
enum status checkpoint_name(const char *path, char name[NETWORK_NAME_SIZE], struct error *error);

/*
 * A network with one reference; its name is the file's stem. IO when the file cannot be read,
 * NOT_FOUND when it is not there, BAD_CHECKPOINT (with the reason) for any other fault, NO_MEMORY.
 */
enum status checkpoint_load(const char *path, struct network **network, struct error *error);

/* The same from memory, under a given name. */
enum status checkpoint_parse(const uint8_t *bytes, size_t size, const char *name,
                             struct network **network, struct error *error);

/*
 * Writes a temporary file beside `path`, syncs it and renames it over `path`, so that a crash or a
 * full disk leaves the old file whole. Sets network->name (the
 * file's stem) and network->checksum.
 */
enum status checkpoint_save(const char *path, struct network *network, struct error *error);

#endif
