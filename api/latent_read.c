#include "api/latent.h"

#include "api/base64.h"
#include "api/json_input.h"
#include "core/base/digest.h"

#include <string.h>

/* A whole number of 0 .. most under `key`. */
static enum status latent_integer(const json_t *root, const char *key, uint64_t most,
                                  uint64_t *number, struct error *error)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_integer(value))
        return error_set(error, STATUS_MALFORMED, "The latent has no whole number named \"%s\".",
                         key);
    json_int_t integer = json_integer_value(value);
    if (integer < 0 || (uint64_t)integer > most)
        return error_set(error, STATUS_INVALID_ARGUMENT, "\"%s\" must be from 0 to %llu.", key,
                         (unsigned long long)most);
    *number = (uint64_t)integer;
    return STATUS_OK;
}

static enum status latent_read_shape(const json_t *root, struct latent *latent, struct error *error)
{
    uint64_t num_units = 0, num_steps = 0;
    enum status status = latent_integer(root, "num_units", LATENT_MAX_UNITS, &num_units, error);
    if (status == STATUS_OK)
        status = latent_integer(root, "num_steps", LATENT_MAX_STEPS, &num_steps, error);
    if (status == STATUS_OK)
        status = latent_init(latent, (uint32_t)num_steps, (uint32_t)num_units, error);
    return status;
}

static enum status latent_read_labels(const json_t *root, struct latent *latent,
                                      struct error *error)
{
    const json_t *model = json_object_get(root, "model");
    if (model) {
        const char *name = json_string_value(model);
        if (!name || !query_is_model_name(name))
            return error_set(error, STATUS_MALFORMED, "\"model\" is not a model's name.");
        strcpy(latent->model, name);
    }
    if (json_object_get(root, "seed")) {
        latent->has_seed = true;
        return latent_integer(root, "seed", DIGEST_MAX_SEED, &latent->seed, error);
    }
    return STATUS_OK;
}

static enum status latent_read_event(const json_t *event, size_t index, struct latent *latent,
                                     struct error *error)
{
    const json_t *step = json_array_get(event, 0);
    const json_t *unit = json_array_get(event, 1);
    if (json_array_size(event) != 2 || !json_is_integer(step) || !json_is_integer(unit))
        return error_set(error, STATUS_MALFORMED,
                         "Event %zu is not a pair of whole numbers [step, unit].", index);
    json_int_t row = json_integer_value(step);
    json_int_t column = json_integer_value(unit);
    if (row < 0 || row >= latent->num_steps || column < 0 || column >= latent->num_units)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Event %zu is at step %lld, unit %lld, outside of %u steps, %u units.",
                         index, (long long)row, (long long)column, latent->num_steps,
                         latent->num_units);
    if (latent_get(latent, (uint32_t)row, (uint32_t)column))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "Step %lld, unit %lld is there more than once.", (long long)row,
                         (long long)column);
    latent_set(latent, (uint32_t)row, (uint32_t)column);
    return STATUS_OK;
}

static enum status latent_read_events(const json_t *root, struct latent *latent,
                                      struct error *error)
{
    const json_t *events = json_object_get(root, "events");
    if (!json_is_array(events))
        return error_set(error, STATUS_MALFORMED, "The latent has no array named \"events\".");
    size_t index;
    const json_t *event;
    json_array_foreach(events, index, event)
    {
        enum status status = latent_read_event(event, index, latent, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status latent_read_bitmap(const json_t *root, struct latent *latent,
                                      struct error *error)
{
    const json_t *text = json_object_get(root, "bitmap");
    if (!json_is_string(text))
        return error_set(error, STATUS_MALFORMED, "The latent has no string named \"bitmap\".");
    size_t row_bytes = latent_row_bytes(latent);
    enum status status = base64_decode(json_string_value(text), json_string_length(text),
                                       latent->bitmap, latent->num_steps * row_bytes, error);
    if (status != STATUS_OK)
        return error_prefix(error, status, "bitmap: ");
    unsigned padding = latent->num_units % 8 ? 0xffu << latent->num_units % 8 & 0xffu : 0;
    for (uint32_t step = 0; step < latent->num_steps; step++)
        if (latent->bitmap[(step + 1) * row_bytes - 1] & padding)
            return error_set(error, STATUS_MALFORMED, "A padding bit of the bitmap is set.");
    return STATUS_OK;
}

static enum status latent_read_spikes(const json_t *root, struct latent *latent,
                                      struct error *error)
{
    const json_t *encoding = json_object_get(root, "encoding");
    const char *name = encoding ? json_string_value(encoding) : "aer";
    if (name && strcmp(name, "aer") == 0)
        return latent_read_events(root, latent, error);
    if (name && strcmp(name, "bitmap") == 0)
        return latent_read_bitmap(root, latent, error);
    return error_set(error, STATUS_INVALID_ARGUMENT, "\"encoding\" must be \"aer\" or \"bitmap\".");
}

enum status latent_read(const uint8_t *json, size_t size, struct latent *latent,
                        struct error *error)
{
    static const struct json_input_limits limits = {LATENT_MAX_BYTES, LATENT_MAX_DEPTH,
                                                    LATENT_MAX_BYTES / 2};
    json_t *root;
    *latent = (struct latent){.modality = ""};
    enum status status = json_input_parse(json, size, &limits, &root, error);
    if (status == STATUS_OK)
        status = latent_read_shape(root, latent, error);
    if (status == STATUS_OK)
        status = latent_read_labels(root, latent, error);
    if (status == STATUS_OK)
        status = latent_read_spikes(root, latent, error);
    json_decref(root);
    if (status != STATUS_OK)
        latent_free(latent);
    return status;
}
