#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status_entry {
    const char *name;
    int http_code;
    const char *sentence;
};

static const struct status_entry status_table[STATUS_COUNT] = {
#define STATUS_ROW(name, http, sentence) {#name, http, sentence},
    STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_entry *status_entry(enum status status)
{
    if ((unsigned)status >= STATUS_COUNT)
        status = STATUS_INTERNAL;
    return &status_table[status];
}

const char *status_name(enum status status)
{
    return status_entry(status)->name;
}

int status_http_code(enum status status)
{
    return status_entry(status)->http_code;
}

const char *status_sentence(enum status status)
{
    return status_entry(status)->sentence;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        error->status = status;
        vsnprintf(error->detail, sizeof error->detail, format, args);
        va_end(args);
    }
    return status;
}

enum status error_prefix(struct error *error, enum status status, const char *format, ...)
{
    if (error) {
        char prefix[ERROR_DETAIL_SIZE], detail[ERROR_DETAIL_SIZE];
        va_list args;
        va_start(args, format);
        vsnprintf(prefix, sizeof prefix, format, args);
        va_end(args);
        memcpy(detail, error->detail, sizeof detail);
        error->status = status;
        size_t used = strnlen(prefix, sizeof prefix - 1);
        memcpy(error->detail, prefix, used);
        size_t rest = strnlen(detail, sizeof detail - 1);
        if (rest > sizeof error->detail - 1 - used)
            rest = sizeof error->detail - 1 - used;
        memcpy(error->detail + used, detail, rest);
        error->detail[used + rest] = '\0';
    }
    return status;
}

enum status error_plain(struct error *error, enum status status)
{
    return error_set(error, status, "%s", status_sentence(status));
}
