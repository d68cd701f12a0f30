/*
 * The head of a request as libmicrohttpd holds it: its fields, and whether it can be trusted.
 * For http.c alone.
 */
#ifndef SPIKELOOM_SERVER_HTTP_HEAD_H
#define SPIKELOOM_SERVER_HTTP_HEAD_H

#include "server/framing.h"

struct MHD_Connection;

/* See http_header_value of http.h; `error` is set when a field is lost for want of memory alone. */
char *http_head_value(struct MHD_Connection *connection, const char *name, struct error *error);

/*
 * Reads how the request is framed. MALFORMED for anything that another parser, such as that of a
 * proxy in front, might read in another way.
 */
enum status http_head_check(struct MHD_Connection *connection, const char *version,
                            struct framing *framing, struct error *error);

/* Whether the client waits for leave to send the body. */
bool http_head_expects_continue(struct MHD_Connection *connection);

#endif
