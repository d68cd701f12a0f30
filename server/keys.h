/*
 * The API keys: files with one key a line, of which only digests are kept. A user's key runs the
 * models; an admin's key does that too, and changes which models are served. Safe to call from any
 * thread.
 *
 * A file is text: a key of 16 to 256 letters, digits and "-._~+/=" (RFC 6750) on each line; empty
 * lines and lines that begin with '#' are skipped. Nobody but its owner may write it, nobody but
 * owner and group may read it.
 */
#ifndef SPIKELOOM_SERVER_KEYS_H
#define SPIKELOOM_SERVER_KEYS_H

#include "core/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum keys_role { KEYS_NOBODY, KEYS_USER, KEYS_ADMIN, KEYS_NUM_ROLES };

enum { KEYS_MAX_COUNT = 4096, KEYS_MIN_LENGTH = 16, KEYS_MAX_LENGTH = 256 };

struct keys;

/*
 * Reads both files; NULL means that there is none of that kind. IO and NOT_FOUND as of
 * file_read_secret, INVALID_ARGUMENT for a file without keys, a bad line (by its number alone), a
 * key that stands in both, too many. The paths are borrowed.
 */
enum status keys_open(const char *user_path, const char *admin_path, struct keys **keys,
                      struct error *error);
void keys_close(struct keys *keys); /* allows NULL */

/* Reads the files again; on failure, as above, the keys stay what they were. */
enum status keys_reload(struct keys *keys, struct error *error);

/* How many keys of a role there are. */
size_t keys_count(struct keys *keys, enum keys_role role);

/*
 * Whose key this is, KEYS_NOBODY if it is none; `*id` is the beginning of its digest, which stands
 * for it in logs and tables.
 */
enum keys_role keys_find(struct keys *keys, const char *key, size_t length, uint64_t *id);

#endif
