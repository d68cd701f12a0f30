/* Data sets by their names, class lists, and idx files: good ones, and each way to be bad. */
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/unit/scratch_folder.h"
#include "train/dataset.h"

#include <zlib.h>

enum { WIDTH = 3, HEIGHT = 2, PIXELS = WIDTH * HEIGHT, COUNT = 5 };

static struct scratch scratch;
static char spec[SCRATCH_PATH_SIZE + 64];

static const char train_images[] = "train-images-idx3-ubyte";
static const char train_labels[] = "train-labels-idx1-ubyte";
static const char test_images[] = "t10k-images-idx3-ubyte";
static const char test_labels[] = "t10k-labels-idx1-ubyte";

static int make_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    snprintf(spec, sizeof spec, "mnist:%s", scratch.path);
    return 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void append_u32(struct buf *buf, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};
    assert_int_equal(buf_append(buf, bytes, 4), STATUS_OK);
}

/* An images file whose byte i of the pixels is i + first. */
static void make_images(struct buf *buf, uint32_t count, uint8_t first)
{
    buf_init(buf, 1 << 20);
    append_u32(buf, 0x803);
    append_u32(buf, count);
    append_u32(buf, HEIGHT);
    append_u32(buf, WIDTH);
    for (uint32_t i = 0; i < count * PIXELS; i++) {
        uint8_t pixel = (uint8_t)(i + first);
        assert_int_equal(buf_append(buf, &pixel, 1), STATUS_OK);
    }
}

/* A labels file: 9, 8, 7, ... */
static void make_labels(struct buf *buf, uint32_t count)
{
    buf_init(buf, 1 << 20);
    append_u32(buf, 0x801);
    append_u32(buf, count);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t label = (uint8_t)(9 - i % 10);
        assert_int_equal(buf_append(buf, &label, 1), STATUS_OK);
    }
}

/* Writes `content`, also under a folder in front of the name, and releases it. */
static void keep(const char *folder, const char *name, struct buf *content)
{
    char place[128];
    snprintf(place, sizeof place, "%s%s", folder, name);
    scratch_write(&scratch, place, content->bytes, content->size);
    buf_free(content);
}

static void keep_compressed(const char *name, struct buf *content)
{
    char place[128], path[SCRATCH_PATH_SIZE];
    snprintf(place, sizeof place, "%s.gz", name);
    scratch_path(&scratch, place, path);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, content->bytes, (unsigned)content->size), content->size);
    assert_int_equal(gzclose(file), Z_OK);
    buf_free(content);
}

static void write_good_split(const char *folder)
{
    struct buf content;
    make_images(&content, COUNT, 100);
    keep(folder, train_images, &content);
    make_labels(&content, COUNT);
    keep(folder, train_labels, &content);
}

static void expect_good_split(void)
{
    struct image_set set;
    struct error error = {0};
    assert_int_equal(image_set_load(spec, DATASET_TRAIN, &set, &error), STATUS_OK);
    assert_int_equal(set.num_images, COUNT);
    assert_int_equal(set.width, WIDTH);
    assert_int_equal(set.height, HEIGHT);
    for (int i = 0; i < COUNT * PIXELS; i++)
        assert_int_equal(set.pixels[i], 100 + i);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(set.labels[i], 9 - i);
    assert_int_equal(set.classes.count, 10);
    assert_string_equal(set.classes.names[7], "7");
    image_set_free(&set);
    assert_null(set.pixels);
    image_set_free(&set);
}

/* Loading the training split must fail so, name `file`, say `what`, and leave nothing behind. */
static void expect_bad(enum status expected, const char *file, const char *what)
{
    struct image_set set;
    struct error error = {0};
    assert_int_equal(image_set_load(spec, DATASET_TRAIN, &set, &error), expected);
    assert_int_equal(error.status, expected);
    if (!strstr(error.detail, file) || !strstr(error.detail, what))
        fail_msg("'%s' lacks '%s' or '%s'", error.detail, file, what);
    assert_null(set.pixels);
    assert_null(set.labels);
    assert_int_equal(set.num_images, 0);
    assert_int_equal(set.classes.count, 0);
    assert_int_equal(image_set_load(spec, DATASET_TRAIN, &set, NULL), expected);
}

