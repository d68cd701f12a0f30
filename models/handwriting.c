#include "models/handwriting.h"

#include "core/base/mem.h"

#include <math.h>

void handwriting_free(struct handwriting *handwriting)
{
    mem_free(handwriting->anchors);
    mem_free(handwriting->hands);
    *handwriting = (struct handwriting){0};
}

size_t handwriting_hand_size(const struct handwriting *handwriting)
{
    return (size_t)handwriting->num_steps * ((handwriting->num_units + 7) / 8);
}

static enum status validate_anchors(const struct handwriting *handwriting, struct error *error)
{
    for (uint32_t anchor = 0; anchor < handwriting->num_anchors; anchor++) {
        const float *spikes = handwriting->anchors + (size_t)anchor * handwriting->num_units;
        bool empty = true;
        for (uint32_t unit = 0; unit < handwriting->num_units; unit++) {
            if (!(spikes[unit] >= 0 && spikes[unit] <= (float)handwriting->num_steps))
                return error_set(error, STATUS_INVALID_ARGUMENT,
                                 "Anchor %u has a unit whose spikes are not 0 to %u.", anchor,
                                 handwriting->num_steps);
            empty = empty && spikes[unit] == 0;
        }
        if (empty)
            return error_set(error, STATUS_INVALID_ARGUMENT, "Anchor %u has no spikes.", anchor);
    }
    return STATUS_OK;
}

static enum status validate_hands(const struct handwriting *handwriting, struct error *error)
{
    size_t row_bytes = (handwriting->num_units + 7) / 8;
    size_t num_rows =
        (size_t)handwriting->num_anchors * handwriting->num_hands * handwriting->num_steps;
    unsigned beyond = handwriting->num_units % 8 ? 0xffu << handwriting->num_units % 8 : 0;
    for (size_t row = 0; row < num_rows; row++)
        if (handwriting->hands[row * row_bytes + row_bytes - 1] & beyond)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "A handwriting has spikes of units that are not there.");
    return STATUS_OK;
}

enum status handwriting_validate(const struct handwriting *handwriting, struct error *error)
{
    if (handwriting->num_anchors > HANDWRITING_MAX_ANCHORS ||
        handwriting->num_hands > HANDWRITING_MAX_HANDS)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A network has at most %d anchors of %d handwritings.",
                         HANDWRITING_MAX_ANCHORS, HANDWRITING_MAX_HANDS);
    if (!handwriting->num_anchors && (handwriting->num_hands || handwriting->calibrated))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Handwriting and confidence need anchors.");
    if (handwriting->calibrated && !(isfinite(handwriting->slope) && handwriting->slope > 0 &&
                                     isfinite(handwriting->midpoint)))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The confidence's slope must be above 0 and its midpoint a number.");
    enum status status = validate_anchors(handwriting, error);
    return status == STATUS_OK ? validate_hands(handwriting, error) : status;
}

/* |counts - share anchor| / |share anchor| */
static double distance_to(const float *anchor, double share, const uint32_t *counts,
                          uint32_t num_units)
{
    double apart = 0, length = 0;
    for (uint32_t unit = 0; unit < num_units; unit++) {
        double expected = share * (double)anchor[unit];
        double difference = counts[unit] - expected;
        apart += difference * difference;
        length += expected * expected;
    }
    return sqrt(apart / length);
}

enum status handwriting_distances(const struct handwriting *handwriting,
                                  const struct raster *latent, double *distances,
                                  struct error *error)
{
    uint32_t num_units = handwriting->num_units;
    double share = (double)latent->num_steps / handwriting->num_steps;
    uint32_t *counts = mem_alloc(num_units, sizeof *counts);
    if (!counts)
        return error_plain(error, STATUS_NO_MEMORY);
    raster_unit_counts(latent, latent->num_steps, counts);
    for (uint32_t anchor = 0; anchor < handwriting->num_anchors; anchor++)
        distances[anchor] = distance_to(handwriting->anchors + (size_t)anchor * num_units, share,
                                        counts, num_units);
    mem_free(counts);
    return STATUS_OK;
}

struct handwriting_place handwriting_place(const struct handwriting *handwriting,
                                           const double *distances)
{
    struct handwriting_place place = {.distance = INFINITY};
    double second = INFINITY;
    for (uint32_t anchor = 0; anchor < handwriting->num_anchors; anchor++) {
        if (distances[anchor] < place.distance) {
            second = place.distance;
            place.distance = distances[anchor];
            place.nearest = anchor;
        } else if (distances[anchor] < second) {
            second = distances[anchor];
        }
    }
    place.margin = fmin(second, 1) - place.distance;
    return place;
}

enum status handwriting_locate(const struct handwriting *handwriting, const struct raster *latent,
                               struct handwriting_place *place, struct error *error)
{
    double distances[HANDWRITING_MAX_ANCHORS];
    enum status status = handwriting_distances(handwriting, latent, distances, error);
    if (status == STATUS_OK)
        *place = handwriting_place(handwriting, distances);
    return status;
}

double handwriting_confidence(const struct handwriting *handwriting,
                              const struct handwriting_place *place)
{
    double confidence = 1 / (1 + exp(handwriting->slope * (handwriting->midpoint - place->margin)));
    /* so that what is compared is what is told, whatever the last digits of exp() */
    return round(confidence * 10000) / 10000;
}

enum status handwriting_steer(const struct handwriting *handwriting,
                              const struct handwriting_place *place, uint64_t style,
                              struct raster *latent, struct error *error)
{
    if (style == 0)
        return STATUS_OK;
    if (!handwriting->num_hands)
        return error_set(error, STATUS_INVALID_ARGUMENT, "There is no handwriting but style 0.");
    if (place->distance >= 1)
        return STATUS_OK;
    size_t hand = (size_t)place->nearest * handwriting->num_hands +
                  (size_t)((style - 1) % handwriting->num_hands);
    return raster_from_bitmap(
        latent, handwriting->hands + hand * handwriting_hand_size(handwriting), error);
}
