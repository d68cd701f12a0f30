/* The judge: its arithmetic, its file, and how well the shipped one reads. */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/media/image.h"
#include "models/checkpoint.h"
#include "tests/unit/scratch_folder.h"
#include "train/judge.h"

#include <math.h>

static const char shipped_path[] = SPIKELOOM_SOURCE_DIR "/models/judge/mnist-judge.safetensors";

static void test_names_of_digits(void **state)
{
    (void)state;
    assert_int_equal(judge_digit_of_name("0"), 0);
    assert_int_equal(judge_digit_of_name("9"), 9);
    assert_int_equal(judge_digit_of_name("zero"), 0);
    assert_int_equal(judge_digit_of_name("nine"), 9);
    static const char *const others[] = {"", "10", "00", "-1", "Zero", "trouser", "one "};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(judge_digit_of_name(others[i]), -1);
}

/* currents of a dense layer in plain loops. */
static void dense(const struct layer *layer, const double *input, double *current)
{
    int inputs = layer->shape.in_channels, outputs = layer->shape.out_channels;
    for (int k = 0; k < outputs; k++) {
        current[k] = (double)layer->bias[k];
        for (int i = 0; i < inputs; i++)
            current[k] += (double)layer->weight[i * outputs + k] * input[i];
    }
}

static void make_picture(const struct rng *rng, real *picture, double *copy)
{
    for (uint32_t i = 0; i < JUDGE_PIXELS; i++) {
        picture[i] = rng_below(rng, 0, i, 3) ? 0 : (real)rng_uniform(rng, 1, i);
        copy[i] = (double)picture[i];
    }
}

static void test_reading_is_a_chain_of_layers(void **state)
{
    (void)state;
    static const int sizes[JUDGE_LAYERS + 1] = {JUDGE_PIXELS, 30, 20, JUDGE_DIGITS};
    struct judge judge;
    real picture[JUDGE_PIXELS], scratch[30 + 20 + JUDGE_DIGITS];
    double value[2][JUDGE_PIXELS], confidence;
    assert_int_equal(judge_init(&judge, sizes, NULL), STATUS_OK);
    assert_int_equal(judge_num_units(&judge), 30 + 20 + JUDGE_DIGITS);
    judge_initialize(&judge, 6);
    int seen = 0;
    for (uint64_t n = 0; n < 20; n++) {
        const struct rng rng = {.seed = 2, .index = n, .stream = RNG_STREAM_INIT};
        make_picture(&rng, picture, value[0]);
        for (int i = 0; i < JUDGE_LAYERS; i++) {
            dense(&judge.layers[i], value[i % 2], value[(i + 1) % 2]);
            for (int k = 0; i < JUDGE_LAYERS - 1 && k < sizes[i + 1]; k++)
                value[(i + 1) % 2][k] = fmax(value[(i + 1) % 2][k], 0);
        }
        int best = 0;
        double sum = 0;
        for (int k = 1; k < JUDGE_DIGITS; k++)
            best = value[1][k] > value[1][best] ? k : best;
        for (int k = 0; k < JUDGE_DIGITS; k++)
            sum += exp(value[1][k] - value[1][best]);
        assert_int_equal(judge_read(&judge, picture, scratch, &confidence), best);
        assert_true(fabs(confidence - 1 / sum) < 1e-4);
        seen |= 1 << best;
    }
    assert_true(seen & (seen - 1)); /* more than one digit */
    judge_free(&judge);
}

static void test_a_file_gives_the_same_judge(void **state)
{
    (void)state;
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct judge judge, loaded;
    scratch_make(&scratch);
    scratch_path(&scratch, "judge.safetensors", path);
    assert_int_equal(judge_init(&judge, judge_default_sizes, NULL), STATUS_OK);
    judge_initialize(&judge, 6);
    judge.layers[1].bias[3] = (real)0.25;
    mem_free(judge.training_json);
    judge.training_json = mem_copy_string("{\"seed\":6}");
    assert_int_equal(judge_save(path, &judge, NULL), STATUS_OK);
    assert_int_equal(judge_load(path, &loaded, NULL), STATUS_OK);
    assert_string_equal(loaded.checksum, judge.checksum);
    assert_int_equal(strlen(loaded.checksum), DIGEST_HEX_SIZE - 1);
    assert_string_equal(loaded.training_json, "{\"seed\":6}");
    assert_string_equal(loaded.scores_json, "{}");
    for (int i = 0; i < JUDGE_LAYERS; i++) {
        const struct layer *layer = &judge.layers[i];
        size_t outputs = layer_num_outputs(&layer->shape);
        assert_memory_equal(&loaded.layers[i].shape, &layer->shape, sizeof layer->shape);
        assert_memory_equal(loaded.layers[i].weight, layer->weight,
                            layer_num_inputs(&layer->shape) * outputs * sizeof(real));
        assert_memory_equal(loaded.layers[i].bias, layer->bias, outputs * sizeof(real));
    }
    judge_free(&loaded);
    judge_free(&judge);
    scratch_remove(&scratch);
}

static void refuse(const char *path, enum status expected, const char *reason)
{
    struct judge judge;
    struct error error;
    assert_int_equal(judge_load(path, &judge, &error), expected);
    if (!strstr(error.detail, reason))
        fail_msg("'%s' does not say '%s'", error.detail, reason);
    judge_free(&judge);
}

