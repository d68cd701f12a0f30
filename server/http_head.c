#include "server/http_head.h"

#include "core/base/buf.h"
#include "core/base/mem.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

enum { HTTP_HEAD_MAX_FIELD = 8 * 1024 /* of a field that the application asks for */ };

/* What is found of one field: a text of the head itself, or several that are joined. */
struct http_head_search {
    const char *name;
    const char *first;
    struct buf joined;
    int count;
    bool lost; /* for want of memory */
};

static void http_head_add(struct http_head_search *search, const char *value)
{
    enum status status = STATUS_OK;
    if (search->count == 1 && search->first)
        status = buf_append_string(&search->joined, search->first);
    if (search->count++ == 0) {
        search->first = strlen(value) <= HTTP_HEAD_MAX_FIELD ? value : NULL;
        return;
    }
    if (status == STATUS_OK)
        status = buf_append_string(&search->joined, ", ");
    if (status == STATUS_OK)
        status = buf_append_string(&search->joined, value);
    search->lost |= status == STATUS_NO_MEMORY;
}

static enum MHD_Result http_head_collect(void *context, enum MHD_ValueKind kind, const char *name,
                                         const char *value)
{
    (void)kind;
    struct http_head_search *search = context;
    if (strcasecmp(name, search->name) == 0)
        http_head_add(search, value ? value : "");
    return MHD_YES;
}

static struct http_head_search http_head_search(const char *name)
{
    struct http_head_search search = {.name = name};
    buf_init(&search.joined, HTTP_HEAD_MAX_FIELD);
    return search;
}

static const char *http_head_found(const struct http_head_search *search)
{
    return search->count > 1 ? (const char *)search->joined.bytes : search->first;
}

static struct framing_field http_head_field(const struct http_head_search *search)
{
    return (struct framing_field){http_head_found(search), search->count};
}

char *http_head_value(struct MHD_Connection *connection, const char *name, struct error *error)
{
    struct http_head_search search = http_head_search(name);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, http_head_collect, &search);
    const char *found = http_head_found(&search);
    char *value = found ? mem_copy_string(found) : NULL;
    if (search.lost || (found && !value))
        error_plain(error, STATUS_NO_MEMORY);
    buf_free(&search.joined);
    return value;
}

/* What decides where a request ends and whom it is for, gathered in one pass over its head. */
struct http_head_survey {
    bool clean;
    struct http_head_search host, coding, length;
};

static enum MHD_Result http_head_look(void *context, enum MHD_ValueKind kind, const char *name,
                                      size_t name_size, const char *value, size_t value_size)
{
    struct http_head_survey *survey = context;
    survey->clean =
        strlen(name) == name_size && framing_is_clean(name, value, value ? value_size : 0);
    http_head_collect(&survey->host, kind, name, value);
    http_head_collect(&survey->coding, kind, name, value);
    http_head_collect(&survey->length, kind, name, value);
    return survey->clean ? MHD_YES : MHD_NO;
}

static enum status http_head_judge(const struct http_head_survey *survey, const char *version,
                                   struct framing *framing, struct error *error)
{
    if (!survey->clean)
        return error_set(error, STATUS_MALFORMED,
                         "A header field has a name that is no token, or a control character.");
    if (survey->host.lost || survey->coding.lost || survey->length.lost)
        return error_plain(error, STATUS_NO_MEMORY);
    struct framing_head head = {
        .host = http_head_field(&survey->host),
        .transfer_encoding = http_head_field(&survey->coding),
        .content_length = http_head_field(&survey->length),
        .http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0,
    };
    return framing_read(&head, framing, error);
}

enum status http_head_check(struct MHD_Connection *connection, const char *version,
                            struct framing *framing, struct error *error)
{
    struct http_head_survey survey = {true, http_head_search("Host"),
                                      http_head_search("Transfer-Encoding"),
                                      http_head_search("Content-Length")};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, http_head_look, &survey);
    enum status status = http_head_judge(&survey, version, framing, error);
    buf_free(&survey.host.joined);
    buf_free(&survey.coding.joined);
    buf_free(&survey.length.joined);
    return status;
}

bool http_head_expects_continue(struct MHD_Connection *connection)
{
    const char *expect =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);
    return expect && strcasecmp(expect, "100-continue") == 0;
}
