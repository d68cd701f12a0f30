#include "server/http_head.h"

#include "core/base/buf.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

enum { HTTP_HEAD_MAX_FIELD = 8 * 1024 /* of a field that the application asks for */ };

struct http_head_search {
    const char *name;
    struct buf found;
    int count;
    bool lost; /* for want of memory */
};

static enum MHD_Result http_head_collect(void *context, enum MHD_ValueKind kind, const char *name,
                                         const char *value)
{
    (void)kind;
    struct http_head_search *search = context;
    if (strcasecmp(name, search->name) != 0)
        return MHD_YES;
    enum status status = STATUS_OK;
    if (search->count++)
        status = buf_append_string(&search->found, ", ");
    if (status == STATUS_OK)
        status = buf_append_string(&search->found, value ? value : "");
    search->lost |= status == STATUS_NO_MEMORY;
    return MHD_YES;
}

static struct http_head_search http_head_search(struct MHD_Connection *connection, const char *name)
{
    struct http_head_search search = {.name = name};
    buf_init(&search.found, HTTP_HEAD_MAX_FIELD);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, http_head_collect, &search);
    return search;
}

static struct framing_field http_head_field(const struct http_head_search *search)
{
    return (struct framing_field){(const char *)search->found.bytes, search->count};
}

char *http_head_value(struct MHD_Connection *connection, const char *name, struct error *error)
{
    struct http_head_search search = http_head_search(connection, name);
    size_t size;
    if (search.lost)
        error_plain(error, STATUS_NO_MEMORY);
    return (char *)buf_take(&search.found, &size);
}

static enum MHD_Result http_head_find_unclean(void *context, enum MHD_ValueKind kind,
                                              const char *name, size_t name_size, const char *value,
                                              size_t value_size)
{
    (void)kind;
    bool *clean = context;
    *clean = strlen(name) == name_size && framing_is_clean(name, value, value ? value_size : 0);
    return *clean ? MHD_YES : MHD_NO;
}

enum status http_head_check(struct MHD_Connection *connection, const char *version,
                            struct framing *framing, struct error *error)
{
    bool clean = true;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, http_head_find_unclean, &clean);
    if (!clean)
        return error_set(error, STATUS_MALFORMED,
                         "A header field has a name that is no token, or a control character.");
    struct http_head_search host = http_head_search(connection, "Host");
    struct http_head_search coding = http_head_search(connection, "Transfer-Encoding");
    struct http_head_search length = http_head_search(connection, "Content-Length");
    struct framing_head head = {
        .host = http_head_field(&host),
        .transfer_encoding = http_head_field(&coding),
        .content_length = http_head_field(&length),
        .http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0,
    };
    bool lost = host.lost || coding.lost || length.lost;
    enum status status =
        lost ? error_plain(error, STATUS_NO_MEMORY) : framing_read(&head, framing, error);
    buf_free(&host.found);
    buf_free(&coding.found);
    buf_free(&length.found);
    return status;
}

bool http_head_expects_continue(struct MHD_Connection *connection)
{
    const char *expect =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
    return expect && strcasecmp(expect, "100-continue") == 0;
}
