#include "bench/subject.h"

#include "bench/measure.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "models/front_end.h"
#include "train/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_PATH_SIZE = 512, SUBJECT_MAX_FILE = 1 << 22, SUBJECT_DIGITS = 10 };

struct network *subject_load(const char *name)
{
    char path[SUBJECT_PATH_SIZE];
    struct error error;
    struct network *network;
    snprintf(path, sizeof path, "%s/models/weights/%s.safetensors", SPIKELOOM_SOURCE_DIR, name);
    measure_expect(checkpoint_load(path, &network, &error), &error);
    return network;
}

void subject_read_sample(const char *name, struct buf *bytes)
{
    char path[SUBJECT_PATH_SIZE];
    struct error error;
    buf_init(bytes, SUBJECT_MAX_FILE);
    snprintf(path, sizeof path, "%s/tests/samples/%s", SPIKELOOM_SOURCE_DIR, name);
    measure_expect(file_read(path, bytes, &error), &error);
}

static void read_data(struct subject *subject, const char *data)
{
    uint32_t pixels = network_num_inputs(subject->network);
    struct image_set set;
    struct error error;
    measure_expect(image_set_load(data, DATASET_TEST, &set, &error), &error);
    if ((uint32_t)(set.width * set.height) != pixels || set.num_images < SUBJECT_NUM_INPUTS) {
        fprintf(stderr, "%s does not fit %s.\n", data, subject->network->name);
        exit(1);
    }
    for (size_t i = 0; i < SUBJECT_NUM_INPUTS * (size_t)pixels; i++)
        subject->inputs[i] = (real)set.pixels[i] / 255;
    image_set_free(&set);
}

/* moved [height][width] = pixels, `dx` to the right and `dy` down. */
static void move_picture(const float *pixels, int width, int height, int dx, int dy, real *moved)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int from_x = x - dx, from_y = y - dy;
            bool inside = from_x >= 0 && from_x < width && from_y >= 0 && from_y < height;
            moved[y * width + x] = inside ? (real)pixels[from_y * width + from_x] : 0;
        }
}

static void read_digits(struct subject *subject)
{
    const struct network *network = subject->network;
    int width = network->image_width, height = network->image_height;
    size_t pixels = network_num_inputs(network);
    float *digit = measure_alloc(pixels, sizeof *digit);
    for (int i = 0; i < SUBJECT_NUM_INPUTS; i++) {
        char name[] = "digit_0.png";
        struct error error;
        struct buf png;
        int move = i / SUBJECT_DIGITS;
        name[6] = (char)('0' + i % SUBJECT_DIGITS);
        subject_read_sample(name, &png);
        measure_expect(image_decode_png(png.bytes, png.size, IMAGE_POLARITY_KEEP, width, height,
                                        digit, &error),
                       &error);
        buf_free(&png);
        move_picture(digit, width, height, move % 5 - 2, move / 5 % 5 - 2,
                     subject->inputs + (size_t)i * pixels);
    }
    mem_free(digit);
}

static void read_speech(struct subject *subject)
{
    static const char *const voices[] = {"en-us", "en-gb-f2"};
    size_t count = network_num_inputs(subject->network);
    for (int i = 0; i < SUBJECT_NUM_INPUTS; i++) {
        char name[32];
        struct error error;
        struct buf wav;
        struct audio audio;
        real *input = subject->inputs + (size_t)i * count;
        if (i >= 2 * SUBJECT_DIGITS) {
            memcpy(input, input - 2 * SUBJECT_DIGITS * count, count * sizeof *input);
            continue;
        }
        snprintf(name, sizeof name, "%d_%s.wav", i % SUBJECT_DIGITS, voices[i / SUBJECT_DIGITS]);
        subject_read_sample(name, &wav);
        measure_expect(audio_decode(wav.bytes, wav.size, &audio_default_limits, &audio, &error),
                       &error);
        measure_expect(front_end_run(subject->network, &audio, input, &error), &error);
        audio_free(&audio);
        buf_free(&wav);
    }
}

void subject_open(struct subject *subject, const char *name, const char *data)
{
    subject->network = subject_load(name);
    subject->num_inputs = SUBJECT_NUM_INPUTS;
    subject->inputs = measure_alloc(
        SUBJECT_NUM_INPUTS * (size_t)network_num_inputs(subject->network), sizeof *subject->inputs);
    if (subject->network->task == NETWORK_SYNTHESIZE)
        read_speech(subject);
    else if (*data)
        read_data(subject, data);
    else
        read_digits(subject);
}

void subject_close(struct subject *subject)
{
    network_release(subject->network);
    mem_free(subject->inputs);
}

static void infer_analog(const struct network *network, const real *input,
                         struct inference *scratch, uint8_t *grey, struct inference_stats *stats)
{
    uint32_t pixels = network_num_pixels(network);
    real *picture = measure_alloc(pixels, sizeof *picture);
    struct error error;
    measure_expect(inference_analog(scratch, network, input, picture, stats, &error), &error);
    inference_grey_analog(picture, pixels, grey);
    mem_free(picture);
}

static void infer_spiking(const struct network *network, const real *input,
                          struct inference *scratch, uint8_t *grey, struct inference_stats *stats)
{
    struct raster latent, output;
    struct error error;
    measure_expect(
        inference_encode(scratch, network, input, 0, network->num_steps, &latent, stats, &error),
        &error);
    measure_expect(inference_decode(scratch, network, &latent, &output, stats, &error), &error);
    inference_grey(&output, output.num_steps, grey);
    raster_free(&latent);
    raster_free(&output);
}

void subject_infer(const struct subject *subject, int input, struct inference *scratch,
                   uint8_t *grey, struct inference_stats *stats)
{
    struct inference_stats unread = {0};
    const struct network *network = subject->network;
    const real *values = subject->inputs + (size_t)input * network_num_inputs(network);
    if (network_is_spiking(network))
        infer_spiking(network, values, scratch, grey, stats ? stats : &unread);
    else
        infer_analog(network, values, scratch, grey, stats ? stats : &unread);
}
