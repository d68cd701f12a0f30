/* One hearing where it is clear what was said; in doubt what several agree on. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/media/loudness.h"
#include "models/checkpoint.h"
#include "models/front_end.h"
#include "models/listen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { WAYS = 7, SEED = 7 };

static struct network *network;
static struct inference inference = {.path = INFERENCE_EVENT_DRIVEN};
static double shipped_doubt;

static int open_network(void **state)
{
    (void)state;
    const char *path = SPIKELOOM_SOURCE_DIR "/models/weights/speech-digits.safetensors";
    if (checkpoint_load(path, &network, NULL) != STATUS_OK)
        return -1;
    shipped_doubt = network->front_end.doubt_margin;
    return 0;
}

static int close_network(void **state)
{
    (void)state;
    inference_free(&inference);
    network_release(network);
    return 0;
}

static struct audio read_digit(int digit)
{
    char path[256];
    struct buf bytes;
    struct audio audio;
    snprintf(path, sizeof path, SPIKELOOM_SOURCE_DIR "/tests/samples/%d_en-us.wav", digit);
    buf_init(&bytes, 1 << 20);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    assert_int_equal(audio_decode(bytes.bytes, bytes.size, &audio_default_limits, &audio, NULL),
                     STATUS_OK);
    buf_free(&bytes);
    return audio;
}

/* Two digits at once, of which neither is clear. */
static struct audio mix(int digit, int other)
{
    struct audio audio = read_digit(digit), second = read_digit(other);
    for (size_t i = 0; i < audio.num_samples && i < second.num_samples; i++)
        audio.samples[i] += 0.7 * second.samples[i];
    audio_free(&second);
    return audio;
}

/* In noise of eight times its power. */
static struct audio in_noise(int digit, int draw)
{
    struct audio audio = read_digit(digit);
    const struct rng rng = {SEED, (uint64_t)draw, RNG_STREAM_CONDITION};
    double power = loudness_mean_power(audio.samples, audio.num_samples);
    for (size_t i = 0; i < audio.num_samples; i++)
        audio.samples[i] +=
            sqrt(3 * 8 * power) * (2 * (double)rng_uniform(&rng, 0, (uint32_t)i) - 1);
    return audio;
}

struct heard {
    real input[4096];
    struct raster latent;
    struct inference_stats stats;
    struct listen_result result;
    double margin;
    uint32_t nearest; /* anchor */
};

static enum status listen_to(struct audio audio, int num_steps, struct heard *heard)
{
    struct handwriting_place place;
    struct error error = {.status = STATUS_OK};
    *heard = (struct heard){.margin = 0};
    assert_true(network_num_inputs(network) <= sizeof heard->input / sizeof heard->input[0]);
    enum status status = listen_run(&inference, network, &audio, SEED, num_steps, heard->input,
                                    &heard->latent, &heard->stats, &heard->result, &error);
    assert_int_equal(error.status, status);
    audio_free(&audio);
    if (status == STATUS_OK) {
        assert_int_equal(handwriting_locate(&network->handwriting, &heard->latent, &place, NULL),
                         STATUS_OK);
        heard->margin = place.margin;
        heard->nearest = place.nearest;
    }
    return status;
}

static void assert_same_latent(const struct raster *a, const struct raster *b)
{
    assert_int_equal(a->num_steps, b->num_steps);
    assert_int_equal(a->num_units, b->num_units);
    assert_memory_equal(a->words, b->words, (size_t)a->num_steps * a->row_words * sizeof *a->words);
}

/* The latent is that of the input, whichever hearing that comes from. */
static void assert_belong_together(const struct heard *heard)
{
    struct raster latent = {0};
    struct inference_stats stats = {0};
    assert_int_equal(inference_encode(&inference, network, heard->input, SEED,
                                      (int)heard->latent.num_steps, &latent, &stats, NULL),
                     STATUS_OK);
    assert_same_latent(&latent, &heard->latent);
    raster_free(&latent);
}

static void test_heard_once(void **state)
{
    (void)state;
    real input[4096];
    struct heard heard;
    struct audio audio = read_digit(4);
    assert_int_equal(front_end_run(network, &audio, input, NULL), STATUS_OK);
    audio_free(&audio);
    network->front_end.doubt_margin = 0;
    assert_int_equal(listen_to(read_digit(4), network->num_steps, &heard), STATUS_OK);
    assert_int_equal(heard.result.hearings, 1);
    assert_memory_equal(input, heard.input, network_num_inputs(network) * sizeof *input);
    assert_belong_together(&heard);
    raster_free(&heard.latent);
}

/* With the doubt that ships, clear words are heard once and as without. */
static void test_clear_words(void **state)
{
    (void)state;
    int once = 0;
    for (int digit = 0; digit < 10; digit++) {
        struct heard plain, heard;
        network->front_end.doubt_margin = 0;
        assert_int_equal(listen_to(read_digit(digit), network->num_steps, &plain), STATUS_OK);
        network->front_end.doubt_margin = shipped_doubt;
        assert_int_equal(listen_to(read_digit(digit), network->num_steps, &heard), STATUS_OK);
        assert_int_equal(heard.result.hearings > 1, plain.margin < shipped_doubt);
        once += heard.result.hearings == 1;
        if (heard.result.hearings == 1)
            assert_same_latent(&plain.latent, &heard.latent);
        raster_free(&plain.latent);
        raster_free(&heard.latent);
    }
    assert_true(once >= 8);
}

