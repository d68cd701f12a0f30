/*
 * What is measured: a shipped model with inputs to it, and one inference of it. Pictures come from
 * a data set's test split where there is one, else from the ten digits of tests/samples, moved by
 * up to two pixels; speech comes from the recordings of tests/samples.
 */
#ifndef SPIKELOOM_BENCH_SUBJECT_H
#define SPIKELOOM_BENCH_SUBJECT_H

#include "core/base/buf.h"
#include "core/media/audio.h"
#include "models/inference.h"

enum { SUBJECT_NUM_INPUTS = 256 };

struct subject {
    struct network *network;
    int num_inputs;
    real *inputs; /* [num_inputs][network_num_inputs] */
};

/*
 * The model NAME of the source tree with SUBJECT_NUM_INPUTS inputs. `data` is KIND:DIR of
 * train/dataset.h for a model of pictures, "" for the samples. Failures end the program.
 */
void subject_open(struct subject *subject, const char *name, const char *data);
void subject_close(struct subject *subject);

/* The checkpoint NAME of the source tree. */
struct network *subject_load(const char *name);

/* A file of tests/samples. */
void subject_read_sample(const char *name, struct buf *bytes);

/* One input to one picture, as bytes of grey [network_num_pixels]. stats may be NULL. */
void subject_infer(const struct subject *subject, int input, struct inference *scratch,
                   uint8_t *grey, struct inference_stats *stats);

#endif
