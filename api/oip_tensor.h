/*
 * The data of an input tensor: a JSON array, flat or nested, or bytes behind the JSON.
 */
#ifndef SPIKELOOM_API_OIP_TENSOR_H
#define SPIKELOOM_API_OIP_TENSOR_H

#include "api/oip_request.h"

#include <jansson.h>

/*
 * Reads `input`, an object with "shape", "datatype", "parameters" and "data", against what the
 * model takes, into the batch and the values or files of `request`. `binary` is all that follows
 * the JSON: it is the tensor's, to the last byte, or empty. Errors as oip_request_read.
 */
enum status oip_tensor_read(const json_t *input, struct oip_file binary,
                            const struct oip_tensor *tensor, struct oip_request *request,
                            struct error *error);

#endif