static void test_plain_files(void **state)
{
    (void)state;
    write_good_split("");
    expect_good_split();
}

static void test_folders_of_the_package(void **state)
{
    (void)state;
    write_good_split("package/data/");
    expect_good_split();
    snprintf(spec, sizeof spec, "mnist:%s/package", scratch.path);
    expect_good_split();
    snprintf(spec, sizeof spec, "mnist:%s/package/data/", scratch.path);
    expect_good_split();
}

static void test_compressed_files(void **state)
{
    (void)state;
    struct buf content;
    make_images(&content, COUNT, 100);
    keep_compressed(train_images, &content);
    make_labels(&content, COUNT);
    keep_compressed(train_labels, &content);
    expect_good_split();
}

static void test_splits_have_their_own_files(void **state)
{
    (void)state;
    struct buf content;
    struct image_set set;
    write_good_split("");
    make_images(&content, 2, 7);
    keep("", test_images, &content);
    make_labels(&content, 2);
    keep("", test_labels, &content);
    assert_int_equal(image_set_load(spec, DATASET_TEST, &set, NULL), STATUS_OK);
    assert_int_equal(set.num_images, 2);
    assert_int_equal(set.pixels[0], 7);
    image_set_free(&set);
    expect_good_split();
}

static void test_fashion_names_its_classes(void **state)
{
    (void)state;
    struct image_set set;
    write_good_split("");
    snprintf(spec, sizeof spec, "fashion:%s", scratch.path);
    assert_int_equal(image_set_load(spec, DATASET_TRAIN, &set, NULL), STATUS_OK);
    assert_int_equal(set.classes.count, 10);
    assert_string_equal(set.classes.names[0], "T-shirt/top");
    assert_string_equal(set.classes.names[9], "Ankle boot");
    image_set_free(&set);
}

static void test_missing_files(void **state)
{
    (void)state;
    struct buf content;
    expect_bad(STATUS_NOT_FOUND, train_images, "train/fetch-data.sh");
    make_images(&content, COUNT, 0);
    keep("", train_images, &content);
    expect_bad(STATUS_NOT_FOUND, train_labels, "train/fetch-data.sh");
    strcat(spec, "/nowhere");
    expect_bad(STATUS_NOT_FOUND, "/nowhere/train-images", "missing");
}

/* Every proper beginning of each of the two files is refused. */
static void test_truncated_files(void **state)
{
    (void)state;
    struct buf content;
    write_good_split("");
    make_images(&content, COUNT, 0);
    for (size_t size = 0; size < content.size; size++) {
        scratch_write(&scratch, train_images, content.bytes, size);
        expect_bad(STATUS_MALFORMED, train_images, "truncated");
    }
    keep("", train_images, &content);
    make_labels(&content, COUNT);
    for (size_t size = 0; size < content.size; size++) {
        scratch_write(&scratch, train_labels, content.bytes, size);
        expect_bad(STATUS_MALFORMED, train_labels, "truncated");
    }
    buf_free(&content);
}

static void test_files_that_go_on(void **state)
{
    (void)state;
    struct buf content;
    write_good_split("");
    make_labels(&content, COUNT);
    assert_int_equal(buf_append(&content, "", 1), STATUS_OK);
    keep("", train_labels, &content);
    expect_bad(STATUS_MALFORMED, train_labels, "longer than the 5 entries");
    make_images(&content, COUNT, 0);
    assert_int_equal(buf_append(&content, "", 1), STATUS_OK);
    keep("", train_images, &content);
    expect_bad(STATUS_MALFORMED, train_images, "longer than the 5 entries");
}

