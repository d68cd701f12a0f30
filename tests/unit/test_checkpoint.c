/* Networks survive the way to disk and back; damaged files are refused, whatever the damage. */
#include "core/base/file.h"
#include "core/base/rng.h"
#include "models/checkpoint.h"
#include "tests/unit/scratch_folder.h"
#include "tests/unit/small_network.h"

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

enum { NETWORKS = 3 };

static struct scratch scratch;
static struct network *networks[NETWORKS];
static struct buf files[NETWORKS];

static struct network *make_network(int which)
{
    if (which == 0)
        return small_autoencoder(ENCODING_RATE, &small_neuron, 5);
    if (which == 1)
        return small_audiocoder(6);
    const struct neuron_params params = {NEURON_IF, RESET_ZERO, 0.7, 0, 0.001};
    struct network *network = small_network(NETWORK_RECONSTRUCT, ENCODING_CURRENT);
    small_add(network, small_conv(5, 6, 4, 3, 2, 1), &params, -1, 1, 7);
    small_add(network, small_dense(12, SMALL_PIXELS), &params, -1, 1, 7);
    memset(network->layers[1].bias, 0, SMALL_PIXELS * sizeof(real));
    mem_free(network->training_json);
    network->training_json =
        mem_copy_string("{\"seed\":9007199254740991,\"rate\":0.0030000000000000001}");
    mem_free(network->scores_json);
    network->scores_json = mem_copy_string("{\"pixel_mse\":0.00134,\"mse_spikes\":null}");
    return network;
}

static int open_all(void **state)
{
    (void)state;
    scratch_make(&scratch);
    for (int i = 0; i < NETWORKS; i++) {
        char path[SCRATCH_PATH_SIZE];
        networks[i] = make_network(i);
        buf_init(&files[i], 1 << 20);
        scratch_path(&scratch, "net.safetensors", path);
        if (checkpoint_save(path, networks[i], NULL) || file_read(path, &files[i], NULL))
            return -1;
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        network_release(networks[i]);
        buf_free(&files[i]);
    }
    scratch_remove(&scratch);
    return 0;
}

/* Parses a copy of exactly that size, so that a sanitizer sees a step beyond. */
static enum status parse(const uint8_t *bytes, size_t size, struct network **network,
                         struct error *error)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    enum status status = checkpoint_parse(copy, size, "parsed", network, error);
    free(copy);
    return status;
}

static void assert_layers_equal(const struct layer *a, const struct layer *b)
{
    size_t channels = (size_t)a->shape.out_channels;
    assert_memory_equal(&a->shape, &b->shape, sizeof a->shape);
    assert_int_equal(a->params.model, b->params.model);
    assert_int_equal(a->params.reset, b->params.reset);
    assert_true(a->params.threshold == b->params.threshold);
    assert_true(a->params.tau_mem == b->params.tau_mem && a->params.dt == b->params.dt);
    assert_true(a->neuron.beta == b->neuron.beta && a->neuron.threshold == b->neuron.threshold);
    assert_int_equal(a->neuron.reset, b->neuron.reset);
    assert_memory_equal(a->weight, b->weight, layer_fan_in(&a->shape) * channels * sizeof(real));
    assert_memory_equal(a->bias, b->bias, channels * sizeof(real));
}

static void assert_front_ends_equal(const struct front_end_settings *a,
                                    const struct front_end_settings *b)
{
    assert_memory_equal(&a->cochlea, &b->cochlea, offsetof(struct cochlea_settings, decimation));
    assert_int_equal(a->cochlea.decimation, b->cochlea.decimation);
    assert_true(a->peak_level == b->peak_level && a->trim_level == b->trim_level);
    assert_true(a->floor_removal == b->floor_removal && a->mean_removal == b->mean_removal);
    assert_int_equal(a->frame_samples, b->frame_samples);
    assert_int_equal(a->trim_margin_frames, b->trim_margin_frames);
    assert_int_equal(a->num_frames, b->num_frames);
    assert_int_equal(a->fit, b->fit);
    assert_int_equal(a->amplitude, b->amplitude);
    assert_int_equal(a->scale, b->scale);
}

