#include "train/commands.h"

#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "models/front_end.h"
#include "models/inference.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const size_t synthesize_file_cap = (size_t)64 << 20;

/* Audio file to the network's input. */
static enum status hear_file(const char *path, const struct network *network, real *input,
                             struct error *error)
{
    struct buf bytes;
    struct audio audio = {0};
    buf_init(&bytes, synthesize_file_cap);
    enum status status = file_read(path, &bytes, error);
    if (status == STATUS_OK) {
        status = audio_decode(bytes.bytes, bytes.size, &audio_default_limits, &audio, error);
        if (status == STATUS_OK)
            status = front_end_run(network, &audio, input, error);
        if (status != STATUS_OK)
            error_prefix(error, status, "%s: ", path);
    }
    audio_free(&audio);
    buf_free(&bytes);
    return status;
}

/* Input to a PNG. */
static enum status draw(const struct network *network, struct inference *inference,
                        const real *input, uint64_t seed, struct buf *png, struct error *error)
{
    struct raster latent = {0}, output = {0};
    struct inference_stats stats = {0};
    uint8_t *grey = mem_alloc(network_num_pixels(network), 1);
    enum status status = grey ? inference_encode(inference, network, input, seed,
                                                 network->num_steps, &latent, &stats, error)
                              : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = inference_decode(inference, network, &latent, &output, &stats, error);
    if (status == STATUS_OK) {
        inference_grey(&output, output.num_steps, grey);
        status = image_encode_png(grey, network->image_width, network->image_height, 1, png, error);
    }
    raster_free(&latent);
    raster_free(&output);
    mem_free(grey);
    return status;
}

/* folder/STEM.png for a path .../STEM.wav */
static enum status picture_path(const char *folder, const char *path, char out[PATH_MAX],
                                struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    int stem = (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base));
    int length = snprintf(out, PATH_MAX, "%s/%.*s.png", folder, stem, base);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", path);
}

static enum status synthesize_file(const struct options *options, const char *path,
                                   const struct network *network, struct inference *inference,
                                   real *input, struct error *error)
{
    char out[PATH_MAX];
    struct buf png;
    buf_init(&png, 1 << 20);
    enum status status = picture_path(options->out, path, out, error);
    if (status == STATUS_OK)
        status = hear_file(path, network, input, error);
    if (status == STATUS_OK)
        status = draw(network, inference, input, options->seed, &png, error);
    if (status == STATUS_OK)
        status = file_replace(out, png.bytes, png.size, error);
    if (status == STATUS_OK)
        printf("%s -> %s\n", path, out);
    buf_free(&png);
    return status;
}

enum status command_synthesize(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
    real *input = NULL;
    enum status status = checkpoint_load(options->model, &network, error);
    if (status == STATUS_OK && network->task != NETWORK_SYNTHESIZE)
        status =
            error_set(error, STATUS_INVALID_ARGUMENT, "%s does not take speech.", options->model);
    if (status == STATUS_OK)
        status = file_make_folder(options->out, error);
    if (status == STATUS_OK && !(input = mem_alloc(network_num_inputs(network), sizeof *input)))
        status = error_plain(error, STATUS_NO_MEMORY);
    for (int i = 0; i < options->num_inputs && status == STATUS_OK; i++)
        status = synthesize_file(options, options->inputs[i], network, &inference, input, error);
    mem_free(input);
    inference_free(&inference);
    network_release(network);
    return status;
}
