#include "api/latent.h"

#include "core/base/mem.h"

#include <string.h>

size_t latent_row_bytes(const struct latent *latent)
{
    return ((size_t)latent->num_units + 7) / 8;
}

enum status latent_init(struct latent *latent, uint32_t num_steps, uint32_t num_units,
                        struct error *error)
{
    *latent = (struct latent){.modality = ""};
    if (num_steps < 1 || num_steps > LATENT_MAX_STEPS || num_units < 1 ||
        num_units > LATENT_MAX_UNITS || (uint64_t)num_steps * num_units > LATENT_MAX_CELLS)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "A latent of %u steps and %u units is out of range.", num_steps,
                         num_units);
    latent->num_steps = num_steps;
    latent->num_units = num_units;
    latent->bitmap = mem_alloc(num_steps, latent_row_bytes(latent));
    return latent->bitmap ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
}

void latent_free(struct latent *latent)
{
    mem_free(latent->bitmap);
    *latent = (struct latent){.modality = ""};
}

bool latent_get(const struct latent *latent, uint32_t step, uint32_t unit)
{
    return latent->bitmap[step * latent_row_bytes(latent) + unit / 8] >> unit % 8 & 1;
}

void latent_set(struct latent *latent, uint32_t step, uint32_t unit)
{
    latent->bitmap[step * latent_row_bytes(latent) + unit / 8] |= (uint8_t)(1 << unit % 8);
}

static void latent_write_events(const struct latent *latent, struct writer *writer)
{
    writer_array(writer, "events");
    for (uint32_t step = 0; step < latent->num_steps; step++)
        for (uint32_t unit = 0; unit < latent->num_units; unit++)
            if (latent_get(latent, step, unit))
                writer_pair(writer, step, unit);
    writer_end_array(writer);
}

static void latent_write_counts(const struct latent *latent, struct writer *writer)
{
    writer_array(writer, "counts");
    for (uint32_t unit = 0; unit < latent->num_units; unit++) {
        uint32_t count = 0;
        for (uint32_t step = 0; step < latent->num_steps; step++)
            count += latent_get(latent, step, unit);
        writer_integer(writer, NULL, count);
    }
    writer_end_array(writer);
}

void latent_write(const struct latent *latent, enum query_encoding encoding, const char *key,
                  struct writer *writer)
{
    writer_object(writer, key);
    if (*latent->model)
        writer_string(writer, "model", latent->model);
    writer_string(writer, "modality", latent->modality);
    writer_integer(writer, "num_units", latent->num_units);
    writer_integer(writer, "num_steps", latent->num_steps);
    writer_number(writer, "dt_ms", latent->dt_ms);
    if (latent->has_seed)
        writer_integer(writer, "seed", latent->seed);
    if (latent->has_confidence)
        writer_number(writer, "confidence", latent->confidence);
    writer_string(writer, "encoding", encoding == QUERY_ENCODING_BITMAP ? "bitmap" : "aer");
    if (encoding == QUERY_ENCODING_BITMAP)
        writer_base64(writer, "bitmap", latent->bitmap,
                      latent->num_steps * latent_row_bytes(latent));
    else
        latent_write_events(latent, writer);
    latent_write_counts(latent, writer);
    writer_end_object(writer);
}
