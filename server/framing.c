#include "server/framing.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FRAMING_MAX_DIGITS = 18 };

static bool framing_is_length(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > 0 && length <= FRAMING_MAX_DIGITS && strspn(text, "0123456789") == length;
}

bool framing_is_clean(const char *name, const char *value, size_t size)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t length = strlen(name);
    if (length == 0 || strspn(name, token) != length)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static enum status framing_read_coding(const struct framing_head *head, struct error *error)
{
    const char *coding = head->transfer_encoding.value ? head->transfer_encoding.value : "";
    if (head->http_1_0)
        return error_set(error, STATUS_MALFORMED, "HTTP/1.0 has no Transfer-Encoding.");
    if (head->content_length.count)
        return error_set(error, STATUS_MALFORMED,
                         "Content-Length and Transfer-Encoding exclude each other.");
    if (head->transfer_encoding.count > 1 || strcasecmp(coding, "chunked") != 0)
        return error_set(error, STATUS_MALFORMED,
                         "The only Transfer-Encoding that is understood is chunked.");
    return STATUS_OK;
}

enum status framing_read(const struct framing_head *head, struct framing *framing,
                         struct error *error)
{
    *framing = (struct framing){.has_body = head->transfer_encoding.count > 0};
    if (head->host.count > 1 || (head->host.count == 0 && !head->http_1_0))
        return error_set(error, STATUS_MALFORMED, "The request must name its Host once.");
    if (head->transfer_encoding.count)
        return framing_read_coding(head, error);
    if (head->content_length.count) {
        const char *length = head->content_length.value;
        if (head->content_length.count > 1 || !framing_is_length(length))
            return error_set(error, STATUS_MALFORMED, "Content-Length is not one whole number.");
        framing->length = strtoull(length, NULL, 10);
        framing->has_body = framing->length > 0;
    }
    return STATUS_OK;
}

void framing_split_target(char *target, const char **path, const char **query)
{
    static const char root[] = "/";
    char *mark = strchr(target, '?');
    if (mark)
        *mark = 0;
    *query = mark ? mark + 1 : "";
    *path = target;
    if (strncasecmp(target, "http://", 7) == 0) { /* the absolute form, which proxies send */
        char *slash = strchr(target + 7, '/');
        *path = slash ? slash : root;
    }
}
