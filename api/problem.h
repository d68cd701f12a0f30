/*
 * Errors on the wire: application/problem+json (RFC 9457). `code` is an extension member: the
 * outcome's name in lower case, for programs to tell two kinds of 400 apart.
 */
#ifndef SPIKELOOM_API_PROBLEM_H
#define SPIKELOOM_API_PROBLEM_H

#include "core/base/buf.h"
#include "core/base/status.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* Appends {"type","title","status","code","detail"}. NO_MEMORY, TOO_LARGE (the buffer's cap). */
enum status problem_write(const struct error *error, struct buf *out);

/* Appends {"error": detail}, what clients of the Open Inference Protocol read. Likewise. */
enum status problem_write_flat(const struct error *error, struct buf *out);

/* The standard phrase of an HTTP status code, such as "Not Found"; "Error" for an unknown one. */
const char *problem_phrase(int code);

#endif
