#include "server/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

const char *const log_level_names[] = {"debug", "info", "warn", "error", NULL};

static _Atomic int log_lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&log_lowest, (int)level);
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    struct timespec now;
    struct tm utc;
    char date[32], time[48];
    buf_borrow(&line->buf, line->storage, sizeof line->storage);
    writer_init(&line->writer, &line->buf);
    line->wanted = (int)level >= atomic_load(&log_lowest);
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(time, sizeof time, "%s.%03dZ", date, (int)(now.tv_nsec / 1000000));
    writer_object(&line->writer, NULL);
    writer_string(&line->writer, "time", time);
    writer_string(&line->writer, "level", log_level_names[level]);
    writer_string(&line->writer, "event", event);
}

void log_end(struct log_line *line)
{
    writer_end_object(&line->writer);
    bool whole = line->writer.status == STATUS_OK && buf_append(&line->buf, "\n", 1) == STATUS_OK;
    if (whole && line->wanted) {
        /* one call, so that lines of several threads do not mix; there is nowhere to complain */
        ssize_t written = write(STDERR_FILENO, line->buf.bytes, line->buf.size);
        (void)written;
    }
}

void log_message(enum log_level level, const char *event, const char *message)
{
    struct log_line line;
    log_begin(&line, level, event);
    writer_string(&line.writer, "message", message);
    log_end(&line);
}
