/*
 * A network's description as JSON: everything of it but the numbers of its tensors. This is what
 * a checkpoint's metadata holds under "spikeloom".
 */
#ifndef SPIKELOOM_MODELS_NETWORK_JSON_H
#define SPIKELOOM_MODELS_NETWORK_JSON_H

#include "models/network.h"

#include <stddef.h>

/* The description as text, released by mem_free; NULL when memory is out. */
char *network_json_write(const struct network *network);

/*
 * Fills a new network from a description: layers with zero weights, an empty cochlea design but
 * for its number of channels, classes without images. BAD_CHECKPOINT, with the key at fault,
 * also for a layer of more than max_weights weights, so that a small file cannot claim much memory.
 */
enum status network_json_read(const char *text, size_t max_weights, struct network *network,
                              struct error *error);

#endif
