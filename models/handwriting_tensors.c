#include "models/handwriting_tensors.h"

#include "core/base/mem.h"

#include <string.h>

static const char anchors_name[] = "handwriting.anchors";       /* F32 [anchors][units] */
static const char hands_name[] = "handwriting.hands";           /* U8 [anchors][hands][bytes] */
static const char confidence_name[] = "handwriting.confidence"; /* F64: slope, midpoint */

/* The length of a tensor's dimension, cut to what fits; shapes are checked against it later. */
static uint32_t length_of(const struct safetensors_tensor *tensor, int dim)
{
    return dim < tensor->num_dims && tensor->shape[dim] <= UINT32_MAX ? (uint32_t)tensor->shape[dim]
                                                                      : 0;
}

static enum status read_anchors(const struct safetensors *file,
                                const struct safetensors_tensor *tensor,
                                struct handwriting *handwriting, struct error *error)
{
    const void *bytes;
    handwriting->num_anchors = length_of(tensor, 0);
    if (!handwriting->num_anchors)
        return error_set(error, STATUS_BAD_CHECKPOINT, "There are no anchors in %s.", anchors_name);
    const uint64_t shape[] = {handwriting->num_anchors, handwriting->num_units};
    enum status status =
        safetensors_expect(file, anchors_name, SAFETENSORS_F32, 2, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    handwriting->anchors = mem_copy(bytes, tensor->size);
    return handwriting->anchors ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

static enum status read_hands(const struct safetensors *file,
                              const struct safetensors_tensor *tensor,
                              struct handwriting *handwriting, struct error *error)
{
    const void *bytes;
    uint32_t num_hands = length_of(tensor, 1);
    if (!num_hands)
        return error_set(error, STATUS_BAD_CHECKPOINT, "There is no handwriting in %s.",
                         hands_name);
    const uint64_t shape[] = {handwriting->num_anchors, num_hands,
                              handwriting_hand_size(handwriting)};
    enum status status =
        safetensors_expect(file, hands_name, SAFETENSORS_U8, 3, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    handwriting->hands = mem_copy(bytes, tensor->size);
    if (!handwriting->hands)
        return error_plain(error, STATUS_NO_MEMORY);
    handwriting->num_hands = num_hands;
    return STATUS_OK;
}

static enum status read_confidence(const struct safetensors *file, struct handwriting *handwriting,
                                   struct error *error)
{
    const void *bytes;
    double numbers[2];
    const uint64_t shape[] = {2};
    enum status status =
        safetensors_expect(file, confidence_name, SAFETENSORS_F64, 1, shape, &bytes, error);
    if (status != STATUS_OK)
        return status;
    memcpy(numbers, bytes, sizeof numbers);
    handwriting->slope = numbers[0];
    handwriting->midpoint = numbers[1];
    handwriting->calibrated = true;
    return STATUS_OK;
}

enum status handwriting_tensors_read(const struct safetensors *file, struct network *network,
                                     struct error *error)
{
    struct handwriting *handwriting = &network->handwriting;
    const struct safetensors_tensor *anchors = safetensors_find(file, anchors_name);
    const struct safetensors_tensor *hands = safetensors_find(file, hands_name);
    const struct safetensors_tensor *confidence = safetensors_find(file, confidence_name);
    if (!anchors && !hands && !confidence)
        return STATUS_OK;
    if (!anchors || network->latent_layer < 0 || network->latent_layer >= network->num_layers)
        return error_set(error, STATUS_BAD_CHECKPOINT, "There are no anchors in the file.");
    handwriting->num_units = network_num_latents(network);
    handwriting->num_steps = (uint32_t)network->num_steps;
    enum status status = read_anchors(file, anchors, handwriting, error);
    if (status == STATUS_OK && hands)
        status = read_hands(file, hands, handwriting, error);
    if (status == STATUS_OK && confidence)
        status = read_confidence(file, handwriting, error);
    return status;
}

enum status handwriting_tensors_add(const struct network *network, double calibration[2],
                                    struct safetensors *file, struct error *error)
{
    const struct handwriting *handwriting = &network->handwriting;
    const uint64_t anchors[] = {handwriting->num_anchors, handwriting->num_units};
    const uint64_t hands[] = {handwriting->num_anchors, handwriting->num_hands,
                              handwriting_hand_size(handwriting)};
    const uint64_t two[] = {2};
    if (!handwriting->num_anchors)
        return STATUS_OK;
    enum status status = safetensors_add(file, anchors_name, SAFETENSORS_F32, 2, anchors,
                                         handwriting->anchors, error);
    if (status == STATUS_OK && handwriting->num_hands)
        status =
            safetensors_add(file, hands_name, SAFETENSORS_U8, 3, hands, handwriting->hands, error);
    if (status == STATUS_OK && handwriting->calibrated) {
        calibration[0] = handwriting->slope;
        calibration[1] = handwriting->midpoint;
        status =
            safetensors_add(file, confidence_name, SAFETENSORS_F64, 1, two, calibration, error);
    }
    return status;
}
