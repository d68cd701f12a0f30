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

/*
 * Puts what the network is given, input [network_num_inputs], into request->input_png, where the
 * query asks for it and the reply can hold it (JSON): a picture as it is, sound with a column for
 * each frame and a row for each channel, low tones below, from the least value (black) to the
 * greatest. NO_MEMORY.
 */
enum status infer_draw_input(struct request *request, const real *input, struct error *error);

#endif
