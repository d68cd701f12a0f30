/* Running a network: both paths give the same spikes, and nothing but the input and the seed
 * counts. */
#include "core/base/cpu.h"
#include "models/inference.h"
#include "tests/unit/small_network.h"

#include <math.h>

enum { MAX_INPUTS = 1024 };

/* The rasters and counts of one run. */
struct run {
    struct raster latent, output;
    struct inference_stats stats;
};

static void run_network(struct inference *inference, const struct network *network,
                        const real *input, uint64_t seed, int num_steps, struct run *run)
{
    *run = (struct run){0};
    assert_int_equal(inference_encode(inference, network, input, seed, num_steps, &run->latent,
                                      &run->stats, NULL),
                     STATUS_OK);
    assert_int_equal(
        inference_decode(inference, network, &run->latent, &run->output, &run->stats, NULL),
        STATUS_OK);
}

static void run_free(struct run *run)
{
    raster_free(&run->latent);
    raster_free(&run->output);
}

static void assert_rasters_equal(const struct raster *a, const struct raster *b)
{
    assert_int_equal(a->num_steps, b->num_steps);
    assert_int_equal(a->num_units, b->num_units);
    assert_memory_equal(a->words, b->words, sizeof(uint64_t) * a->num_steps * a->row_words);
}

static void assert_runs_equal(const struct run *a, const struct run *b)
{
    assert_rasters_equal(&a->latent, &b->latent);
    assert_rasters_equal(&a->output, &b->output);
}

static void make_input(const struct network *network, uint64_t seed, real *input)
{
    double low = network->task == NETWORK_SYNTHESIZE ? -2 : 0;
    double high = network->task == NETWORK_SYNTHESIZE ? 2 : 1;
    small_random(input, network_num_inputs(network), low, high, seed, 77);
    for (uint32_t i = 0; i < network_num_inputs(network); i += 4)
        input[i] = 0;
}

/* Both paths on a few inputs; the network spikes at all, or the comparison says nothing. */
static void check_paths(struct network *network)
{
    struct inference event = {.path = INFERENCE_EVENT_DRIVEN}, dense = {.path = INFERENCE_DENSE};
    uint64_t latent_spikes = 0, output_spikes = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        real input[MAX_INPUTS];
        struct run a, b;
        make_input(network, seed, input);
        run_network(&event, network, input, seed, network->num_steps, &a);
        run_network(&dense, network, input, seed, network->num_steps, &b);
        assert_runs_equal(&a, &b);
        assert_int_equal(a.stats.spikes, b.stats.spikes);
        latent_spikes += raster_count(&a.latent);
        output_spikes += raster_count(&a.output);
        run_free(&a);
        run_free(&b);
    }
    assert_true(latent_spikes > 50 && output_spikes > 50);
    inference_free(&event);
    inference_free(&dense);
    network_release(network);
}

static void test_paths_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct neuron_params params = small_neuron;
        params.model = seed % 2 ? NEURON_IF : NEURON_LIF;
        params.reset = seed / 2 % 2 ? RESET_ZERO : RESET_SUBTRACT;
        struct network *network =
            small_network(NETWORK_RECONSTRUCT, (enum input_encoding)(seed % 3 != 0));
        small_add(network, small_dense(SMALL_PIXELS, 65), &params, -0.15, 0.25, seed);
        small_add(network, small_conv(5, 13, 3, 4, 3, 1), &params, -0.2, 0.4, seed);
        network->latent_layer = 1;
        small_add(network, small_dense(12, SMALL_PIXELS), &params, -0.2, 0.6, seed);
        if (params.model == NEURON_IF)
            memset(network->layers[2].bias, 0, SMALL_PIXELS * sizeof(real));
        assert_int_equal(network_validate(network, NULL), STATUS_OK);
        check_paths(network);
    }
    for (uint64_t seed = 0; seed < 5; seed++)
        check_paths(small_audiocoder(seed));
}

