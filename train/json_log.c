#include "train/json_log.h"

#include "core/base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct json_log {
    char *path;    /* NULL: keeps nothing */
    int file;      /* open exactly when there is a path */
    bool reported; /* a failure */
};

static void json_log_report(struct json_log *log, const char *reason)
{
    if (!log->reported)
        fprintf(stderr, "%s: cannot write the log: %s\n", log->path, reason);
    log->reported = true;
}

static bool json_log_write(struct json_log *log, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(log->file, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            json_log_report(log, written < 0 ? strerror(errno) : "nothing was written");
            return false;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* A run that was killed, or a full disk, may have left half a line. */
static void json_log_end_line(struct json_log *log)
{
    char last;
    off_t size = lseek(log->file, 0, SEEK_END);
    if (size > 0 && pread(log->file, &last, 1, size - 1) == 1 && last != '\n')
        json_log_write(log, "\n", 1);
}

enum status json_log_open(const char *path, struct json_log **log, struct error *error)
{
    enum status status = STATUS_OK;
    *log = NULL;
    struct json_log *opened = mem_alloc(1, sizeof *opened);
    if (!opened)
        return error_plain(error, STATUS_NO_MEMORY);
    opened->file = -1;
    if (path) {
        opened->path = mem_copy_string(path);
        opened->file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        if (!opened->path)
            status = error_plain(error, STATUS_NO_MEMORY);
        else if (opened->file < 0)
            status = error_set(error, STATUS_IO, "%s: %s", path, strerror(errno));
        else
            json_log_end_line(opened);
    }
    if (status == STATUS_OK)
        *log = opened;
    else
        json_log_close(opened);
    return status;
}

void json_log_close(struct json_log *log)
{
    if (!log)
        return;
    if (log->file >= 0 && close(log->file) != 0)
        json_log_report(log, strerror(errno));
    mem_free(log->path);
    mem_free(log);
}

static json_t *json_log_time(void)
{
    char text[40];
    struct timespec now;
    struct tm date;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &date);
    snprintf(text + length, sizeof text - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
    return json_string(text);
}

/* The event as an object of its own; NULL when memory is out. */
static json_t *json_log_object(const char *event, json_t *fields)
{
    json_t *object = json_object();
    if (json_object_set_new(object, "time", json_log_time()) == 0 &&
        json_object_set_new(object, "event", json_string(event)) == 0 &&
        (!fields || json_object_update_missing(object, fields) == 0))
        return object;
    json_decref(object);
    return NULL;
}

/* Writes the line with its end in one go, so that it is whole or missing. */
static void json_log_write_object(struct json_log *log, const json_t *object)
{
    size_t size = json_dumpb(object, NULL, 0, JSON_COMPACT);
    char *line = size > 0 ? mem_alloc(size + 1, 1) : NULL;
    if (line && json_dumpb(object, line, size, JSON_COMPACT) == size) {
        line[size] = '\n';
        if (!json_log_write(log, line, size + 1))
            json_log_end_line(log);
    } else {
        json_log_report(log, status_sentence(STATUS_NO_MEMORY));
    }
    mem_free(line);
}

void json_log_event(struct json_log *log, const char *event, json_t *fields)
{
    if (log->path) {
        json_t *object = json_log_object(event, fields);
        if (object)
            json_log_write_object(log, object);
        else
            json_log_report(log, "the fields are no object, or memory is out");
        json_decref(object);
    }
    json_decref(fields);
}
