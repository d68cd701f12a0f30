/*
 * The daemon's log: one JSON object a line on standard error, written whole. Never the content of
 * an upload.
 */
#ifndef SPIKELOOM_SERVER_LOG_H
#define SPIKELOOM_SERVER_LOG_H

#include "api/writer.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum { LOG_MAX_LINE = 4096 };

/* One line being built: log_begin, calls of writer_* on `writer`, log_end. */
struct log_line {
    struct writer writer;
    struct buf buf;
    uint8_t storage[LOG_MAX_LINE + 1]; /* of `buf` */
    bool wanted;                       /* its level is logged */
};

/* "debug", "info", "warn", "error", NULL: for the flag. */
extern const char *const log_level_names[];

/* Lines below `level` are dropped. The default is LOG_INFO. Not while other threads log. */
void log_set_level(enum log_level level);

/* Whether lines of this level are written: asked first by who has much to tell. */
bool log_wants(enum log_level level);

/* Writes "time" (UTC, milliseconds), "level" and "event". */
void log_begin(struct log_line *line, enum log_level level, const char *event);
/* Writes the line and releases it; a line that could not be built is left out. */
void log_end(struct log_line *line);

/* A line with a "message" alone. */
void log_message(enum log_level level, const char *event, const char *message);

#endif