/* So many steps that layers take them in several parts. */
static void test_paths_agree_over_many_steps(void **state)
{
    (void)state;
    static const int steps[] = {INFERENCE_STEPS - 1, INFERENCE_STEPS, INFERENCE_STEPS + 1,
                                3 * INFERENCE_STEPS + 5};
    for (uint64_t i = 0; i < 4; i++) {
        struct network *network =
            i % 2 ? small_audiocoder(i) : small_autoencoder(ENCODING_RATE, &small_neuron, i);
        network->num_steps = steps[i];
        check_paths(network);
    }
}

/* Every level of the processor's instructions gives the spikes and counts of the plain one. */
static void test_levels_agree(void **state)
{
    (void)state;
    struct inference inference = {0};
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct network *network =
            seed % 3 == 0
                ? small_audiocoder(seed)
                : small_autoencoder((enum input_encoding)(seed % 3 - 1), &small_neuron, seed);
        real input[MAX_INPUTS];
        struct run plain, run;
        make_input(network, seed, input);
        assert_int_equal(cpu_use_level(CPU_PLAIN, NULL), STATUS_OK);
        run_network(&inference, network, input, seed, network->num_steps, &plain);
        for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
            if (!cpu_has_level((enum cpu_level)level))
                continue;
            assert_int_equal(cpu_use_level((enum cpu_level)level, NULL), STATUS_OK);
            run_network(&inference, network, input, seed, network->num_steps, &run);
            assert_runs_equal(&plain, &run);
            assert_memory_equal(&plain.stats, &run.stats, sizeof run.stats);
            run_free(&run);
        }
        run_free(&plain);
        network_release(network);
    }
    assert_int_equal(cpu_use_level_named("auto", NULL), STATUS_OK);
    inference_free(&inference);
}

/* Once buffers and rasters have their size, a run allocates nothing. */
static void test_runs_without_allocating(void **state)
{
    (void)state;
    struct inference inference = {0};
    struct network *networks[] = {small_audiocoder(1),
                                  small_autoencoder(ENCODING_RATE, &small_neuron, 1),
                                  small_autoencoder(ENCODING_CURRENT, &small_neuron, 1)};
    for (int turn = 0; turn < 10; turn++) {
        if (turn == 1)
            mem_fail_after(0);
        for (int i = 0; i < 3; i++) {
            struct inference_stats stats = {0};
            real *input = inference_input(&inference, networks[i]);
            struct run fresh;
            assert_non_null(input);
            make_input(networks[i], (uint64_t)turn, input);
            assert_int_equal(inference_encode_into(&inference, networks[i], input, 1, SMALL_STEPS,
                                                   &inference.latent, &stats, NULL),
                             STATUS_OK);
            assert_int_equal(inference_decode_into(&inference, networks[i], &inference.latent,
                                                   &inference.output, &stats, NULL),
                             STATUS_OK);
            if (turn)
                continue;
            run_network(&inference, networks[i], input, 1, SMALL_STEPS, &fresh);
            assert_rasters_equal(&fresh.latent, &inference.latent);
            assert_rasters_equal(&fresh.output, &inference.output);
            run_free(&fresh);
        }
    }
    mem_fail_never();
    for (int i = 0; i < 3; i++)
        network_release(networks[i]);
    inference_free(&inference);
    assert_null(inference.latent.words);
}

/* Fewer steps are the first steps of all. */
static void test_fewer_steps_are_a_prefix(void **state)
{
    (void)state;
    struct inference inference = {0};
    struct network *network = small_autoencoder(ENCODING_RATE, &small_neuron, 4);
    real input[MAX_INPUTS];
    struct run whole, part;
    make_input(network, 4, input);
    run_network(&inference, network, input, 9, SMALL_STEPS, &whole);
    for (int steps = 1; steps <= SMALL_STEPS; steps++) {
        run_network(&inference, network, input, 9, steps, &part);
        assert_int_equal(part.latent.num_steps, steps);
        assert_memory_equal(part.latent.words, whole.latent.words,
                            sizeof(uint64_t) * (size_t)steps * whole.latent.row_words);
        assert_memory_equal(part.output.words, whole.output.words,
                            sizeof(uint64_t) * (size_t)steps * whole.output.row_words);
        run_free(&part);
    }
    run_free(&whole);
    inference_free(&inference);
    network_release(network);
}

