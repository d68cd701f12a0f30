/*
 * A log for machines: one JSON object a line, appended and flushed, so that an interrupted run
 * leaves whole lines.
 */
#ifndef SPIKELOOM_TRAIN_JSON_LOG_H
#define SPIKELOOM_TRAIN_JSON_LOG_H

#include "core/base/status.h"

#include <jansson.h>

struct json_log;

/* Opens `path` for appending; a NULL path gives a log that takes everything and keeps nothing. */
enum status json_log_open(const char *path, struct json_log **log, struct error *error);
void json_log_close(struct json_log *log); /* allows NULL */

/*
 * Writes one line: "time" (UTC, ISO 8601), "event", then the keys of `fields` (stolen, an object
 * or NULL). A failed write is reported once on standard error and does not stop the work.
 */
void json_log_event(struct json_log *log, const char *event, json_t *fields);

#endif
