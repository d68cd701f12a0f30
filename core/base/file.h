/*
 * Whole files: read with a cap, replaced so that a crash leaves either the old or the new one.
 */
#ifndef SPIKELOOM_CORE_BASE_FILE_H
#define SPIKELOOM_CORE_BASE_FILE_H

#include "core/base/buf.h"
#include "core/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Appends a regular file's bytes to `out`. NOT_FOUND when it does not exist, IO, TOO_LARGE past
 * the buffer's cap, NO_MEMORY; each with the path and the reason in the detail.
 */
enum status file_read(const char *path, struct buf *out, struct error *error);

/*
 * The same for a file that holds secrets: IO as well where others than its owner and group may read
 * it, or others than its owner may write it.
 */
enum status file_read_secret(const char *path, struct buf *out, struct error *error);

/*
 * Replaces `path` by `size` bytes: a temporary file beside it, synced, renamed over it, the folder
 * synced. On failure (IO) the old file is untouched and the temporary one is removed.
 */
enum status file_replace(const char *path, const void *bytes, size_t size, struct error *error);

/* Makes a folder unless it is there; the one above it must be. IO, also where it is no folder. */
enum status file_make_folder(const char *path, struct error *error);

bool file_exists(const char *path);

#endif
