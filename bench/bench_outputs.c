/*
 * Inputs and what the shipped models make of them, as plain files that the peers are compared
 * with: FOLDER/MODEL.inputs [256][inputs] and FOLDER/MODEL.outputs [256][pixels], both float32;
 * outputs are spike counts, or the picture of an analog network.
 *
 *   bench_outputs FOLDER MODEL[=DATA] ...
 */
#include "bench/measure.h"
#include "bench/subject.h"
#include "core/base/file.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>

static void write_floats(const char *folder, const char *name, const char *what,
                         const float *values, size_t count)
{
    char path[512];
    struct error error;
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, what);
    measure_expect(file_replace(path, values, count * sizeof *values, &error), &error);
}

static void count_spikes(const struct network *network, const real *input,
                         struct inference *scratch, float *counts)
{
    struct inference_stats stats = {0};
    struct raster latent, output;
    struct error error;
    uint32_t *spikes = measure_alloc(network_num_pixels(network), sizeof *spikes);
    measure_expect(
        inference_encode(scratch, network, input, 0, network->num_steps, &latent, &stats, &error),
        &error);
    measure_expect(inference_decode(scratch, network, &latent, &output, &stats, &error), &error);
    raster_unit_counts(&output, output.num_steps, spikes);
    for (uint32_t i = 0; i < network_num_pixels(network); i++)
        counts[i] = (float)spikes[i];
    mem_free(spikes);
    raster_free(&latent);
    raster_free(&output);
}

static void write_model(const char *folder, const char *name, const char *data)
{
    struct subject subject;
    struct inference scratch = {.path = INFERENCE_EVENT_DRIVEN};
    struct error error;
    subject_open(&subject, name, data);
    const struct network *network = subject.network;
    size_t inputs = network_num_inputs(network), pixels = network_num_pixels(network);
    float *outputs = measure_alloc((size_t)subject.num_inputs * pixels, sizeof *outputs);
    for (size_t i = 0; i < (size_t)subject.num_inputs; i++) {
        struct inference_stats stats = {0};
        if (network_is_spiking(network))
            count_spikes(network, subject.inputs + i * inputs, &scratch, outputs + i * pixels);
        else
            measure_expect(inference_analog(&scratch, network, subject.inputs + i * inputs,
                                            outputs + i * pixels, &stats, &error),
                           &error);
    }
    write_floats(folder, name, "inputs", subject.inputs, (size_t)subject.num_inputs * inputs);
    write_floats(folder, name, "outputs", outputs, (size_t)subject.num_inputs * pixels);
    mem_free(outputs);
    inference_free(&scratch);
    subject_close(&subject);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_outputs FOLDER MODEL[=DATA] ...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        char *data = strchr(argv[i], '=');
        if (data)
            *data++ = '\0';
        write_model(argv[1], argv[i], data ? data : "");
    }
    return 0;
}
