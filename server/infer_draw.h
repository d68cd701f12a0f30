/*
 * Output rasters to a PNG: one picture, or several side by side.
 */
#ifndef SPIKELOOM_SERVER_INFER_DRAW_H
#define SPIKELOOM_SERVER_INFER_DRAW_H

#include "server/request.h"

/* Whether the reply is an animation: asked for by the query or by Accept. */
bool infer_draw_is_animated(const struct request *request);

/*
 * Appends outputs [count >= 1], all of the same shape, in one row: as they are in the end, or
 * animated step by step. INVALID_ARGUMENT for an animation of too many pixels, NO_MEMORY.
 */
enum status infer_draw(struct request *request, const struct raster *outputs, int count,
                       struct buf *png, struct error *error);

#endif
