/*
 * The judge: a small classifier that tells which digit a picture shows, to score what networks
 * draw. It has no part in synthesis: the trainer alone knows it, and the daemon refuses its file.
 *
 * It is a chain of dense analog layers on a picture's pixels at 0..1: ReLU, and softmax at the end.
 */
#ifndef SPIKELOOM_TRAIN_JUDGE_H
#define SPIKELOOM_TRAIN_JUDGE_H

#include "core/base/digest.h"
#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"

enum {
    JUDGE_LAYERS = 3,
    JUDGE_SIDE = 28, /* of its pictures, in pixels */
    JUDGE_PIXELS = JUDGE_SIDE * JUDGE_SIDE,
    JUDGE_DIGITS = 10
};

struct judge {
    struct layer layers[JUDGE_LAYERS]; /* the last one's units are digits 0 .. 9 */
    char checksum[DIGEST_HEX_SIZE];    /* SHA-256 of its file, "" if not from a file */
    char *training_json;               /* how it was trained: a JSON object as text */
    char *scores_json;                 /* on the test split: a JSON object as text */
};

/* Units of the input and of each layer, as `spikeloom-train judge` trains them. */
extern const int judge_default_sizes[JUDGE_LAYERS + 1];

/* A judge of zero weights with these sizes; released by judge_free, also after a failure. */
enum status judge_init(struct judge *judge, const int sizes[JUDGE_LAYERS + 1], struct error *error);
void judge_free(struct judge *judge); /* allows a zeroed one */

/* Weights uniform in +- sqrt(6 / fan_in) (He et al., 2015), no biases. */
void judge_initialize(struct judge *judge, uint64_t seed);

/* Values of all units: the length of judge_read's scratch. */
uint32_t judge_num_units(const struct judge *judge);

/*
 * The digit that a picture [inputs] shows. *confidence, unless NULL, becomes the softmax
 * probability of that digit. scratch [judge_num_units].
 */
int judge_read(const struct judge *judge, const real *picture, real *scratch, double *confidence);

/* The digit that a class of this name is: "0" .. "9" or "zero" .. "nine"; -1 for any other. */
int judge_digit_of_name(const char *name);

/* How many images of a set of digits it reads as what they are. INVALID_ARGUMENT, NO_MEMORY. */
enum status judge_count_right(const struct judge *judge, const struct image_set *set,
                              uint32_t *num_right, struct error *error);

/*
 * A safetensors file: layers.N.weight and layers.N.bias in single precision, and a description
 * under CHECKPOINT_JUDGE_KEY. Errors of judge_load as checkpoint_load, of judge_save as
 * checkpoint_save. Saving sets the checksum. Released by judge_free, also after a failure.
 */
enum status judge_load(const char *path, struct judge *judge, struct error *error);
/* The same where `path` may be NULL: then *judge stays zeroed and *loaded is NULL, else judge. */
enum status judge_load_optional(const char *path, struct judge *judge, const struct judge **loaded,
                                struct error *error);
enum status judge_save(const char *path, struct judge *judge, struct error *error);

#endif
