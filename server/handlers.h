/*
 * What answers each route; the table in routes.c names them.
 */
#ifndef SPIKELOOM_SERVER_HANDLERS_H
#define SPIKELOOM_SERVER_HANDLERS_H

#include "server/request.h"

/* handlers_infer.c: refuse by what the headers say; hand the body to an inference thread. */
void handlers_infer_begin(struct request *request);
bool handlers_synthesize(struct request *request);
bool handlers_reconstruct(struct request *request);
bool handlers_encode(struct request *request);
bool handlers_decode(struct request *request);
/* Hands a request with a body to the pool; false when it then belongs to an inference thread. */
bool handlers_submit(struct request *request, infer_function function);

/* handlers_models.c */
bool handlers_models(struct request *request);
bool handlers_model(struct request *request);

/* handlers_oip.c: begin finds the model that the path names. */
void handlers_oip_begin(struct request *request);
void handlers_oip_infer_begin(struct request *request);
bool handlers_oip_infer(struct request *request);
bool handlers_oip_statistics(struct request *request);
bool handlers_server(struct request *request);
bool handlers_oip_model(struct request *request);
bool handlers_oip_ready(struct request *request);

/* handlers_repository.c: all of it on the thread of reload.h. */
void handlers_repository_begin(struct request *request);
bool handlers_index(struct request *request);
bool handlers_load(struct request *request);
bool handlers_unload(struct request *request);

/* handlers_health.c */
bool handlers_live(struct request *request);
bool handlers_ready(struct request *request);
bool handlers_metrics(struct request *request);

/* handlers_page.c: documents inside the program. */
bool handlers_openapi(struct request *request);
bool handlers_page(struct request *request);
bool handlers_docs(struct request *request);
bool handlers_page_part(struct request *request);

#endif
