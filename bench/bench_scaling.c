/*
 * How the time of an inference grows: with the density of spikes in the latent and in the input,
 * with the hidden size, the steps and the batch. Networks 784-N-784 are built in memory with random
 * weights. Writes the points of each curve to FOLDER/NAME.tsv, for plot.sh, and prints the lines
 * through those that should be straight.
 *
 *   bench_scaling SECONDS FOLDER
 */
#include "bench/batch.h"
#include "bench/measure.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "models/fixed_point.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, HIDDEN = 196, STEPS = 15, MAX_POINTS = 16 };

static const struct rng randomness = {.seed = 1, .stream = RNG_STREAM_INIT};
static const double dt = 0.001;

/* Uniform weights, wide enough for about half of the units to spike now and then. */
static void fill_weights(struct layer *layer, uint32_t stream)
{
    size_t fan_in = layer_fan_in(&layer->shape), outputs = (size_t)layer->shape.out_channels;
    for (size_t i = 0; i < fan_in * outputs; i++)
        layer->weight[i] =
            (real)(0.2 * (double)rng_uniform(&randomness, stream, (uint32_t)i) - 0.1);
}

static struct network *make_network(int hidden, int steps, enum input_encoding encoding)
{
    const struct neuron_params params = {NEURON_LIF, RESET_SUBTRACT, 1, 0.01, dt};
    struct network *network = network_new();
    struct error error;
    if (!network)
        measure_expect(error_plain(&error, STATUS_NO_MEMORY), &error);
    network->task = NETWORK_RECONSTRUCT;
    network->num_steps = steps;
    network->dt = dt;
    network->encoding = encoding;
    network->max_rate_hz = 1 / dt;
    network->latent_layer = 0;
    network->image_width = network->image_height = SIDE;
    measure_expect(network_add_dense(network, PIXELS, hidden, &params, &error), &error);
    measure_expect(network_add_dense(network, hidden, PIXELS, &params, &error), &error);
    fill_weights(&network->layers[0], 0);
    fill_weights(&network->layers[1], 1);
    measure_expect(network_validate(network, &error), &error);
    fixed_point_round(network); /* as training ends */
    measure_expect(fixed_point_pack(network, &error), &error);
    return network;
}

/* One curve: points, the file that they go to, and the line through them. */
struct curve {
    const char *name;
    FILE *file;
    int count;
    double x[MAX_POINTS], y[MAX_POINTS];
};

static void curve_open(struct curve *curve, const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.tsv", folder, name);
    *curve = (struct curve){.name = name, .file = fopen(path, "w")};
    if (!curve->file) {
        perror(path);
        exit(1);
    }
}

static void curve_add(struct curve *curve, double x, double seconds)
{
    fprintf(curve->file, "%g\t%g\n", x, seconds * 1e6);
    curve->x[curve->count] = x;
    curve->y[curve->count++] = seconds * 1e6;
}

/* The line is printed as the time without any x, and the time that each x adds. */
static void curve_close(struct curve *curve)
{
    struct measure_line line = measure_fit(curve->x, curve->y, curve->count);
    measure_print(line.intercept, "scaling.%s.start_us", curve->name);
    measure_print(line.slope * 1000, "scaling.%s.each_ns", curve->name);
    measure_print(line.r_squared, "scaling.%s.r_squared", curve->name);
    fclose(curve->file);
}

/* --- density ------------------------------------------------------------------------------- */

struct half {
    const struct network *network;
    struct inference scratch;
    struct raster latent;
    const real *input;
};

static void run_decoder(void *argument)
{
    struct half *half = argument;
    struct inference_stats stats = {0};
    struct raster output;
    struct error error;
    measure_expect(
        inference_decode(&half->scratch, half->network, &half->latent, &output, &stats, &error),
        &error);
    raster_free(&output);
}

static void run_encoder(void *argument)
{
    struct half *half = argument;
    struct inference_stats stats = {0};
    struct raster latent;
    struct error error;
    measure_expect(inference_encode(&half->scratch, half->network, half->input, 1, STEPS, &latent,
                                    &stats, &error),
                   &error);
    raster_free(&latent);
}

static void fill_latent(struct raster *latent, double density)
{
    raster_clear(latent);
    for (uint32_t step = 0; step < latent->num_steps; step++)
        for (uint32_t unit = 0; unit < latent->num_units; unit++)
            if ((double)rng_uniform(&randomness, 100 + step, unit) < density)
                raster_set(latent, step, unit);
}

