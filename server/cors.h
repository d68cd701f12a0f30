/*
 * Cross-origin requests of browsers (the Fetch standard): refused unless the page's origin is on
 * the list, which is text, origins with commas in between.
 */
#ifndef SPIKELOOM_SERVER_CORS_H
#define SPIKELOOM_SERVER_CORS_H

#include "core/base/status.h"
#include "server/http.h"

/* INVALID_ARGUMENT unless each member is "http://HOST" or "https://HOST", perhaps with ":PORT". */
enum status cors_check_list(const char *list, struct error *error);

/* Whether the origin is on the list, letter for letter; NULL is not. */
bool cors_allows(const char *list, const char *origin);

/* Adds what lets the browser hand the answer to the page, if its origin is on the list. */
void cors_begin(struct http_exchange *exchange, const char *list);

/* Adds the answer to a preflight request, if it is one and cors_begin has let its origin in. */
void cors_preflight(struct http_exchange *exchange, const char *methods);

#endif
