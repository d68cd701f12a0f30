/*
 * Requests of the Open Inference Protocol, JSON and binary. The first byte picks the model and
 * whether there is a header, the next two are the header's value, the rest is the body.
 */
#include "api/oip_request.h"
#include "tests/fuzz/fuzz.h"

#include <math.h>

enum { HEAD = 3, VALUES = 12 };

static const struct oip_model models[] = {
    {"see",
     "fuzz",
     {"image", OIP_FP32, 3, {-1, 4, 3}},
     2,
     {{"image", OIP_FP32, 3, {-1, 4, 3}}, {"latent", OIP_UINT8, 3, {-1, -1, 4}}}},
    {"hear", "fuzz", {"audio", OIP_BYTES, 1, {-1}}, 1, {{"image", OIP_FP32, 3, {-1, 4, 3}}}},
};

static void check_request(const struct oip_request *request)
{
    FUZZ_PROMISE(request->batch >= 1 && request->batch <= OIP_REQUEST_MAX_BATCH);
    FUZZ_PROMISE(!request->values != !request->files);
    for (uint32_t i = 0; request->values && i < request->batch * VALUES; i++)
        FUZZ_PROMISE(request->values[i] >= 0 && request->values[i] <= 1);
    unsigned sum = 0;
    for (uint32_t i = 0; request->files && i < request->batch; i++)
        for (size_t k = 0; k < request->files[i].size; k++)
            sum += request->files[i].bytes[k];
    FUZZ_PROMISE(sum < UINT32_MAX);
    for (int i = 0; i < request->num_wanted; i++)
        FUZZ_PROMISE(request->wanted[i].index >= 0 && request->wanted[i].index < OIP_MAX_OUTPUTS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct oip_request request = {0};
    struct error error;
    char header[16];
    size_t json_size;
    if (size < HEAD)
        return 0;
    snprintf(header, sizeof header, "%d", bytes[1] << 8 | bytes[2]);
    const struct oip_model *model = &models[bytes[0] / 2 % 2];
    const uint8_t *body = bytes + HEAD;
    size -= HEAD;
    enum status status =
        oip_request_json_size(bytes[0] % 2 ? header : NULL, size, &json_size, &error);
    if (status != STATUS_OK)
        return 0;
    FUZZ_PROMISE(json_size <= size);
    FUZZ_PROMISE(oip_request_peek_timeout(body, json_size) >= 0);
    status = oip_request_read(body, size, json_size, model, ~0u, &request, &error);
    FUZZ_PROMISE(status_http_code(status) < 500);
    if (status == STATUS_OK)
        check_request(&request);
    oip_request_free(&request);
    return 0;
}
