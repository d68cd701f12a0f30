/* A latent as JSON: what is read can be written, and reads the same again. */
#include "api/latent.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_same(const struct latent *one, const struct latent *other)
{
    FUZZ_PROMISE(one->num_units == other->num_units && one->num_steps == other->num_steps);
    FUZZ_PROMISE(strcmp(one->model, other->model) == 0);
    FUZZ_PROMISE(one->seed == other->seed);
    FUZZ_PROMISE(memcmp(one->bitmap, other->bitmap, one->num_steps * latent_row_bytes(one)) == 0);
}

static void check_round_trip(const struct latent *latent, enum query_encoding encoding)
{
    struct latent again;
    struct error error;
    struct buf json;
    struct writer writer;
    buf_init(&json, 1 << 26);
    writer_init(&writer, &json);
    latent_write(latent, encoding, NULL, &writer);
    FUZZ_PROMISE(writer.status == STATUS_OK);
    if (json.size <= LATENT_MAX_BYTES) {
        FUZZ_PROMISE(latent_read(json.bytes, json.size, &again, &error) == STATUS_OK);
        check_same(latent, &again);
        latent_free(&again);
    }
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct latent latent = {0};
    struct error error;
    enum status status = latent_read(bytes, size, &latent, &error);
    FUZZ_PROMISE(status_http_code(status) < 500);
    if (status == STATUS_OK && (uint64_t)latent.num_steps * latent.num_units < 1 << 16) {
        check_round_trip(&latent, QUERY_ENCODING_AER);
        check_round_trip(&latent, QUERY_ENCODING_BITMAP);
    }
    latent_free(&latent);
    return 0;
}
