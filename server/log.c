#include "server/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LOG_SECOND_SIZE = 32 };

const char *const log_level_names[] = {"debug", "info", "warn", "error", NULL};

static _Atomic int log_lowest = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&log_lowest, (int)level);
}

bool log_wants(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&log_lowest, memory_order_relaxed);
}

/* The date and the second, which many lines share. */
static const char *log_second(time_t second)
{
    static _Thread_local char text[LOG_SECOND_SIZE];
    static _Thread_local time_t of;
    struct tm utc;
    if (text[0] == 0 || second != of) {
        gmtime_r(&second, &utc);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
        of = second;
    }
    return text;
}

static void log_time(struct writer *writer)
{
    struct timespec now;
    char text[LOG_SECOND_SIZE + 8];
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(text, sizeof text, "%s.%03uZ", log_second(now.tv_sec),
             (unsigned)(now.tv_nsec / 1000000) % 1000);
    writer_string(writer, "time", text);
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    buf_borrow(&line->buf, line->storage, sizeof line->storage);
    writer_init(&line->writer, &line->buf);
    line->wanted = log_wants(level);
    writer_object(&line->writer, NULL);
    log_time(&line->writer);
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
