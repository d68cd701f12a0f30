/*
 * The shapes of an answer: a problem, a representation with an entity tag, JSON and plain text of
 * the moment.
 */
#ifndef SPIKELOOM_SERVER_REPLY_H
#define SPIKELOOM_SERVER_REPLY_H

#include "server/request.h"

/*
 * Answers with the problem and notes it in the request; 503 gets Retry-After. Below /v2 it has the
 * form of the Open Inference Protocol.
 */
void reply_problem(struct request *request, const struct error *error);

/* The same with the status's own sentence. */
void reply_status(struct request *request, enum status status);

/*
 * Answers 200 with the bytes of `body`, which are taken, under an entity tag; or, when the client
 * has them already (If-None-Match), 304 to GET and 412 to POST.
 */
void reply_representation(struct request *request, const char *content_type, struct buf *body);

/* The same with bytes that outlive the server and have their entity tag already. */
void reply_document(struct request *request, const char *content_type, const char *etag,
                    const void *bytes, size_t size);

/*
 * A representation in JSON, or the problem when it could not be `written`. The buffer is released.
 */
void reply_json_representation(struct request *request, enum status written, struct buf *json);

/*
 * Answers with JSON that is not to be cached, or with the problem when it could not be `written`.
 * The buffer is released.
 */
void reply_json(struct request *request, int code, enum status written, struct buf *json);

/* Answers with `text` (static) as plain text that is not to be cached. */
void reply_text(struct request *request, int code, const char *text);

#endif
