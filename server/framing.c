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

enum status framing_read(struct framing_field transfer_encoding,
                         struct framing_field content_length, struct framing *framing,
                         struct error *error)
{
    *framing = (struct framing){.has_body = transfer_encoding.count > 0};
    if (transfer_encoding.count && content_length.count)
        return error_set(error, STATUS_MALFORMED,
                         "Content-Length and Transfer-Encoding exclude each other.");
    if (transfer_encoding.count) {
        const char *coding = transfer_encoding.value ? transfer_encoding.value : "";
        if (transfer_encoding.count > 1 || strcasecmp(coding, "chunked") != 0)
            return error_set(error, STATUS_MALFORMED,
                             "The only Transfer-Encoding that is understood is chunked.");
    }
    if (content_length.count) {
        if (content_length.count > 1 || !framing_is_length(content_length.value))
            return error_set(error, STATUS_MALFORMED, "Content-Length is not one whole number.");
        framing->length = strtoull(content_length.value, NULL, 10);
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
