/*
 * Handwriting as tensors of a checkpoint, all of them optional; their shapes say how many there
 * are.
 */
#ifndef SPIKELOOM_MODELS_HANDWRITING_TENSORS_H
#define SPIKELOOM_MODELS_HANDWRITING_TENSORS_H

#include "models/network.h"
#include "models/safetensors.h"

/*
 * Fills network->handwriting from a file, after its layers; leaves it empty where the file has
 * nothing of it. BAD_CHECKPOINT for a type or shape that cannot be, NO_MEMORY; numbers are left to
 * network_validate.
 */
enum status handwriting_tensors_read(const struct safetensors *file, struct network *network,
                                     struct error *error);

/* Adds what there is; `calibration` and the network must live until the file is written. */
enum status handwriting_tensors_add(const struct network *network, double calibration[2],
                                    struct safetensors *file, struct error *error);

#endif