static void assert_networks_equal(const struct network *a, const struct network *b)
{
    assert_string_equal(a->checksum, b->checksum);
    assert_int_equal(a->task, b->task);
    assert_int_equal(a->num_steps, b->num_steps);
    assert_int_equal(a->encoding, b->encoding);
    assert_true(a->dt == b->dt && a->max_rate_hz == b->max_rate_hz);
    assert_int_equal(a->latent_layer, b->latent_layer);
    assert_int_equal(a->image_width, b->image_width);
    assert_int_equal(a->image_height, b->image_height);
    assert_int_equal(a->num_layers, b->num_layers);
    for (int i = 0; i < a->num_layers; i++)
        assert_layers_equal(&a->layers[i], &b->layers[i]);
    if (a->task == NETWORK_SYNTHESIZE) {
        double flat_a[COCHLEA_MAX_SECTIONS * 8], flat_b[COCHLEA_MAX_SECTIONS * 8];
        assert_front_ends_equal(&a->front_end, &b->front_end);
        assert_int_equal(a->cochlea.num_channels, b->cochlea.num_channels);
        cochlea_flatten(&a->cochlea, flat_a);
        cochlea_flatten(&b->cochlea, flat_b);
        assert_memory_equal(flat_a, flat_b,
                            sizeof(double) * cochlea_flat_size(a->cochlea.num_channels));
    }
    assert_int_equal(a->num_classes, b->num_classes);
    for (int i = 0; i < a->num_classes; i++)
        assert_string_equal(a->class_names[i], b->class_names[i]);
    if (a->num_classes)
        assert_memory_equal(a->class_images, b->class_images,
                            (size_t)a->num_classes * SMALL_PIXELS);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        char path[SCRATCH_PATH_SIZE];
        struct network *loaded;
        scratch_path(&scratch, "folder/some.name.safetensors", path);
        assert_int_equal(checkpoint_save(path, networks[i], NULL), STATUS_OK);
        assert_string_equal(networks[i]->name, "some.name");
        assert_int_equal(checkpoint_load(path, &loaded, NULL), STATUS_OK);
        assert_string_equal(loaded->name, "some.name");
        assert_networks_equal(networks[i], loaded);
        network_release(loaded);
    }
}

/* What was loaded and saved again is the same file, texts included. */
static void test_saving_again_changes_no_byte(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        char path[SCRATCH_PATH_SIZE];
        struct network *loaded;
        struct buf again;
        buf_init(&again, 1 << 20);
        scratch_path(&scratch, "again.safetensors", path);
        assert_int_equal(parse(files[i].bytes, files[i].size, &loaded, NULL), STATUS_OK);
        assert_int_equal(checkpoint_save(path, loaded, NULL), STATUS_OK);
        assert_int_equal(file_read(path, &again, NULL), STATUS_OK);
        assert_int_equal(again.size, files[i].size);
        assert_memory_equal(again.bytes, files[i].bytes, again.size);
        buf_free(&again);
        network_release(loaded);
    }
    struct network *loaded;
    assert_int_equal(parse(files[2].bytes, files[2].size, &loaded, NULL), STATUS_OK);
    assert_string_equal(loaded->training_json, "{\"seed\":9007199254740991,\"rate\":0.003}");
    assert_string_equal(loaded->scores_json, "{\"pixel_mse\":0.00134,\"mse_spikes\":null}");
    network_release(loaded);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        for (size_t size = 0; size < files[i].size; size++) {
            struct network *network;
            struct error error = {STATUS_OK, ""};
            assert_int_equal(checkpoint_parse(files[i].bytes, size, "cut", &network, &error),
                             STATUS_BAD_CHECKPOINT);
            assert_null(network);
            assert_true(strlen(error.detail) > 10);
        }
    }
}

