/*
 * The model repository extension of the Open Inference Protocol: what is there, loading, unloading.
 */
#ifndef SPIKELOOM_API_OIP_REPOSITORY_H
#define SPIKELOOM_API_OIP_REPOSITORY_H

#include "api/writer.h"

#include <stddef.h>

enum { OIP_REPOSITORY_MAX_BYTES = 64 * 1024 }; /* of a request */

/*
 * Reads the body of an index request, which may be empty: whether only models that are served are
 * asked for. MALFORMED, TOO_LARGE.
 */
enum status oip_repository_read_index(const uint8_t *json, size_t size, bool *ready_only,
                                      struct error *error);

/*
 * Reads the body of a load or unload request, which may be empty. The one parameter that is
 * understood, unload_dependents, changes nothing: no model here needs another. INVALID_ARGUMENT
 * for any other, MALFORMED, TOO_LARGE.
 */
enum status oip_repository_read_load(const uint8_t *json, size_t size, struct error *error);

/* Adds a model to an index, which is an array that the caller begins and ends. */
void oip_repository_write_model(const char *name, bool ready, const char *reason,
                                struct writer *writer);

#endif