static void vary_latent(const char *folder, double seconds)
{
    struct network *network = make_network(HIDDEN, STEPS, ENCODING_CURRENT);
    struct half half = {.network = network};
    struct curve curve;
    struct error error;
    measure_expect(raster_init(&half.latent, STEPS, HIDDEN, &error), &error);
    curve_open(&curve, folder, "latent_spikes");
    for (int percent = 0; percent <= 60; percent += 5) {
        fill_latent(&half.latent, percent / 100.0);
        double time = measure_call(run_decoder, &half, seconds);
        curve_add(&curve, (double)raster_count(&half.latent), time);
    }
    curve_close(&curve);
    raster_free(&half.latent);
    inference_free(&half.scratch);
    network_release(network);
}

/* Rate coding at 1 / dt: a pixel's value is the share of steps in which it spikes. */
static void vary_input(const char *folder, double seconds)
{
    struct network *network = make_network(HIDDEN, STEPS, ENCODING_RATE);
    real *input = measure_alloc(PIXELS, sizeof *input);
    struct half half = {.network = network, .input = input};
    struct curve curve;
    curve_open(&curve, folder, "input_spikes");
    for (int percent = 0; percent <= 60; percent += 5) {
        struct inference_stats stats = {0};
        struct raster latent;
        struct error error;
        for (int i = 0; i < PIXELS; i++)
            input[i] = (real)percent / 100;
        measure_expect(
            inference_encode(&half.scratch, network, input, 1, STEPS, &latent, &stats, &error),
            &error);
        raster_free(&latent);
        double time = measure_call(run_encoder, &half, seconds);
        curve_add(&curve, (double)stats.input_spikes, time);
    }
    curve_close(&curve);
    mem_free(input);
    inference_free(&half.scratch);
    network_release(network);
}

/* --- sizes --------------------------------------------------------------------------------- */

/* Half of the pixels are lit, as many as in a busy picture. */
static void open_random(struct subject *subject, int hidden, int steps)
{
    *subject = (struct subject){.network = make_network(hidden, steps, ENCODING_CURRENT),
                                .num_inputs = 1,
                                .inputs = measure_alloc(PIXELS, sizeof(real))};
    for (uint32_t i = 0; i < PIXELS; i++)
        subject->inputs[i] = (real)rng_uniform(&randomness, 200 + i % 2, i) * (real)(i % 2);
}

struct whole {
    struct subject subject;
    struct inference scratch;
    uint8_t grey[PIXELS];
};

static void run_whole(void *argument)
{
    struct whole *whole = argument;
    subject_infer(&whole->subject, 0, &whole->scratch, whole->grey, NULL);
}

static double time_whole(int hidden, int steps, double seconds)
{
    struct whole whole = {0};
    open_random(&whole.subject, hidden, steps);
    double time = measure_call(run_whole, &whole, seconds);
    inference_free(&whole.scratch);
    subject_close(&whole.subject);
    return time;
}

static void vary_hidden(const char *folder, double seconds)
{
    static const int sizes[] = {49, 98, 196, 392, 784, 1176, 1568};
    struct curve curve;
    curve_open(&curve, folder, "hidden");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        curve_add(&curve, sizes[i], time_whole(sizes[i], STEPS, seconds));
    curve_close(&curve);
}

static void vary_steps(const char *folder, double seconds)
{
    struct curve curve;
    curve_open(&curve, folder, "steps");
    for (int steps = 5; steps <= 60; steps += 5)
        curve_add(&curve, steps, time_whole(HIDDEN, steps, seconds));
    curve_close(&curve);
}

static void vary_batch(const char *folder, double seconds)
{
    struct subject subject;
    struct batch batch;
    struct curve curve;
    open_random(&subject, HIDDEN, STEPS);
    batch_open(&batch, &subject, (int)sysconf(_SC_NPROCESSORS_ONLN));
    curve_open(&curve, folder, "batch");
    for (batch.size = 1; batch.size <= 256; batch.size *= 2)
        curve_add(&curve, batch.size, measure_call(batch_run, &batch, seconds));
    curve_close(&curve);
    batch_close(&batch);
    subject_close(&subject);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bench_scaling SECONDS FOLDER\n");
        return 2;
    }
    double seconds = measure_number(argv[1]);
    vary_latent(argv[2], seconds);
    vary_input(argv[2], seconds);
    vary_hidden(argv[2], seconds);
    vary_steps(argv[2], seconds);
    vary_batch(argv[2], seconds);
    return 0;
}
