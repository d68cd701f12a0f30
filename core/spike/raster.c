#include "core/spike/raster.h"

#include "core/base/mem.h"
#include "core/math/kernels.h"

#include <string.h>

static size_t raster_num_words(const struct raster *raster)
{
    return (size_t)raster->num_steps * raster->row_words;
}

static uint64_t *raster_words_at(const struct raster *raster, uint32_t step)
{
    return raster->words + (size_t)step * raster->row_words;
}

static enum status check_size(uint32_t num_steps, uint32_t num_units, struct error *error)
{
    if (num_steps <= RASTER_MAX_STEPS && num_units <= RASTER_MAX_UNITS)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "A raster holds at most %d steps of %d units, not %u of %u.", RASTER_MAX_STEPS,
                     RASTER_MAX_UNITS, num_steps, num_units);
}

enum status raster_init(struct raster *raster, uint32_t num_steps, uint32_t num_units,
                        struct error *error)
{
    *raster = (struct raster){0};
    if (check_size(num_steps, num_units, error) != STATUS_OK)
        return STATUS_INVALID_ARGUMENT;
    uint32_t row_words = (num_units + 63) / 64;
    uint64_t *words = mem_alloc((size_t)num_steps * row_words, sizeof *words);
    if (!words)
        return error_plain(error, STATUS_NO_MEMORY);
    *raster =
        (struct raster){num_steps, num_units, row_words, words, (size_t)num_steps * row_words};
    return STATUS_OK;
}

enum status raster_fit(struct raster *raster, uint32_t num_steps, uint32_t num_units,
                       struct error *error)
{
    size_t row_words = ((size_t)num_units + 63) / 64;
    if (check_size(num_steps, num_units, error) != STATUS_OK)
        return STATUS_INVALID_ARGUMENT;
    if (raster->words && num_steps * row_words <= raster->capacity) {
        raster->num_steps = num_steps;
        raster->num_units = num_units;
        raster->row_words = (uint32_t)row_words;
        raster_clear(raster);
        return STATUS_OK;
    }
    struct raster larger;
    enum status status = raster_init(&larger, num_steps, num_units, error);
    if (status != STATUS_OK)
        return status;
    raster_free(raster);
    *raster = larger;
    return STATUS_OK;
}

void raster_free(struct raster *raster)
{
    mem_free(raster->words);
    *raster = (struct raster){0};
}

void raster_clear(struct raster *raster)
{
    memset(raster->words, 0, raster_num_words(raster) * sizeof *raster->words);
}

void raster_set(struct raster *raster, uint32_t step, uint32_t unit)
{
    raster_words_at(raster, step)[unit / 64] |= UINT64_C(1) << (unit % 64);
}

bool raster_get(const struct raster *raster, uint32_t step, uint32_t unit)
{
    return raster_words_at(raster, step)[unit / 64] >> (unit % 64) & 1;
}

void raster_set_row(struct raster *raster, uint32_t step, const uint32_t *units, uint32_t count)
{
    memset(raster_words_at(raster, step), 0, raster->row_words * sizeof *raster->words);
    for (uint32_t i = 0; i < count; i++)
        raster_set(raster, step, units[i]);
}

uint32_t raster_row(const struct raster *raster, uint32_t step, uint32_t *units)
{
    return kernels_get()->list_bits(raster_words_at(raster, step), raster->num_units, units);
}

uint64_t raster_count(const struct raster *raster)
{
    uint64_t count = 0;
    for (size_t w = 0; w < raster_num_words(raster); w++)
        count += (uint64_t)__builtin_popcountll(raster->words[w]);
    return count;
}

void raster_unit_counts(const struct raster *raster, uint32_t num_steps, uint32_t *counts)
{
    uint32_t num_rows = num_steps < raster->num_steps ? num_steps : raster->num_steps;
    kernels_get()->count_bits(raster->words, raster->row_words, num_rows, raster->num_units,
                              counts);
}

static size_t raster_row_bytes(const struct raster *raster)
{
    return (raster->num_units + 7) / 8;
}

size_t raster_bitmap_size(const struct raster *raster)
{
    return raster->num_steps * raster_row_bytes(raster);
}

void raster_to_bitmap(const struct raster *raster, uint8_t *bitmap)
{
    size_t row_bytes = raster_row_bytes(raster);
    for (uint32_t step = 0; step < raster->num_steps; step++)
        for (size_t byte = 0; byte < row_bytes; byte++)
            bitmap[step * row_bytes + byte] =
                (uint8_t)(raster_words_at(raster, step)[byte / 8] >> (byte % 8 * 8));
}

enum status raster_from_bitmap(struct raster *raster, const uint8_t *bitmap, struct error *error)
{
    size_t row_bytes = raster_row_bytes(raster);
    uint32_t last_bits = raster->num_units % 8;
    raster_clear(raster);
    for (uint32_t step = 0; step < raster->num_steps; step++) {
        const uint8_t *row = bitmap + step * row_bytes;
        if (last_bits && row[row_bytes - 1] >> last_bits) {
            raster_clear(raster);
            return error_set(error, STATUS_MALFORMED,
                             "Row %u of the bitmap has a bit set beyond unit %u.", step,
                             raster->num_units - 1);
        }
        for (size_t byte = 0; byte < row_bytes; byte++)
            raster_words_at(raster, step)[byte / 8] |= (uint64_t)row[byte] << (byte % 8 * 8);
    }
    return STATUS_OK;
}
