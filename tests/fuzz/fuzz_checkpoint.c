/*
 * A checkpoint from memory. What loads is run, and its values are finite; it saves to what loads
 * as the same.
 */
#include "core/base/file.h"
#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "models/inference.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_models.h"

#include <limits.h>
#include <math.h>

enum { MAX_UNITS = 1 << 16 /* of what is run: more would only take longer */ };

static void run_spiking(const struct network *network, const real *input)
{
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    struct raster latent = {0}, output = {0};
    struct error error;
    enum status status =
        inference_encode(&inference, network, input, 1, 1, &latent, &stats, &error);
    if (status == STATUS_OK)
        status = inference_decode(&inference, network, &latent, &output, &stats, &error);
    FUZZ_PROMISE(status == STATUS_OK);
    for (uint32_t i = 0; i < inference.num_units; i++)
        FUZZ_PROMISE(!isnan(inference.v[i]));
    raster_free(&output);
    raster_free(&latent);
    inference_free(&inference);
}

static void run_analog(const struct network *network, const real *input)
{
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    struct inference_stats stats = {0};
    struct error error;
    uint32_t count = network_num_pixels(network);
    real *picture = mem_alloc(count, sizeof *picture);
    FUZZ_PROMISE(picture);
    if (inference_analog(&inference, network, input, picture, &stats, &error) == STATUS_OK)
        for (uint32_t i = 0; i < count; i++)
            FUZZ_PROMISE(picture[i] >= 0 && picture[i] <= 1);
    mem_free(picture);
    inference_free(&inference);
}

static void run(const struct network *network)
{
    uint32_t count = network_num_inputs(network), units = count;
    for (int i = 0; i < network->num_layers; i++)
        units += layer_num_outputs(&network->layers[i].shape);
    if (units > MAX_UNITS)
        return;
    real *input = mem_alloc(count, sizeof *input);
    FUZZ_PROMISE(input);
    for (uint32_t i = 0; i < count; i++)
        input[i] = (real)(i % 3) / 2;
    if (network_is_spiking(network))
        run_spiking(network, input);
    else
        run_analog(network, input);
    mem_free(input);
}

static void save_and_load(struct network *network)
{
    char path[PATH_MAX];
    struct error error;
    struct network *again = NULL;
    snprintf(path, sizeof path, "%s/again.safetensors", small_models_folder());
    FUZZ_PROMISE(checkpoint_save(path, network, &error) == STATUS_OK);
    FUZZ_PROMISE(checkpoint_load(path, &again, &error) == STATUS_OK);
    FUZZ_PROMISE(again->num_layers == network->num_layers && again->task == network->task);
    FUZZ_PROMISE(network_num_pixels(again) == network_num_pixels(network));
    network_release(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct network *network = NULL;
    struct error error;
    enum status status = checkpoint_parse(bytes, size, "fuzz", &network, &error);
    FUZZ_PROMISE(status == STATUS_OK || status == STATUS_BAD_CHECKPOINT);
    if (status == STATUS_OK) {
        run(network);
        save_and_load(network);
    }
    network_release(network);
    return 0;
}