/* Flips a few bits; what still loads is a network that passes every check. */
static void test_random_damage(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 2400; round++) {
        const struct rng rng = {.seed = 13, .index = round, .stream = RNG_STREAM_INIT};
        const struct buf *file = &files[round % NETWORKS];
        uint64_t header;
        memcpy(&header, file->bytes, 8);
        uint32_t bound = round % 2 ? (uint32_t)file->size : 8 + (uint32_t)header;
        uint8_t *copy = malloc(file->size);
        assert_non_null(copy);
        memcpy(copy, file->bytes, file->size);
        for (uint32_t k = 0; k <= rng_below(&rng, 0, 0, 4); k++)
            copy[rng_below(&rng, 1, k, bound)] ^= (uint8_t)(1 << rng_below(&rng, 2, k, 8));
        struct network *network;
        struct error error = {STATUS_OK, ""};
        enum status status = checkpoint_parse(copy, file->size, "damaged", &network, &error);
        assert_true(status == STATUS_OK || status == STATUS_BAD_CHECKPOINT);
        if (status == STATUS_OK)
            assert_int_equal(network_validate(network, NULL), STATUS_OK);
        else
            assert_true(!network && error.detail[0]);
        network_release(network);
        free(copy);
    }
}

/* Replaces the only place of `from` in a header by `to` and adjusts the length. */
static void edit_header(const struct buf *file, const char *from, const char *to, struct buf *out)
{
    uint64_t length;
    memcpy(&length, file->bytes, 8);
    const char *header = (const char *)file->bytes + 8;
    const char *place = memmem(header, length, from, strlen(from));
    assert_non_null(place);
    buf_init(out, 1 << 20);
    uint64_t new_length = length - strlen(from) + strlen(to);
    const char *rest = place + strlen(from);
    assert_int_equal(buf_append(out, &new_length, 8), STATUS_OK);
    assert_int_equal(buf_append(out, header, (size_t)(place - header)), STATUS_OK);
    assert_int_equal(buf_append_string(out, to), STATUS_OK);
    assert_int_equal(buf_append(out, rest, (size_t)((const char *)file->bytes + file->size - rest)),
                     STATUS_OK);
}

static void check_edit(int which, const char *from, const char *to)
{
    struct buf edited;
    struct network *network;
    struct error error = {STATUS_OK, ""};
    edit_header(&files[which], from, to, &edited);
    assert_int_equal(parse(edited.bytes, edited.size, &network, &error), STATUS_BAD_CHECKPOINT);
    assert_null(network);
    assert_int_equal(error.status, STATUS_BAD_CHECKPOINT);
    assert_true(strlen(error.detail) > 10);
    buf_free(&edited);
}

#define Q "\\\"" /* a quote within the description, which is a string within the header */

