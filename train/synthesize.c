#include "train/commands.h"

#include "core/base/file.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "train/drawing.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const size_t synthesize_file_cap = (size_t)64 << 20;

/* Audio file to a recording. */
static enum status read_recording(const char *path, struct audio *audio, struct error *error)
{
    struct buf bytes;
    buf_init(&bytes, synthesize_file_cap);
    enum status status = file_read(path, &bytes, error);
    if (status == STATUS_OK) {
        status = audio_decode(bytes.bytes, bytes.size, &audio_default_limits, audio, error);
        if (status != STATUS_OK)
            error_prefix(error, status, "%s: ", path);
    }
    buf_free(&bytes);
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
                                   struct drawing *drawing, struct error *error)
{
    const struct network *network = drawing->network;
    struct utterance utterance = {0};
    char out[PATH_MAX];
    struct buf png;
    buf_init(&png, 1 << 20);
    enum status status = picture_path(options->out, path, out, error);
    if (status == STATUS_OK)
        status = read_recording(path, &utterance.audio, error);
    if (status == STATUS_OK &&
        (status = drawing_of_utterance(drawing, &utterance, options->seed, error)) != STATUS_OK)
        error_prefix(error, status, "%s: ", path);
    if (status == STATUS_OK)
        status = image_encode_png(drawing->grey, network->image_width, network->image_height, 1,
                                  &png, error);
    if (status == STATUS_OK)
        status = file_replace(out, png.bytes, png.size, error);
    if (status == STATUS_OK)
        printf("%s -> %s\n", path, out);
    audio_free(&utterance.audio);
    buf_free(&png);
    return status;
}

enum status command_synthesize(const struct options *options, struct error *error)
{
    struct network *network = NULL;
    struct drawing drawing = {0};
    enum status status = checkpoint_load(options->model, &network, error);
    if (status == STATUS_OK && network->task != NETWORK_SYNTHESIZE)
        status =
            error_set(error, STATUS_INVALID_ARGUMENT, "%s does not take speech.", options->model);
    if (status == STATUS_OK)
        status = file_make_folder(options->out, error);
    if (status == STATUS_OK)
        status = drawing_init(&drawing, network, error);
    for (int i = 0; i < options->num_inputs && status == STATUS_OK; i++)
        status = synthesize_file(options, options->inputs[i], &drawing, error);
    drawing_free(&drawing);
    network_release(network);
    return status;
}
