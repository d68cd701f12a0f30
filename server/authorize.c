#include "server/authorize.h"

#include "core/base/mem.h"
#include "server/clock.h"

#include <string.h>
#include <strings.h>

#define AUTHORIZE_CHALLENGE "Bearer realm=\"spikeloom\""

enum status authorize_read_key(const char *value, const char **key, struct error *error)
{
    static const char scheme[] = "Bearer ";
    *key = NULL;
    if (value && strchr(value, ','))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "There is more than one Authorization in the request.");
    if (!value || strncasecmp(value, scheme, strlen(scheme)) != 0)
        return error_set(error, STATUS_UNAUTHENTICATED,
                         "An API key is needed: Authorization: Bearer KEY.");
    *key = value + strlen(scheme);
    *key += strspn(*key, " ");
    return STATUS_OK;
}

static enum status authorize_role(struct request *request, enum keys_role *role,
                                  struct error *error)
{
    const char *key;
    *role = KEYS_NOBODY;
    char *value = http_header_value(request->exchange, "Authorization");
    enum status status = authorize_read_key(value, &key, error);
    if (status == STATUS_OK) {
        *role = keys_find(request->service->keys, key, strlen(key), &request->key_id);
        if (*role == KEYS_NOBODY)
            status = error_set(error, STATUS_UNAUTHENTICATED, "This API key is not known here.");
    }
    if (status == STATUS_UNAUTHENTICATED)
        http_reply_header(&request->exchange->reply, "WWW-Authenticate", "%s%s",
                          AUTHORIZE_CHALLENGE, key ? ", error=\"invalid_token\"" : "");
    mem_free(value);
    request->has_key = status == STATUS_OK;
    return status;
}

static enum status authorize_rate(struct request *request, struct error *error)
{
    struct rate_limit *limit = request->service->rate_limit;
    int seconds;
    if (!limit || rate_limit_take(limit, request->key_id, clock_now_us(), &seconds))
        return STATUS_OK;
    http_reply_header(&request->exchange->reply, "Retry-After", "%d", seconds);
    return error_plain(error, STATUS_RATE_LIMITED);
}

enum status authorize(struct request *request, enum route_audience audience, struct error *error)
{
    struct keys *keys = request->service->keys;
    enum keys_role role;
    if (audience == ROUTE_FOR_ADMINS && keys_count(keys, KEYS_ADMIN) == 0)
        return error_set(error, STATUS_FORBIDDEN,
                         "This daemon runs without admin keys, so nobody may ask for this.");
    if (audience != ROUTE_FOR_ADMINS &&
        (audience != ROUTE_FOR_USERS || keys_count(keys, KEYS_USER) == 0))
        return STATUS_OK;
    enum status status = authorize_role(request, &role, error);
    if (status == STATUS_OK)
        status = authorize_rate(request, error);
    if (status != STATUS_OK || audience != ROUTE_FOR_ADMINS || role == KEYS_ADMIN)
        return status;
    http_reply_header(&request->exchange->reply, "WWW-Authenticate", "%s%s", AUTHORIZE_CHALLENGE,
                      ", error=\"insufficient_scope\"");
    return error_set(error, STATUS_FORBIDDEN, "This takes an admin's key.");
}