/* Replaces the 32-bit word at `offset` of an otherwise good images file. */
static void write_images_with(size_t offset, uint32_t word)
{
    struct buf content, patch;
    make_images(&content, COUNT, 0);
    buf_init(&patch, 4);
    append_u32(&patch, word);
    memcpy(content.bytes + offset, patch.bytes, 4);
    buf_free(&patch);
    keep("", train_images, &content);
}

static void test_wrong_headers(void **state)
{
    (void)state;
    write_good_split("");
    write_images_with(0, 0x801);
    expect_bad(STATUS_MALFORMED, train_images, "begins with 0x00000801");
    write_images_with(0, 0x1f8b0800); /* the magic of a compressed file alone */
    expect_bad(STATUS_MALFORMED, train_images, "");
    write_images_with(4, 0);
    expect_bad(STATUS_MALFORMED, train_images, "no entries");
    write_images_with(4, COUNT - 1);
    expect_bad(STATUS_MALFORMED, train_images, "longer than the 4 entries");
    write_images_with(4, COUNT + 1);
    expect_bad(STATUS_MALFORMED, train_images, "truncated");
    write_images_with(4, UINT32_MAX);
    expect_bad(STATUS_MALFORMED, train_images, "4294967295 pictures");
    write_images_with(8, 0);
    expect_bad(STATUS_MALFORMED, train_images, "3 x 0 pixels");
    write_images_with(12, 1 << 20);
    expect_bad(STATUS_MALFORMED, train_images, "1048576 x 2 pixels");
}

static void test_labels_that_do_not_fit(void **state)
{
    (void)state;
    struct buf content;
    write_good_split("");
    make_labels(&content, COUNT + 1);
    keep("", train_labels, &content);
    expect_bad(STATUS_MALFORMED, train_labels, "6 labels for 5 images");
    make_labels(&content, COUNT);
    content.bytes[8 + 3] = 10;
    keep("", train_labels, &content);
    expect_bad(STATUS_MALFORMED, train_labels, "label 10 of entry 3");
    make_images(&content, COUNT, 0);
    keep("", train_labels, &content);
    expect_bad(STATUS_MALFORMED, train_labels, "begins with 0x00000803");
}

static void test_damaged_compressed_files(void **state)
{
    (void)state;
    struct buf content;
    char path[SCRATCH_PATH_SIZE];
    uint8_t bytes[4096];
    make_labels(&content, COUNT);
    keep("", train_labels, &content);
    make_images(&content, COUNT, 0);
    keep_compressed(train_images, &content);
    scratch_path(&scratch, "train-images-idx3-ubyte.gz", path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 30, sizeof bytes - 1);

    for (size_t cut = 3; cut < size; cut++) {
        scratch_write(&scratch, "train-images-idx3-ubyte.gz", bytes, cut);
        expect_bad(STATUS_MALFORMED, train_images, "");
    }
    bytes[size - 6] ^= 1; /* of the checksum at the end */
    scratch_write(&scratch, "train-images-idx3-ubyte.gz", bytes, size);
    expect_bad(STATUS_MALFORMED, train_images, "damaged");
}

static void test_a_folder_in_place_of_a_file(void **state)
{
    (void)state;
    write_good_split("");
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, train_images, path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0777), 0);
    expect_bad(STATUS_NOT_FOUND, train_images, "missing");
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    struct image_set set;
    struct error error;
    write_good_split("");
    enum status status = STATUS_NO_MEMORY;
    int successes = 0;
    for (; status != STATUS_OK && successes < 100; successes++) {
        mem_fail_after(successes);
        status = image_set_load(spec, DATASET_TRAIN, &set, &error);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 3);
    image_set_free(&set);
}

static void expect_bad_spec(const char *bad, bool speech, const char *what)
{
    struct image_set images;
    struct speech_set utterances;
    struct error error = {0};
    enum status status = speech ? speech_set_load(bad, DATASET_TRAIN, &utterances, &error)
                                : image_set_load(bad, DATASET_TRAIN, &images, &error);
    assert_int_equal(status, STATUS_INVALID_ARGUMENT);
    if (!strstr(error.detail, what))
        fail_msg("'%s' lacks '%s'", error.detail, what);
}