static void test_what_hearings_agree_on(void **state)
{
    (void)state;
    int changed = 0;
    for (int digit = 0; digit < 10; digit++)
        for (int other = 0; other < 10; other++) {
            struct heard plain, heard, again;
            network->front_end.doubt_margin = 0;
            assert_int_equal(listen_to(mix(digit, other), network->num_steps, &plain), STATUS_OK);
            assert_float_equal(plain.result.margin, plain.margin, 0);
            network->front_end.doubt_margin = 1;
            assert_int_equal(listen_to(mix(digit, other), network->num_steps, &heard), STATUS_OK);
            assert_int_equal(listen_to(mix(digit, other), network->num_steps, &again), STATUS_OK);
            assert_true(heard.result.hearings >= 5 && heard.result.hearings <= WAYS);
            assert_true(heard.stats.synops > plain.stats.synops);
            assert_belong_together(&heard);
            assert_same_latent(&heard.latent, &again.latent);
            assert_true(fabs(heard.result.margin) <= 1);
            changed += heard.margin != plain.margin;
            raster_free(&plain.latent);
            raster_free(&heard.latent);
            raster_free(&again.latent);
        }
    assert_in_range(changed, 5, 95); /* of 100 */
}

/* Hearings of digits in noise, whose picture is then right more often. */
static void test_in_noise(void **state)
{
    (void)state;
    int right[2] = {0};
    for (int digit = 0; digit < 10; digit++) {
        struct heard clean, heard;
        network->front_end.doubt_margin = 0;
        assert_int_equal(listen_to(read_digit(digit), network->num_steps, &clean), STATUS_OK);
        raster_free(&clean.latent);
        for (int draw = 0; draw < 5; draw++)
            for (int doubt = 0; doubt < 2; doubt++) {
                network->front_end.doubt_margin = doubt;
                assert_int_equal(listen_to(in_noise(digit, draw), network->num_steps, &heard),
                                 STATUS_OK);
                right[doubt] += heard.nearest == clean.nearest;
                raster_free(&heard.latent);
            }
    }
    print_message("right in noise, of 50: %d heard once, %d in doubt again\n", right[0], right[1]);
    assert_true(right[1] >= right[0]);
}

static void test_fewer_steps(void **state)
{
    (void)state;
    struct heard heard;
    network->front_end.doubt_margin = 1;
    assert_int_equal(listen_to(mix(1, 8), 5, &heard), STATUS_OK);
    assert_int_equal(heard.latent.num_steps, 5);
    assert_belong_together(&heard);
    raster_free(&heard.latent);
}

/* A long recording is heard once, however doubtful; and so is one for a network without anchors. */
static void test_no_second_hearing(void **state)
{
    (void)state;
    struct heard heard;
    struct audio audio = mix(2, 9);
    size_t longest = (size_t)audio.sample_rate_hz * LISTEN_MAX_SECONDS;
    audio.samples = mem_resize(audio.samples, audio.num_samples * sizeof *audio.samples,
                               (longest + 1) * sizeof *audio.samples);
    assert_non_null(audio.samples);
    audio.num_samples = longest + 1;
    network->front_end.doubt_margin = 1;
    assert_int_equal(listen_to(audio, network->num_steps, &heard), STATUS_OK);
    assert_int_equal(heard.result.hearings, 1);
    raster_free(&heard.latent);
    uint32_t anchors = network->handwriting.num_anchors;
    audio = mix(2, 9);
    network->handwriting.num_anchors = 0;
    struct listen_result result;
    struct inference_stats stats = {0};
    assert_int_equal(listen_run(&inference, network, &audio, SEED, network->num_steps, heard.input,
                                &inference.latent, &stats, &result, NULL),
                     STATUS_OK);
    network->handwriting.num_anchors = anchors;
    assert_int_equal(result.hearings, 1);
    audio_free(&audio);
}

static void test_unusable(void **state)
{
    (void)state;
    struct heard heard;
    struct audio silence = {mem_alloc(4000, sizeof(double)), 4000, 8000};
    network->front_end.doubt_margin = 1;
    assert_int_equal(listen_to(silence, network->num_steps, &heard), STATUS_UNUSABLE);
    raster_free(&heard.latent);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct heard heard;
    enum status status = STATUS_NO_MEMORY;
    network->front_end.doubt_margin = 1;
    for (int successes = 0; status != STATUS_OK && successes < 500; successes++) {
        struct audio audio = mix(1, 8);
        mem_fail_after(successes);
        heard = (struct heard){.margin = 0};
        status = listen_run(&inference, network, &audio, SEED, network->num_steps, heard.input,
                            &heard.latent, &heard.stats, &heard.result, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        audio_free(&audio);
        raster_free(&heard.latent);
    }
    assert_int_equal(status, STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heard_once),
        cmocka_unit_test(test_clear_words),
        cmocka_unit_test(test_what_hearings_agree_on),
        cmocka_unit_test(test_in_noise),
        cmocka_unit_test(test_fewer_steps),
        cmocka_unit_test(test_no_second_hearing),
        cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("listen", tests, open_network, close_network);
}
