#include "server/handlers.h"

#include "server/assets.h"
#include "server/reply.h"

/* What a page may load: its own parts, pictures and sounds that it made itself. */
static const char handlers_page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

static bool handlers_answer_asset(struct request *request, const struct asset *asset)
{
    reply_document(request, asset->type, asset->etag, asset->begin, assets_size(asset));
    return true;
}

static bool handlers_answer_page(struct request *request, const char *name)
{
    struct http_reply *reply = &request->exchange->reply;
    http_reply_text(reply, "Content-Security-Policy", handlers_page_policy);
    http_reply_text(reply, "Referrer-Policy", "no-referrer");
    return handlers_answer_asset(request, assets_find(name));
}

bool handlers_openapi(struct request *request)
{
    return handlers_answer_asset(request, assets_find("/openapi.json"));
}

bool handlers_page(struct request *request)
{
    return handlers_answer_page(request, "/");
}

bool handlers_docs(struct request *request)
{
    return handlers_answer_page(request, "/docs");
}

bool handlers_page_part(struct request *request)
{
    const struct asset *asset = assets_find(request->names.model);
    struct error error;
    if (asset)
        return handlers_answer_asset(request, asset);
    error_set(&error, STATUS_NOT_FOUND, "The page has no part named '%s'.", request->names.model);
    reply_problem(request, &error);
    return true;
}
