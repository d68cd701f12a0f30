#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status file_error(struct error *error, const char *path, const char *what)
{
    return error_set(error, STATUS_IO, "%s: %s failed: %s.", path, what, strerror(errno));
}

static enum status file_read_open(int descriptor, const char *path, mode_t forbidden,
                                  struct buf *out, struct error *error)
{
    struct stat facts;
    if (fstat(descriptor, &facts))
        return file_error(error, path, "looking at it");
    if (!S_ISREG(facts.st_mode))
        return error_set(error, STATUS_IO, "%s: not a regular file.", path);
    if (facts.st_mode & forbidden)
        return error_set(
            error, STATUS_IO,
            "%s: it holds secrets that others may get at; chmod g-w,o-rwx protects it.", path);
    enum status status = buf_reserve(out, out->size + (size_t)facts.st_size);
    uint8_t chunk[16384];
    while (status == STATUS_OK) {
        ssize_t size = read(descriptor, chunk, sizeof chunk);
        if (size == 0)
            return STATUS_OK;
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return file_error(error, path, "reading");
        status = buf_append(out, chunk, (size_t)size);
    }
    return error_set(error, status, "%s: %s", path, status_sentence(status));
}

static enum status file_read_unless(const char *path, mode_t forbidden, struct buf *out,
                                    struct error *error)
{
    /* a pipe that nobody writes to must not be waited for */
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return error_set(error, STATUS_NOT_FOUND, "%s: there is no such file.", path);
    if (descriptor < 0)
        return file_error(error, path, "opening");
    enum status status = file_read_open(descriptor, path, forbidden, out, error);
    close(descriptor);
    return status;
}

enum status file_read(const char *path, struct buf *out, struct error *error)
{
    return file_read_unless(path, 0, out, error);
}

enum status file_read_secret(const char *path, struct buf *out, struct error *error)
{
    return file_read_unless(path, S_IWGRP | S_IRWXO, out, error);
}

static enum status file_write_synced(int descriptor, const char *path, const uint8_t *bytes,
                                     size_t size, struct error *error)
{
    while (size) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return file_error(error, path, "writing");
        bytes += written;
        size -= (size_t)written;
    }
    if (fsync(descriptor))
        return file_error(error, path, "syncing");
    return STATUS_OK;
}

/* The rename itself must survive a crash, so the folder is synced as well. */
static enum status file_sync_folder(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (slash == path)
        snprintf(folder, sizeof folder, "/");
    else if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)length, path);
    else
        snprintf(folder, sizeof folder, ".");
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return file_error(error, folder, "opening");
    int failed = fsync(descriptor) && errno != EINVAL;
    enum status status = failed ? file_error(error, folder, "syncing") : STATUS_OK;
    close(descriptor);
    return status;
}

enum status file_replace(const char *path, const void *bytes, size_t size, struct error *error)
{
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return error_set(error, STATUS_IO, "%s: the name is too long.", path);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return file_error(error, path, "creating");
    enum status status = file_write_synced(descriptor, path, bytes, size, error);
    if (close(descriptor) && status == STATUS_OK)
        status = file_error(error, path, "closing");
    if (status == STATUS_OK && rename(temporary, path))
        status = file_error(error, path, "renaming to");
    if (status != STATUS_OK) {
        unlink(temporary);
        return status;
    }
    return file_sync_folder(path, error);
}

enum status file_make_folder(const char *path, struct error *error)
{
    struct stat facts;
    if (mkdir(path, 0777) == 0 ||
        (errno == EEXIST && stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)))
        return STATUS_OK;
    if (errno == EEXIST || errno == ENOTDIR)
        return error_set(error, STATUS_IO, "%s: not a folder.", path);
    return error_set(error, STATUS_IO, "%s: %s.", path, strerror(errno));
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}