static void test_bad_names_of_data_sets(void **state)
{
    (void)state;
    for (int speech = 0; speech < 2; speech++) {
        expect_bad_spec("", speech, "mnist:DIR");
        expect_bad_spec("mnist", speech, "'mnist' is no data set");
        expect_bad_spec(":/tmp", speech, "is no data set");
        expect_bad_spec("mnis:/tmp", speech, "is no data set");
        expect_bad_spec("mnist2:/tmp", speech, "is no data set");
        expect_bad_spec("MNIST:/tmp", speech, "is no data set");
        expect_bad_spec("fsdd:", speech, "lacks the folder");
    }
    expect_bad_spec("mnist:/tmp", true, "images where speech is wanted");
    expect_bad_spec("wavs:/tmp", false, "speech where images are wanted");
}

static void test_kinds_of_speech(void **state)
{
    (void)state;
    assert_true(dataset_is_speech("fsdd:x"));
    assert_true(dataset_is_speech("wavs:x"));
    assert_false(dataset_is_speech("mnist:x"));
    assert_false(dataset_is_speech("fashion:x"));
    assert_false(dataset_is_speech("images:x"));
    assert_false(dataset_is_speech("fsdd"));
    assert_false(dataset_is_speech(""));
}

static void test_class_lists(void **state)
{
    (void)state;
    const char *names[] = {"cat", "dog"};
    char long_name[DATASET_CLASS_NAME_SIZE + 1];
    struct class_list classes;
    struct error error;
    assert_int_equal(class_list_fill(&classes, names, 2, &error), STATUS_OK);
    assert_int_equal(class_list_find(&classes, "cat"), 0);
    assert_int_equal(class_list_find(&classes, "dog"), 1);
    assert_int_equal(class_list_find(&classes, "do"), -1);
    class_list_free(&classes);
    assert_int_equal(class_list_find(&classes, "cat"), -1);

    memset(long_name, 'x', sizeof long_name);
    long_name[DATASET_CLASS_NAME_SIZE] = '\0';
    names[1] = long_name;
    assert_int_equal(class_list_fill(&classes, names, 2, &error), STATUS_MALFORMED);
    assert_non_null(strstr(error.detail, "longer than 63"));
    long_name[DATASET_CLASS_NAME_SIZE - 1] = '\0';
    assert_int_equal(class_list_fill(&classes, names, 2, &error), STATUS_OK);
    assert_string_equal(classes.names[1], long_name);
    class_list_free(&classes);
}

enum { NUMBERED = 7 };

/* Images of two pixels, each of which is the image's number, as is its label. */
static struct image_set make_numbered(void)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    struct image_set set = {.num_images = NUMBERED, .width = 2, .height = 1};
    assert_int_equal(class_list_fill(&set.classes, names, NUMBERED, NULL), STATUS_OK);
    set.pixels = mem_alloc(NUMBERED * 2, 1);
    set.labels = mem_alloc(NUMBERED, sizeof *set.labels);
    for (int i = 0; i < NUMBERED; i++)
        set.labels[i] = set.pixels[2 * i] = set.pixels[2 * i + 1] = (uint8_t)i;
    return set;
}

static void assert_numbered(const struct image_set *set, uint32_t first, uint32_t count)
{
    assert_int_equal(set->num_images, count);
    assert_int_equal(set->width, 2);
    assert_int_equal(set->height, 1);
    assert_string_equal(set->classes.names[NUMBERED - 1], "g");
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(set->labels[i], first + i);
        assert_int_equal(set->pixels[2 * i + 1], first + i);
    }
}

