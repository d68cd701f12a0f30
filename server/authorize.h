/*
 * Whether a request may ask what it asks: its API key (Authorization: Bearer KEY, RFC 6750) against
 * the audience of the route, and how often that key has asked.
 */
#ifndef SPIKELOOM_SERVER_AUTHORIZE_H
#define SPIKELOOM_SERVER_AUTHORIZE_H

#include "server/request.h"
#include "server/routes.h"

/*
 * The key in the value of an Authorization field, or what is wrong: UNAUTHENTICATED when it is NULL
 * or of another scheme, INVALID_ARGUMENT when there is more than one field (joined by commas).
 * `*key` points into the value.
 */
enum status authorize_read_key(const char *value, const char **key, struct error *error);

/*
 * Notes whose key it is in the request. UNAUTHENTICATED, FORBIDDEN, INVALID_ARGUMENT, RATE_LIMITED:
 * the fields that go with the answer (WWW-Authenticate, Retry-After) are in the reply then.
 */
enum status authorize(struct request *request, enum route_audience audience, struct error *error);

#endif
