/*
 * Which media type to answer with (RFC 9110, section 12.5.1), and entity tags (section 8.8.3).
 */
#ifndef SPIKELOOM_API_NEGOTIATE_H
#define SPIKELOOM_API_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NEGOTIATE_ETAG_SIZE = 40 };

/*
 * The index of the best of `offered` [count] (types without parameters, the server's favourite
 * first) under an Accept field; -1 when none is acceptable. The most specific range that matches a
 * type gives its weight; the highest weight wins, then the order of `offered`. NULL and "" accept
 * everything; elements that cannot be read are skipped.
 */
int negotiate_type(const char *accept, const char *const *offered, int count);

/* A strong entity tag of some content, quoted: half of its SHA-256. */
void negotiate_etag(const void *bytes, size_t size, char etag[NEGOTIATE_ETAG_SIZE]);

/* Whether an If-None-Match field lists `etag` (weak comparison) or is "*". NULL lists nothing. */
bool negotiate_etag_listed(const char *if_none_match, const char *etag);

#endif
