/*
 * A raster: which unit spiked at which step, one bit each, rows [step][unit].
 */
#ifndef SPIKELOOM_CORE_SPIKE_RASTER_H
#define SPIKELOOM_CORE_SPIKE_RASTER_H

#include "core/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RASTER_MAX_STEPS = 4096, RASTER_MAX_UNITS = 1 << 20 };

struct raster {
    uint32_t num_steps;
    uint32_t num_units;
    uint32_t row_words; /* 64-bit words a row; bits past num_units are 0 */
    uint64_t *words;    /* [num_steps][row_words], least significant bit first */
    size_t capacity;    /* words that the memory holds */
};

/* An empty raster, released by raster_free. INVALID_ARGUMENT past the limits, NO_MEMORY. */
enum status raster_init(struct raster *raster, uint32_t num_steps, uint32_t num_units,
                        struct error *error);
void raster_free(struct raster *raster);

/*
 * The same for a raster that begins zeroed or has been in use: where its memory is large enough,
 * it is used again. When it fails the raster is left as it was.
 */
enum status raster_fit(struct raster *raster, uint32_t num_steps, uint32_t num_units,
                       struct error *error);

/* No spikes; the shape stays. */
void raster_clear(struct raster *raster);

void raster_set(struct raster *raster, uint32_t step, uint32_t unit);
bool raster_get(const struct raster *raster, uint32_t step, uint32_t unit);

/* Sets the spikes of one step from a list of units, replacing what the row held. */
void raster_set_row(struct raster *raster, uint32_t step, const uint32_t *units, uint32_t count);

/* Writes the units that spiked at `step` in ascending order to units [num_units]; their number. */
uint32_t raster_row(const struct raster *raster, uint32_t step, uint32_t *units);

/* Spikes of all steps below num_steps; spikes per unit, counts [num_units]. */
uint64_t raster_count(const struct raster *raster);
void raster_unit_counts(const struct raster *raster, uint32_t num_steps, uint32_t *counts);

/*
 * The wire form: rows padded to bytes, least significant bit first. raster_bitmap_size bytes.
 * raster_from_bitmap: MALFORMED when a padding bit is set.
 */
size_t raster_bitmap_size(const struct raster *raster);
void raster_to_bitmap(const struct raster *raster, uint8_t *bitmap);
enum status raster_from_bitmap(struct raster *raster, const uint8_t *bitmap, struct error *error);

#endif
