/*
 * The shipped models in process: the time of one inference on one core, and inferences a second of
 * a batch on all cores.
 *
 *   bench_models SECONDS MODEL[=DATA] ...
 */
#include "bench/batch.h"
#include "bench/measure.h"
#include "core/base/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct single {
    const struct subject *subject;
    struct inference scratch;
    uint8_t *grey;
    int next;
};

static void run_single(void *argument)
{
    struct single *single = argument;
    subject_infer(single->subject, single->next, &single->scratch, single->grey, NULL);
    single->next = (single->next + 1) % single->subject->num_inputs;
}

/* The mean over all inputs of what an inference does. */
static struct inference_stats count_events(struct single *single)
{
    struct inference_stats stats = {0};
    for (int i = 0; i < single->subject->num_inputs; i++)
        subject_infer(single->subject, i, &single->scratch, single->grey, &stats);
    return stats;
}

/* Bytes of weights that these events read: half as many for spikes in fixed point. */
static double weight_bytes(const struct network *network, const struct inference_stats *stats)
{
    bool fixed = network->layers[network->num_layers - 1].fixed.weight != NULL;
    double spiked = (double)(stats->synops - stats->macs), analog = (double)stats->macs;
    return analog * sizeof(real) + spiked * (fixed ? sizeof(int16_t) : sizeof(real));
}

static void measure_model(const char *name, const char *data, double seconds)
{
    struct subject subject;
    struct batch batch;
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    subject_open(&subject, name, data);
    struct single single = {.subject = &subject,
                            .grey = measure_alloc(network_num_pixels(subject.network), 1)};
    double one = measure_call(run_single, &single, seconds);
    batch_open(&batch, &subject, cores);
    double all = measure_call(batch_run, &batch, seconds) / batch.size;
    struct inference_stats stats = count_events(&single);
    double synops = (double)stats.synops / subject.num_inputs;
    double bytes = weight_bytes(subject.network, &stats) / subject.num_inputs;
    measure_print(one * 1e6, "models.%s.single_us", name);
    measure_print(1 / all, "models.%s.batch_per_s", name);
    measure_print((double)stats.spikes / subject.num_inputs, "models.%s.spikes", name);
    measure_print(synops, "models.%s.synops", name);
    measure_print(bytes, "models.%s.weight_bytes", name);
    measure_print(bytes / one / 1e9, "models.%s.weights_gb_s", name);
    batch_close(&batch);
    inference_free(&single.scratch);
    mem_free(single.grey);
    subject_close(&subject);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: bench_models SECONDS MODEL[=DATA] ...\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        char *data = strchr(argv[i], '=');
        if (data)
            *data++ = '\0';
        measure_model(argv[i], data ? data : "", measure_number(argv[1]));
    }
    return 0;
}
