#include "server/keys.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/base/mem.h"

#include <pthread.h>
#include <string.h>

enum { KEYS_MAX_FILE = 1024 * 1024 };

#define KEYS_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

struct keys_entry {
    uint8_t digest[DIGEST_SIZE];
    enum keys_role role;
};

struct keys_ring {
    size_t counts[KEYS_NUM_ROLES];
    size_t count;
    struct keys_entry entries[KEYS_MAX_COUNT];
};

struct keys {
    const char *paths[KEYS_NUM_ROLES];
    pthread_rwlock_t lock;
    struct keys_ring *ring;
};

/* Looks at every entry whatever it finds, so that the time tells nothing. */
static const struct keys_entry *keys_search(const struct keys_ring *ring,
                                            const uint8_t digest[DIGEST_SIZE])
{
    const struct keys_entry *found = NULL;
    for (size_t i = 0; i < ring->count; i++)
        if (digest_equal(ring->entries[i].digest, digest))
            found = &ring->entries[i];
    return found;
}

static enum status keys_add(struct keys_ring *ring, const char *key, size_t length,
                            enum keys_role role, struct error *error)
{
    struct keys_entry entry = {.role = role};
    if (length < KEYS_MIN_LENGTH || length > KEYS_MAX_LENGTH)
        return error_set(error, STATUS_INVALID_ARGUMENT, "a key has %d to %d characters.",
                         KEYS_MIN_LENGTH, KEYS_MAX_LENGTH);
    for (size_t i = 0; i < length; i++)
        if (!key[i] || !strchr(KEYS_CHARACTERS, key[i]))
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "a key has letters, digits and '-._~+/=' only.");
    digest_sha256(key, length, entry.digest);
    if (keys_search(ring, entry.digest))
        return error_set(error, STATUS_INVALID_ARGUMENT, "this key stands elsewhere already.");
    if (ring->count == KEYS_MAX_COUNT)
        return error_set(error, STATUS_INVALID_ARGUMENT, "there are more than %d keys.",
                         KEYS_MAX_COUNT);
    ring->entries[ring->count++] = entry;
    ring->counts[role]++;
    return STATUS_OK;
}

static enum status keys_read_lines(struct keys_ring *ring, const char *text, size_t size,
                                   enum keys_role role, struct error *error)
{
    const char *end = text + size;
    for (int number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        size_t kept = length && text[length - 1] == '\r' ? length - 1 : length;
        if (kept && *text != '#') {
            enum status status = keys_add(ring, text, kept, role, error);
            if (status != STATUS_OK)
                return error_prefix(error, status, "line %d: ", number);
        }
        text += length + 1;
    }
    if (ring->counts[role] == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "there is no key in it.");
    return STATUS_OK;
}

static enum status keys_read_file(struct keys_ring *ring, const char *path, enum keys_role role,
                                  struct error *error)
{
    struct buf text;
    buf_init(&text, KEYS_MAX_FILE);
    enum status status = file_read_secret(path, &text, error);
    if (status == STATUS_OK) {
        status = keys_read_lines(ring, (const char *)text.bytes, text.size, role, error);
        if (status != STATUS_OK)
            error_prefix(error, status, "%s: ", path);
    }
    if (text.size)
        explicit_bzero(text.bytes, text.size);
    buf_free(&text);
    return status;
}

static enum status keys_read(const struct keys *keys, struct keys_ring **out, struct error *error)
{
    enum status status = STATUS_OK;
    struct keys_ring *ring = mem_alloc(1, sizeof *ring);
    *out = NULL;
    if (!ring)
        return error_plain(error, STATUS_NO_MEMORY);
    for (enum keys_role role = KEYS_USER; role < KEYS_NUM_ROLES && status == STATUS_OK; role++)
        if (keys->paths[role])
            status = keys_read_file(ring, keys->paths[role], role, error);
    if (status == STATUS_OK)
        *out = ring;
    else
        mem_free(ring);
    return status;
}

enum status keys_open(const char *user_path, const char *admin_path, struct keys **out,
                      struct error *error)
{
    *out = NULL;
    struct keys *keys = mem_alloc(1, sizeof *keys);
    if (!keys)
        return error_plain(error, STATUS_NO_MEMORY);
    keys->paths[KEYS_USER] = user_path;
    keys->paths[KEYS_ADMIN] = admin_path;
    pthread_rwlock_init(&keys->lock, NULL);
    enum status status = keys_read(keys, &keys->ring, error);
    if (status == STATUS_OK)
        *out = keys;
    else
        keys_close(keys);
    return status;
}

void keys_close(struct keys *keys)
{
    if (!keys)
        return;
    pthread_rwlock_destroy(&keys->lock);
    mem_free(keys->ring);
    mem_free(keys);
}

enum status keys_reload(struct keys *keys, struct error *error)
{
    struct keys_ring *fresh;
    enum status status = keys_read(keys, &fresh, error);
    if (status != STATUS_OK)
        return status;
    pthread_rwlock_wrlock(&keys->lock);
    struct keys_ring *old = keys->ring;
    keys->ring = fresh;
    pthread_rwlock_unlock(&keys->lock);
    mem_free(old);
    return STATUS_OK;
}

size_t keys_count(struct keys *keys, enum keys_role role)
{
    pthread_rwlock_rdlock(&keys->lock);
    size_t count = keys->ring->counts[role];
    pthread_rwlock_unlock(&keys->lock);
    return count;
}

enum keys_role keys_find(struct keys *keys, const char *key, size_t length, uint64_t *id)
{
    uint8_t digest[DIGEST_SIZE];
    digest_sha256(key, length, digest);
    pthread_rwlock_rdlock(&keys->lock);
    const struct keys_entry *entry = keys_search(keys->ring, digest);
    enum keys_role role = entry ? entry->role : KEYS_NOBODY;
    pthread_rwlock_unlock(&keys->lock);
    *id = 0;
    for (int i = 0; i < 8; i++)
        *id = *id << 8 | digest[i];
    return role;
}
