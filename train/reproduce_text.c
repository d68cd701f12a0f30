#include "train/reproduce_text.h"

#include "core/base/file.h"
#include "train/reproduce.h"

#include <stdarg.h>
#include <stdio.h>

void reproduce_text_init(struct reproduce_text *text)
{
    *text = (struct reproduce_text){.status = STATUS_OK};
    buf_init(&text->buf, REPRODUCE_MAX_TEXT);
}

void reproduce_text_free(struct reproduce_text *text)
{
    buf_free(&text->buf);
}

void reproduce_text_add(struct reproduce_text *text, const char *string)
{
    if (text->status == STATUS_OK)
        text->status = buf_append_string(&text->buf, string);
}

void reproduce_text_printf(struct reproduce_text *text, const char *format, ...)
{
    char piece[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof piece)
        reproduce_text_add(text, piece);
    else if (text->status == STATUS_OK)
        text->status = STATUS_TOO_LARGE;
}

enum status reproduce_text_save(const struct reproduce_text *text, const char *path,
                                struct error *error)
{
    return text->status == STATUS_OK ? file_replace(path, text->buf.bytes, text->buf.size, error)
                                     : error_plain(error, text->status);
}