static void test_seeds(void **state)
{
    (void)state;
    struct inference inference = {0};
    real input[MAX_INPUTS];
    struct run a, b, c;
    struct network *network = small_autoencoder(ENCODING_RATE, &small_neuron, 4);
    make_input(network, 4, input);
    run_network(&inference, network, input, 1, SMALL_STEPS, &a);
    run_network(&inference, network, input, 2, SMALL_STEPS, &b);
    run_network(&inference, network, input, 1, SMALL_STEPS, &c);
    assert_runs_equal(&a, &c);
    assert_memory_not_equal(a.latent.words, b.latent.words,
                            sizeof(uint64_t) * a.latent.num_steps * a.latent.row_words);
    run_free(&a);
    run_free(&b);
    run_free(&c);
    network_release(network);
    network = small_autoencoder(ENCODING_CURRENT, &small_neuron, 4);
    run_network(&inference, network, input, 1, SMALL_STEPS, &a);
    run_network(&inference, network, input, 2, SMALL_STEPS, &b);
    assert_runs_equal(&a, &b); /* nothing random in a current */
    run_free(&a);
    run_free(&b);
    network_release(network);
    inference_free(&inference);
}

static void test_scratch_leaves_no_trace(void **state)
{
    (void)state;
    struct inference shared = {0};
    for (uint64_t turn = 0; turn < 12; turn++) {
        struct inference fresh = {0};
        real input[MAX_INPUTS];
        struct run a, b;
        struct network *network = turn % 3 == 0 ? small_audiocoder(turn)
                                  : turn % 3 == 1
                                      ? small_autoencoder(ENCODING_RATE, &small_neuron, turn)
                                      : small_autoencoder(ENCODING_CURRENT, &small_neuron, turn);
        make_input(network, turn, input);
        run_network(&shared, network, input, turn, network->num_steps, &a);
        run_network(&fresh, network, input, turn, network->num_steps, &b);
        assert_runs_equal(&a, &b);
        assert_memory_equal(&a.stats, &b.stats, sizeof a.stats);
        run_free(&a);
        run_free(&b);
        inference_free(&fresh);
        network_release(network);
    }
    inference_free(&shared);
    inference_free(&shared);
}

static void test_an_empty_latent_is_a_blank_picture(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct inference inference = {0};
        struct inference_stats stats = {0};
        struct raster latent, output;
        uint8_t grey[SMALL_PIXELS];
        struct network *network = seed % 2
                                      ? small_audiocoder(seed)
                                      : small_autoencoder(ENCODING_CURRENT, &small_neuron, seed);
        network->num_steps = NETWORK_MAX_STEPS;
        assert_int_equal(raster_init(&latent, NETWORK_MAX_STEPS, SMALL_LATENTS, NULL), STATUS_OK);
        assert_int_equal(inference_decode(&inference, network, &latent, &output, &stats, NULL),
                         STATUS_OK);
        inference_grey(&output, NETWORK_MAX_STEPS, grey);
        for (int i = 0; i < SMALL_PIXELS; i++)
            assert_int_equal(grey[i], 0);
        assert_int_equal(stats.spikes, 0);
        assert_int_equal(stats.synops, 0);
        raster_free(&latent);
        raster_free(&output);
        inference_free(&inference);
        network_release(network);
    }
}

/*
 * One input unit, one latent unit, one pixel, without a leak: input 1, weight 0.5, so the latent
 * spikes at steps 1, 3, ...; the pixel's weight 0.5 makes it spike at every second of those.
 */
static struct network *chain_of_three(enum input_encoding encoding)
{
    const struct neuron_params params = {NEURON_IF, RESET_SUBTRACT, 1, 0, 0.001};
    struct network *network = small_network(NETWORK_RECONSTRUCT, encoding);
    const struct layer_shape shape = small_dense(1, 1);
    network->max_rate_hz = 1000;
    network->image_width = network->image_height = 1;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(network_add_layer(network, &shape, &params, NULL), STATUS_OK);
        network->layers[i].weight[0] = (real)0.5;
    }
    assert_int_equal(network_validate(network, NULL), STATUS_OK);
    return network;
}