static void test_descriptions_that_lie(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {Q "format" Q ":1", Q "format" Q ":2"},
        {Q "format" Q ":1", Q "format" Q ":4294967297"},
        {Q "reconstruct" Q, Q "paint" Q},
        {Q "reconstruct" Q, Q "synthesize" Q},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":0"},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":-10"},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":1025"},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":4294967306"}, /* 10 when cut to 32 bits */
        {Q "num_steps" Q ":10", Q "num_steps" Q ":10.0"},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":" Q "10" Q},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":10," Q "num_steps" Q ":10"},
        {Q "num_steps" Q ":10", Q "num_steps" Q ":10," Q "surprise" Q ":10"},
        {Q "num_steps" Q ":10,", ""},
        {Q "rate" Q, Q "phase" Q},
        {Q "max_rate_hz" Q ":800", Q "max_rate_hz" Q ":1800"},
        {Q "max_rate_hz" Q ":800", Q "max_rate_hz" Q ":1e999"},
        {Q "width" Q ":6", Q "width" Q ":7"},
        {Q "width" Q ":6", Q "width" Q ":-6"},
        {Q "latent_layer" Q ":0", Q "latent_layer" Q ":1"},
        {Q "latent_layer" Q ":0", Q "latent_layer" Q ":-1"},
        {Q "kind" Q ":" Q "dense" Q, Q "kind" Q ":" Q "pool" Q},
        {Q "kind" Q ":" Q "dense" Q, Q "kind" Q ":" Q "conv" Q},
        {Q "lif" Q, Q "adex" Q},
        {Q "subtract" Q, Q "add" Q},
        {Q "threshold" Q ":1.0", Q "threshold" Q ":0"},
        {Q "threshold" Q ":1.0", Q "threshold" Q ":-1"},
        {Q "threshold" Q ":1.0", Q "threshold" Q ":1e-300"},
        {Q "threshold" Q ":1.0", Q "threshold" Q ":NaN"},
        {Q "in_channels" Q ":30", Q "in_channels" Q ":31"},
        {Q "in_channels" Q ":30", Q "in_channels" Q ":0"},
        {Q "in_channels" Q ":30", Q "in_channels" Q ":100000"},
        {Q "out_channels" Q ":17", Q "out_channels" Q ":16"},
        {Q "out_channels" Q ":17", Q "out_channels" Q ":2000000000"},
        {Q "in_channels" Q ":17", Q "in_channels" Q ":16"},
        {Q "training" Q ":{}", Q "training" Q ":1"},
        {Q "classes" Q ":[]", Q "classes" Q ":[" Q "a" Q "]"}, /* without images */
        {Q "classes" Q ":[]", Q "classes" Q ":{}"},
        {Q "classes" Q ":[]", Q "classes" Q ":[1]"},
        {Q "layers" Q ":[", Q "layers" Q ":[[],"},
        {"\"spikeloom\":\"", "\"spikeloon\":\""},
        {"\"spikeloom\":\"", "\"spikeloom\":\"["},
        {"\"layers.0.weight\"", "\"layers.0.weigth\""},
        {"\"dtype\":\"F32\"", "\"dtype\":\"U8\""},
        {"\"shape\":[30,17]", "\"shape\":[17,30]"},
        {"\"shape\":[30,17]", "\"shape\":[510]"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        check_edit(0, edits[i][0], edits[i][1]);
}

static void test_front_ends_that_lie(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {Q "synthesize" Q, Q "reconstruct" Q},
        {Q "decimation" Q ":10", Q "decimation" Q ":0"},
        {Q "decimation" Q ":10", Q "decimation" Q ":-10"},
        {Q "decimation" Q ":10", Q "decimation" Q ":7"},
        {Q "sample_rate_hz" Q ":8000", Q "sample_rate_hz" Q ":-8000"},
        {Q "num_frames" Q ":12", Q "num_frames" Q ":1"},
        {Q "num_frames" Q ":12", Q "num_frames" Q ":13"},
        {Q "num_frames" Q ":12", Q "num_frames" Q ":2000000000"},
        {Q "frame_samples" Q ":80", Q "frame_samples" Q ":0"},
        {Q "frame_samples" Q ":80", Q "frame_samples" Q ":81"},
        {Q "peak_level" Q ":0.1", Q "peak_level" Q ":-0.1"},
        {Q "num_channels" Q ":", Q "num_channels" Q ":-"},
        {Q "num_channels" Q ":", Q "num_channels" Q ":1"},
        {Q "num_channels" Q ":", Q "num_channels" Q ":4294967296"},
        {Q "stretch" Q, Q "squeeze" Q},
        {Q "root" Q, Q "square" Q},
        {Q "deviation" Q, Q "mean" Q},
        {Q "deviation" Q, "1"},
        {"\"cochlea\"", "\"ear\""},
        {"\"class_images\"", "\"images\""},
        {Q "front_end" Q, Q "back_end" Q},
        {Q "classes" Q ":[", Q "classes" Q ":[" Q "more" Q ","},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        check_edit(1, edits[i][0], edits[i][1]);
}

