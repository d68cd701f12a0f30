#include "tests/fuzz/small_models.h"

#include "core/base/mem.h"
#include "models/checkpoint.h"
#include "tests/unit/small_network.h"

#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANCHORS = 2, HANDS = 3, SEED = 1 };

static char folder[64];

/* Anchors of one spike a step in a unit each, and hands of a single spike. */
static void add_handwriting(struct handwriting *handwriting)
{
    *handwriting = (struct handwriting){.num_anchors = ANCHORS,
                                        .num_units = SMALL_LATENTS,
                                        .num_steps = SMALL_STEPS,
                                        .num_hands = HANDS,
                                        .calibrated = true,
                                        .slope = 10,
                                        .midpoint = 0.1};
    size_t size = handwriting_hand_size(handwriting);
    handwriting->anchors = mem_alloc(ANCHORS * SMALL_LATENTS, sizeof(float));
    handwriting->hands = mem_alloc(ANCHORS * HANDS, size);
    assert_non_null(handwriting->anchors);
    assert_non_null(handwriting->hands);
    for (size_t i = 0; i < ANCHORS; i++)
        handwriting->anchors[i * SMALL_LATENTS + i] = SMALL_STEPS;
    for (size_t i = 0; i < ANCHORS * HANDS; i++)
        handwriting->hands[i * size] = (uint8_t)(1u << i);
}

struct network *small_models_audiocoder(void)
{
    struct network *network = small_audiocoder(SEED);
    add_handwriting(&network->handwriting);
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

static void write_model(const char *where, const char *name, struct network *network)
{
    char path[PATH_MAX];
    struct error error;
    snprintf(path, sizeof path, "%s/%s.safetensors", where, name);
    if (checkpoint_save(path, network, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.detail);
        exit(1);
    }
    network_release(network);
}

void small_models_write(const char *where)
{
    static const struct neuron_params relu = {NEURON_RELU, RESET_SUBTRACT, 1, 0.01, 0.001};
    static const struct neuron_params sigmoid = {NEURON_SIGMOID, RESET_SUBTRACT, 1, 0.01, 0.001};
    write_model(where, "speech", small_models_audiocoder());
    write_model(where, "see", small_autoencoder(ENCODING_RATE, &small_neuron, SEED));
    struct network *analog = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    analog->num_steps = 1;
    small_add(analog, small_dense(SMALL_PIXELS, SMALL_LATENTS), &relu, -0.15, 0.2, SEED);
    small_add(analog, small_dense(SMALL_LATENTS, SMALL_PIXELS), &sigmoid, -0.2, 0.4, SEED);
    write_model(where, "analog", analog);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *small_models_folder(void)
{
    if (*folder)
        return folder;
    snprintf(folder, sizeof folder, "%s/spikeloom-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(1);
    }
    atexit(remove_folder);
    return folder;
}