static void test_images_held_out(void **state)
{
    (void)state;
    struct image_set set = make_numbered(), last;
    struct error error;
    assert_int_equal(image_set_split(&set, 2, &last, NULL), STATUS_OK);
    assert_numbered(&set, 0, 5);
    assert_numbered(&last, 5, 2);
    image_set_free(&last);
    assert_int_equal(image_set_split(&set, 5, &last, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "5 images cannot be held out of 5"));
    assert_int_equal(last.num_images, 0);
    assert_numbered(&set, 0, 5);
    image_set_free(&set);
}

static void test_images_held_out_without_memory(void **state)
{
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    for (int allowed = 0; status != STATUS_OK; allowed++) {
        struct image_set set = make_numbered(), last;
        assert_true(allowed < 10);
        mem_fail_after(allowed);
        status = image_set_split(&set, 3, &last, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        assert_numbered(&set, 0, status == STATUS_OK ? NUMBERED - 3 : NUMBERED);
        image_set_free(&last);
        image_set_free(&set);
    }
}

static void test_limited_images(void **state)
{
    (void)state;
    enum { IMAGES = NUMBERED };
    static const uint8_t kept[] = {0, 2, 4}; /* of 7, evenly spread */
    struct image_set set = make_numbered();
    image_set_limit(&set, 0);
    image_set_limit(&set, IMAGES + 1);
    assert_int_equal(set.num_images, IMAGES);
    image_set_limit(&set, 3);
    assert_int_equal(set.num_images, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(set.labels[i], kept[i]);
        assert_int_equal(set.pixels[2 * i + 1], kept[i]);
    }
    image_set_free(&set);
}

static void test_limited_speech(void **state)
{
    (void)state;
    struct speech_set set = {.num_utterances = 10};
    set.utterances = mem_alloc(10, sizeof *set.utterances);
    for (uint16_t i = 0; i < 10; i++) {
        set.utterances[i].label = i;
        set.utterances[i].audio.samples = mem_alloc(4, sizeof *set.utterances[i].audio.samples);
    }
    assert_int_equal(speech_set_limit_first(&set, 6, 0), 6);
    assert_int_equal(speech_set_limit_first(&set, 6, 10), 6);
    assert_int_equal(speech_set_limit_first(&set, 6, 4), 3); /* 0, 2, 5 and 7 stay */
    assert_int_equal(speech_set_limit_first(&set, 5, 4), 2);
    assert_int_equal(speech_set_limit_first(&set, 10, 4), 4);
    assert_int_equal(speech_set_limit_first(&set, 0, 4), 0);
    speech_set_limit(&set, 4);
    assert_int_equal(set.num_utterances, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(set.utterances[i].label, i * 10 / 4);
        assert_non_null(set.utterances[i].audio.samples);
    }
    speech_set_free(&set); /* and under valgrind nothing is lost */
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_plain_files),
        WITH_SCRATCH(test_folders_of_the_package),
        WITH_SCRATCH(test_compressed_files),
        WITH_SCRATCH(test_splits_have_their_own_files),
        WITH_SCRATCH(test_fashion_names_its_classes),
        WITH_SCRATCH(test_missing_files),
        WITH_SCRATCH(test_truncated_files),
        WITH_SCRATCH(test_files_that_go_on),
        WITH_SCRATCH(test_wrong_headers),
        WITH_SCRATCH(test_labels_that_do_not_fit),
        WITH_SCRATCH(test_damaged_compressed_files),
        WITH_SCRATCH(test_a_folder_in_place_of_a_file),
        WITH_SCRATCH(test_every_allocation_may_fail),
        cmocka_unit_test(test_bad_names_of_data_sets),
        cmocka_unit_test(test_kinds_of_speech),
        cmocka_unit_test(test_class_lists),
        cmocka_unit_test(test_images_held_out),
        cmocka_unit_test(test_images_held_out_without_memory),
        cmocka_unit_test(test_limited_images),
        cmocka_unit_test(test_limited_speech),
    };
    return cmocka_run_group_tests_name("dataset", tests, NULL, NULL);
}
