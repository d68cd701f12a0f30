#include "server/http.h"

#include "core/base/digits.h"
#include "core/base/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A new field, its value still what it happens to be; NULL when there are too many. */
static struct http_header *http_reply_new_header(struct http_reply *reply, const char *name)
{
    if (reply->num_headers == HTTP_MAX_REPLY_HEADERS)
        return NULL;
    struct http_header *header = &reply->headers[reply->num_headers++];
    header->name = name;
    return header;
}

void http_reply_header(struct http_reply *reply, const char *name, const char *format, ...)
{
    struct http_header *header = http_reply_new_header(reply, name);
    if (!header)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(header->value, sizeof header->value, format, args);
    va_end(args);
}

void http_reply_number(struct http_reply *reply, const char *name, uint64_t value)
{
    char text[DIGITS_MAX + 1];
    text[DIGITS_MAX] = 0;
    http_reply_text(reply, name, digits_decimal(value, text + DIGITS_MAX));
}

void http_reply_text(struct http_reply *reply, const char *name, const char *text)
{
    struct http_header *header = http_reply_new_header(reply, name);
    if (!header)
        return;
    size_t length = strnlen(text, sizeof header->value - 1);
    memcpy(header->value, text, length);
    header->value[length] = 0;
}

void http_reply_add_to(struct http_reply *reply, const char *name, const char *member)
{
    for (int i = 0; i < reply->num_headers; i++) {
        struct http_header *header = &reply->headers[i];
        size_t length = strlen(header->value);
        if (strcmp(header->name, name) == 0) {
            snprintf(header->value + length, sizeof header->value - length, ", %s", member);
            return;
        }
    }
    http_reply_text(reply, name, member);
}

static void http_reply_drop_body(struct http_reply *reply)
{
    if (reply->body_owned)
        mem_free(reply->body);
    reply->body = NULL;
    reply->body_size = 0;
    reply->body_owned = false;
}

void http_reply_take(struct http_reply *reply, int code, const char *content_type, struct buf *body)
{
    http_reply_drop_body(reply);
    reply->code = code;
    reply->content_type = content_type;
    reply->body = buf_take(body, &reply->body_size);
    reply->body_owned = true;
}

void http_reply_static(struct http_reply *reply, int code, const char *content_type,
                       const void *body, size_t size)
{
    http_reply_drop_body(reply);
    reply->code = code;
    reply->content_type = content_type;
    reply->body = (void *)(uintptr_t)body;
    reply->body_size = size;
}

void http_reply_clear(struct http_reply *reply)
{
    http_reply_drop_body(reply);
    memset(reply, 0, offsetof(struct http_reply, headers));
}
