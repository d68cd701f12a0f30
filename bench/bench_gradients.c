/*
 * What back-propagation through time computes for mnist-ae on the first 100 of its inputs, as plain
 * float32 that the peers' training is compared with: FOLDER/mnist-ae.gradients holds, layer by
 * layer, the gradient of the weights [inputs][units] and that of the biases [units].
 *
 *   bench_gradients FOLDER [DATA]     the folder has what bench_outputs wrote with the same DATA
 */
#include "bench/measure.h"
#include "bench/subject.h"
#include "core/base/buf.h"
#include "core/base/file.h"
#include "train/bptt.h"

#include <stdio.h>

enum { BATCH = 100, MAX_BYTES = 1 << 24 };

static void append_gradients(const struct bptt *bptt, const struct network *network,
                             struct buf *bytes)
{
    for (int i = 0; i < network->num_layers; i++) {
        const struct layer_shape *shape = &network->layers[i].shape;
        size_t units = (size_t)shape->out_channels;
        struct error error;
        measure_expect(error_plain(&error, buf_append(bytes, bptt_weight_gradient(bptt, i),
                                                      layer_fan_in(shape) * units * sizeof(real))),
                       &error);
        measure_expect(error_plain(&error, buf_append(bytes, bptt_bias_gradient(bptt, i),
                                                      units * sizeof(real))),
                       &error);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: bench_gradients FOLDER [DATA]\n");
        return 2;
    }
    char path[512];
    struct subject subject;
    struct bptt *bptt;
    struct bptt_loss loss = {0};
    struct error error;
    struct buf bytes;
    subject_open(&subject, "mnist-ae", argc > 2 ? argv[2] : "");
    const struct bptt_settings settings = {.surrogate_slope = 2.5,
                                           .first_frozen = subject.network->num_layers};
    const struct bptt_target target = {.image = subject.inputs};
    measure_expect(bptt_new(subject.network, &settings, BATCH, &bptt, &error), &error);
    bptt_gradient(bptt, subject.network, subject.inputs, BATCH, BATCH, 0, 0, &target, &loss);
    buf_init(&bytes, MAX_BYTES);
    append_gradients(bptt, subject.network, &bytes);
    snprintf(path, sizeof path, "%s/mnist-ae.gradients", argv[1]);
    measure_expect(file_replace(path, bytes.bytes, bytes.size, &error), &error);
    buf_free(&bytes);
    bptt_free(bptt);
    subject_close(&subject);
    return 0;
}
