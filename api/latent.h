/*
 * The spike latent on the wire: what /v1/encode answers and /v1/decode takes. Address events
 * ({"events": [[step, unit], ...]}) or a bitmap; in memory always a bitmap.
 */
#ifndef SPIKELOOM_API_LATENT_H
#define SPIKELOOM_API_LATENT_H

#include "api/query.h"
#include "api/writer.h"

enum {
    LATENT_MAX_BYTES = 4 * 1024 * 1024, /* of the JSON text */
    LATENT_MAX_DEPTH = 8,               /* of its nesting */
    LATENT_MAX_STEPS = 4096,
    LATENT_MAX_UNITS = 1 << 20,
    LATENT_MAX_CELLS = 1 << 24 /* steps times units */
};

struct latent {
    char model[QUERY_MODEL_SIZE]; /* "" when the JSON does not say */
    const char *modality;         /* static: "audio", "image" or "" */
    uint32_t num_units;
    uint32_t num_steps;
    double dt_ms;
    bool has_seed;
    uint64_t seed;
    bool has_confidence; /* of a model of speech that is calibrated */
    double confidence;   /* 0 .. 1 */
    uint8_t *bitmap;     /* [num_steps][latent_row_bytes], least significant bit first */
};

/* Bytes of one step: num_units bits, padded. */
size_t latent_row_bytes(const struct latent *latent);

/* Allocates an empty bitmap for the shape. INVALID_ARGUMENT past the limits, NO_MEMORY. */
enum status latent_init(struct latent *latent, uint32_t num_steps, uint32_t num_units,
                        struct error *error);
void latent_free(struct latent *latent);

bool latent_get(const struct latent *latent, uint32_t step, uint32_t unit);
void latent_set(struct latent *latent, uint32_t step, uint32_t unit);

/* Writes the object as a value of `writer`: events in order of step, then unit; counts per unit. */
void latent_write(const struct latent *latent, enum query_encoding encoding, const char *key,
                  struct writer *writer);

/*
 * Reads what latent_write wrote, or what a program made: events in any order; "encoding" may be
 * left out; "counts" and unknown members are not looked at. The caller releases `latent` with
 * latent_free. MALFORMED: no JSON, nested too deeply, a member missing or of the wrong type, a
 * damaged bitmap. INVALID_ARGUMENT: a number out of its range, an event that is there twice.
 * TOO_LARGE, NO_MEMORY.
 */
enum status latent_read(const uint8_t *json, size_t size, struct latent *latent,
                        struct error *error);

#endif