#define FRONT_END_FORM  Q "fit" Q ":" Q "stretch" Q "," Q "amplitude" Q ":" Q "root" Q ","
#define FRONT_END_PLAIN Q "fit" Q ":" Q "pad" Q "," Q "amplitude" Q ":" Q "linear" Q ","

/* Other forms of the front end are read, and none means what checkpoints without it had. */
static void test_forms_of_the_front_end(void **state)
{
    (void)state;
    struct buf edited;
    struct network *network;
    edit_header(&files[1], FRONT_END_FORM, "", &edited);
    assert_int_equal(parse(edited.bytes, edited.size, &network, NULL), STATUS_OK);
    assert_int_equal(network->front_end.fit, FRONT_END_STRETCH);
    assert_int_equal(network->front_end.amplitude, FRONT_END_ROOT);
    network_release(network);
    buf_free(&edited);
    edit_header(&files[1], FRONT_END_FORM, FRONT_END_PLAIN, &edited);
    assert_int_equal(parse(edited.bytes, edited.size, &network, NULL), STATUS_OK);
    assert_int_equal(network->front_end.fit, FRONT_END_PAD);
    assert_int_equal(network->front_end.amplitude, FRONT_END_LINEAR);
    assert_int_equal(network->front_end.scale, FRONT_END_DEVIATION);
    network_release(network);
    buf_free(&edited);
}

/* Puts a number into the tensor data of the first layer, or the decoder's bias. */
static void check_number(double number, bool in_decoder)
{
    struct network *network;
    struct error error;
    uint64_t header;
    uint8_t *copy = malloc(files[0].size);
    real value = (real)number;
    assert_non_null(copy);
    memcpy(copy, files[0].bytes, files[0].size);
    memcpy(&header, copy, 8);
    memcpy(in_decoder ? copy + files[0].size - sizeof value : copy + 8 + header, &value,
           sizeof value);
    assert_int_equal(checkpoint_parse(copy, files[0].size, "n", &network, &error),
                     STATUS_BAD_CHECKPOINT);
    assert_null(network);
    free(copy);
}

static void test_numbers_that_cannot_be(void **state)
{
    (void)state;
    check_number(NAN, false);
    check_number(INFINITY, false);
    check_number(-INFINITY, true);
    check_number(0.5, true); /* a pixel that spikes by itself */
}

static void test_a_description_nested_deeply(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *to = malloc(DEPTH + 40);
    assert_non_null(to);
    snprintf(to, 40, Q "training" Q ":");
    size_t length = strlen(to);
    memset(to + length, '[', DEPTH);
    to[length + DEPTH] = '\0';
    check_edit(0, Q "training" Q ":{}", to);
    free(to);
}

static void test_what_cannot_be_loaded(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct network *network;
    struct error error;
    scratch_path(&scratch, "missing.safetensors", path);
    assert_int_equal(checkpoint_load(path, &network, &error), STATUS_NOT_FOUND);
    assert_null(network);
    assert_non_null(strstr(error.detail, path));
    assert_int_equal(checkpoint_load(scratch.path, &network, &error), STATUS_IO);
    scratch_write(&scratch, "empty.safetensors", "", 0);
    scratch_path(&scratch, "empty.safetensors", path);
    assert_int_equal(checkpoint_load(path, &network, &error), STATUS_BAD_CHECKPOINT);
    assert_non_null(strstr(error.detail, path));
    char name[NETWORK_NAME_SIZE + 20];
    memset(name, 'n', sizeof name);
    memcpy(name + NETWORK_NAME_SIZE, ".safetensors", 13);
    scratch_write(&scratch, name, files[0].bytes, files[0].size);
    scratch_path(&scratch, name, path);
    assert_int_equal(checkpoint_load(path, &network, &error), STATUS_BAD_CHECKPOINT);
    assert_null(network);
}