static void test_other_files_are_refused(void **state)
{
    (void)state;
    struct scratch scratch;
    char path[SCRATCH_PATH_SIZE];
    struct buf bytes;
    scratch_make(&scratch);
    scratch_path(&scratch, "judge.safetensors", path);
    refuse(path, STATUS_NOT_FOUND, "judge.safetensors");
    refuse(SPIKELOOM_SOURCE_DIR "/models/weights/mnist-ae.safetensors", STATUS_BAD_CHECKPOINT,
           "no judge");
    buf_init(&bytes, 1 << 24);
    assert_int_equal(file_read(shipped_path, &bytes, NULL), STATUS_OK);
    scratch_write(&scratch, "judge.safetensors", bytes.bytes, bytes.size - 1);
    refuse(path, STATUS_BAD_CHECKPOINT, "outside the file");
    memset(bytes.bytes + bytes.size - 4, 0xff, 4); /* a number that is none */
    scratch_write(&scratch, "judge.safetensors", bytes.bytes, bytes.size);
    refuse(path, STATUS_BAD_CHECKPOINT, "no finite number");
    char *sizes = strstr((char *)bytes.bytes + 8, "[784,400");
    assert_non_null(sizes);
    memcpy(sizes, "[784,401", 8);
    scratch_write(&scratch, "judge.safetensors", bytes.bytes, bytes.size);
    refuse(path, STATUS_BAD_CHECKPOINT, "layers.0.weight");
    memcpy(sizes, "[783,400", 8);
    scratch_write(&scratch, "judge.safetensors", bytes.bytes, bytes.size);
    refuse(path, STATUS_BAD_CHECKPOINT, "unsound");
    buf_free(&bytes);
    scratch_remove(&scratch);
}

static void test_no_network_is_read_from_it(void **state)
{
    (void)state;
    struct network *network;
    struct error error;
    assert_int_equal(checkpoint_load(shipped_path, &network, &error), STATUS_BAD_CHECKPOINT);
    assert_null(network);
    assert_non_null(strstr(error.detail, "holds a judge, which scores pictures and is not served"));
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct judge judge;
    enum status status = STATUS_NO_MEMORY;
    int64_t allowed = 0;
    for (; status != STATUS_OK; allowed++) {
        mem_fail_after(allowed);
        status = judge_load(shipped_path, &judge, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        judge_free(&judge);
    }
    assert_true(allowed > 8);
}

/* The renderer's digits are no handwriting, but they are drawn as clearly. */
static void test_it_reads_the_digits_of_the_samples(void **state)
{
    struct judge *judge = *state;
    real picture[JUDGE_PIXELS], scratch[1024];
    assert_true(judge_num_units(judge) <= 1024);
    for (int digit = 0; digit < JUDGE_DIGITS; digit++) {
        char path[SCRATCH_PATH_SIZE];
        float pixels[JUDGE_PIXELS];
        struct buf png;
        snprintf(path, sizeof path, SPIKELOOM_SOURCE_DIR "/tests/samples/digit_%d.png", digit);
        buf_init(&png, 1 << 20);
        assert_int_equal(file_read(path, &png, NULL), STATUS_OK);
        assert_int_equal(image_decode_png(png.bytes, png.size, IMAGE_POLARITY_AUTO, JUDGE_SIDE,
                                          JUDGE_SIDE, pixels, NULL),
                         STATUS_OK);
        for (int i = 0; i < JUDGE_PIXELS; i++)
            picture[i] = (real)pixels[i];
        assert_int_equal(judge_read(judge, picture, scratch, NULL), digit);
        buf_free(&png);
    }
}

static enum status load_mnist(struct image_set *set)
{
    const char *given = getenv("SPIKELOOM_MNIST");
    const char *const folders[] = {given ? given : "", SPIKELOOM_SOURCE_DIR "/data/mnist",
                                   SPIKELOOM_SOURCE_DIR "/../data/mnist"};
    enum status status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && status == STATUS_NOT_FOUND; i++) {
        char spec[1024];
        snprintf(spec, sizeof spec, "mnist:%s", folders[i]);
        if (*folders[i])
            status = image_set_load(spec, DATASET_TEST, set, NULL);
    }
    return status;
}

/* Needs the data set: $SPIKELOOM_MNIST, or data/mnist in the source tree or beside it. */
static void test_it_reads_mnist(void **state)
{
    struct judge *judge = *state;
    struct image_set set = {0};
    uint32_t right;
    enum status status = load_mnist(&set);
    if (status == STATUS_NOT_FOUND)
        skip();
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(set.num_images, 10000);
    assert_int_equal(judge_count_right(judge, &set, &right, NULL), STATUS_OK);
    print_message("The judge reads %u of 10000.\n", right);
    assert_true(right >= 9850);
    image_set_free(&set);
}

static int load_shipped(void **state)
{
    static struct judge judge;
    *state = &judge;
    return judge_load(shipped_path, &judge, NULL) == STATUS_OK ? 0 : -1;
}

static int free_shipped(void **state)
{
    judge_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_digits),
        cmocka_unit_test(test_reading_is_a_chain_of_layers),
        cmocka_unit_test(test_a_file_gives_the_same_judge),
        cmocka_unit_test(test_other_files_are_refused),
        cmocka_unit_test(test_no_network_is_read_from_it),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test_setup_teardown(test_it_reads_the_digits_of_the_samples, load_shipped,
                                        free_shipped),
        cmocka_unit_test_setup_teardown(test_it_reads_mnist, load_shipped, free_shipped),
    };
    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