static void test_counts_by_hand(void **state)
{
    (void)state;
    for (int encoding = ENCODING_CURRENT; encoding <= ENCODING_RATE; encoding++) {
        struct inference inference = {0};
        struct network *network = chain_of_three((enum input_encoding)encoding);
        const real one = 1;
        struct run run;
        uint8_t grey;
        run_network(&inference, network, &one, 0, 8, &run);
        for (uint32_t step = 0; step < 8; step++) {
            assert_int_equal(raster_get(&run.latent, step, 0), step % 2 == 1);
            assert_int_equal(raster_get(&run.output, step, 0), step % 4 == 3);
        }
        /* 4 latent and 2 output spikes; an input of 8 spikes, or one current */
        assert_int_equal(run.stats.spikes, encoding == ENCODING_RATE ? 14 : 6);
        assert_int_equal(run.stats.synops, encoding == ENCODING_RATE ? 12 : 5);
        static const uint8_t expected[] = {0, 0, 0, 0, 32, 32, 32, 32, 64};
        for (uint32_t steps = 1; steps <= 8; steps++) {
            inference_grey(&run.output, steps, &grey);
            assert_int_equal(grey, expected[steps]);
        }
        run_free(&run);
        inference_free(&inference);
        network_release(network);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    struct inference inference = {0};
    struct inference_stats stats = {0};
    struct network *rate = small_autoencoder(ENCODING_RATE, &small_neuron, 4);
    struct network *current = small_autoencoder(ENCODING_CURRENT, &small_neuron, 4);
    struct raster raster, output;
    struct error error;
    real input[MAX_INPUTS];
    make_input(rate, 4, input);
    static const int steps[] = {0, -1, SMALL_STEPS + 1};
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            inference_encode(&inference, rate, input, 0, steps[i], &raster, &stats, &error),
            STATUS_INVALID_ARGUMENT);
    input[5] = (real)1.5;
    assert_int_equal(inference_encode(&inference, rate, input, 0, 1, &raster, &stats, &error),
                     STATUS_INVALID_ARGUMENT);
    input[5] = (real)NAN;
    assert_int_equal(inference_encode(&inference, current, input, 0, 1, &raster, &stats, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_null(raster.words);
    static const uint32_t shapes[][2] = {
        {SMALL_STEPS + 1, SMALL_LATENTS}, {0, SMALL_LATENTS}, {1, SMALL_LATENTS + 1}, {1, 0}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(raster_init(&raster, shapes[i][0], shapes[i][1], NULL), STATUS_OK);
        assert_int_equal(inference_decode(&inference, rate, &raster, &output, &stats, &error),
                         STATUS_INVALID_ARGUMENT);
        assert_null(output.words);
        raster_free(&raster);
    }
    assert_int_equal(stats.spikes + stats.synops, 0);
    inference_free(&inference);
    network_release(rate);
    network_release(current);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct inference inference = {0};
    struct network *network = small_audiocoder(3);
    enum status status = STATUS_NO_MEMORY;
    real input[MAX_INPUTS];
    make_input(network, 3, input);
    mem_fail_after(0);
    assert_null(inference_input(&inference, network));
    mem_fail_never();
    for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
        struct run run = {0};
        inference_free(&inference);
        mem_fail_after(allowed);
        status = inference_encode(&inference, network, input, 0, 1, &run.latent, &run.stats, NULL);
        if (status == STATUS_OK)
            status =
                inference_decode(&inference, network, &run.latent, &run.output, &run.stats, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_true(allowed < 20);
        run_free(&run);
    }
    inference_free(&inference);
    network_release(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_agree),
        cmocka_unit_test(test_paths_agree_over_many_steps),
        cmocka_unit_test(test_levels_agree),
        cmocka_unit_test(test_runs_without_allocating),
        cmocka_unit_test(test_fewer_steps_are_a_prefix),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_scratch_leaves_no_trace),
        cmocka_unit_test(test_an_empty_latent_is_a_blank_picture),
        cmocka_unit_test(test_counts_by_hand),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("inference", tests, NULL, NULL);
}