static void test_networks_that_cannot_be_saved(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct network *network = make_network(0);
    struct error error;
    scratch_path(&scratch, "wrong.safetensors", path);
    network->num_steps = 0;
    assert_int_equal(checkpoint_save(path, network, &error), STATUS_INVALID_ARGUMENT);
    assert_false(file_exists(path));
    network_release(network);
}

static void assert_unchanged(const char *path)
{
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    assert_int_equal(bytes.size, files[0].size);
    assert_memory_equal(bytes.bytes, files[0].bytes, bytes.size);
    buf_free(&bytes);
}

static void test_names(void **state)
{
    (void)state;
    static const char *const good[][2] = {{"a/b.c/mine.safetensors", "mine"},
                                          {"mine", "mine"},
                                          {"my.ae.safetensors", "my.ae"},
                                          {"./.hidden", ".hidden"}};
    char name[NETWORK_NAME_SIZE], path[NETWORK_NAME_SIZE + 20];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(checkpoint_name(good[i][0], name, NULL), STATUS_OK);
        assert_string_equal(name, good[i][1]);
    }
    assert_int_equal(checkpoint_name("folder/", name, NULL), STATUS_INVALID_ARGUMENT);
    memset(path, 'x', sizeof path);
    strcpy(path + NETWORK_NAME_SIZE - 1, ".safetensors");
    assert_int_equal(checkpoint_name(path, name, NULL), STATUS_OK);
    strcpy(path + NETWORK_NAME_SIZE, ".safetensors");
    path[NETWORK_NAME_SIZE - 1] = 'x';
    assert_int_equal(checkpoint_name(path, name, NULL), STATUS_INVALID_ARGUMENT);
}

static void test_a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct rlimit before, low;
    struct error error;
    scratch_write(&scratch, "full/old.safetensors", files[0].bytes, files[0].size);
    scratch_path(&scratch, "full/old.safetensors", path);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t limit = 0; limit < files[1].size; limit += 1000) {
        low.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        enum status status = checkpoint_save(path, networks[1], &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_unchanged(path);
    }
    int length = snprintf(path, sizeof path, "%s/none/a.safetensors", scratch.path);
    assert_true(length > 0 && length < SCRATCH_PATH_SIZE);
    assert_int_equal(checkpoint_save(path, networks[1], &error), STATUS_IO);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        enum status status = STATUS_NO_MEMORY;
        for (int64_t allowed = 0; status != STATUS_OK; allowed++) {
            struct network *network;
            mem_fail_after(allowed);
            status = checkpoint_parse(files[i].bytes, files[i].size, "m", &network, NULL);
            mem_fail_never();
            assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
            assert_true((network != NULL) == (status == STATUS_OK));
            assert_true(allowed < 60);
            network_release(network);
        }
        char path[SCRATCH_PATH_SIZE];
        scratch_write(&scratch, "memory.safetensors", files[0].bytes, files[0].size);
        scratch_path(&scratch, "memory.safetensors", path);
        for (int64_t allowed = 0; allowed < 3; allowed++) {
            mem_fail_after(allowed);
            assert_int_equal(checkpoint_save(path, networks[i], NULL), STATUS_NO_MEMORY);
            mem_fail_never();
            assert_unchanged(path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_saving_again_changes_no_byte),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_descriptions_that_lie),
        cmocka_unit_test(test_front_ends_that_lie),
        cmocka_unit_test(test_forms_of_the_front_end),
        cmocka_unit_test(test_numbers_that_cannot_be),
        cmocka_unit_test(test_a_description_nested_deeply),
        cmocka_unit_test(test_what_cannot_be_loaded),
        cmocka_unit_test(test_networks_that_cannot_be_saved),
        cmocka_unit_test(test_a_full_disk_leaves_the_old_file),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, open_all, close_all);
}
