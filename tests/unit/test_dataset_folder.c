/* Data sets made of folders and file names: wavs:DIR, images:DIR and fsdd:DIR. */
#include "core/base/mem.h"
#include "core/media/image.h"
#include "tests/unit/scratch_folder.h"
#include "train/dataset.h"

enum { RATE_HZ = 8000, WAV_SAMPLES = 40, WAV_SIZE = 44 + 2 * WAV_SAMPLES };

static struct scratch scratch;
static char spec[SCRATCH_PATH_SIZE + 16];

static void use(const char *kind)
{
    snprintf(spec, sizeof spec, "%s:%s", kind, scratch.path);
}

static int make_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    use("wavs");
    return 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void put_little_endian(uint8_t *bytes, int size, uint32_t value)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* A mono 16-bit WAV file of WAV_SAMPLES samples, from -value and value by turns. */
static void make_wav(uint8_t wav[WAV_SIZE], int value)
{
    memcpy(wav, "RIFF....WAVEfmt ", 16);
    put_little_endian(wav + 4, 4, WAV_SIZE - 8);
    put_little_endian(wav + 16, 4, 16);
    put_little_endian(wav + 20, 2, 1); /* PCM */
    put_little_endian(wav + 22, 2, 1); /* channels */
    put_little_endian(wav + 24, 4, RATE_HZ);
    put_little_endian(wav + 28, 4, 2 * RATE_HZ);
    put_little_endian(wav + 32, 2, 2);
    put_little_endian(wav + 34, 2, 16);
    memcpy(wav + 36, "data", 4);
    put_little_endian(wav + 40, 4, 2 * WAV_SAMPLES);
    for (int i = 0; i < WAV_SAMPLES; i++)
        put_little_endian(wav + 44 + 2 * i, 2, (uint32_t)(i % 2 ? value : -value));
}

/* The value tells the file from others: its samples are value / 32768. */
static void write_wav(const char *name, int value)
{
    uint8_t wav[WAV_SIZE];
    make_wav(wav, value);
    scratch_write(&scratch, name, wav, sizeof wav);
}

static void write_wavs(const char *folder, int count, int first_value)
{
    for (int i = 0; i < count; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s/word%02d.wav", folder, i);
        write_wav(name, first_value + i);
    }
}

static int value_of(const struct utterance *utterance)
{
    assert_int_equal(utterance->audio.num_samples, WAV_SAMPLES);
    assert_int_equal(utterance->audio.sample_rate_hz, RATE_HZ);
    return (int)(utterance->audio.samples[WAV_SAMPLES - 1] * 32768);
}

static void load_speech(enum dataset_split split, struct speech_set *set)
{
    struct error error = {0};
    enum status status = speech_set_load(spec, split, set, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.detail);
}

static void expect_bad(enum dataset_split split, enum status expected, const char *file,
                       const char *what)
{
    struct error error = {0};
    struct speech_set speech = {0};
    struct image_set images = {0};
    enum status status = dataset_is_speech(spec) ? speech_set_load(spec, split, &speech, &error)
                                                 : image_set_load(spec, split, &images, &error);
    if (!strstr(error.detail, file) || !strstr(error.detail, what))
        fail_msg("'%s' lacks '%s' or '%s'", error.detail, file, what);
    assert_int_equal(status, expected);
    assert_int_equal(error.status, expected);
    assert_int_equal(speech.num_utterances + images.num_images, 0);
    assert_null(speech.utterances);
    assert_null(images.pixels);
}

static void test_every_seventh_file_is_for_testing(void **state)
{
    (void)state;
    struct speech_set set;
    write_wavs("yes", 14, 100);
    write_wavs("no", 8, 200);
    load_speech(DATASET_TRAIN, &set);
    assert_int_equal(set.classes.count, 2);
    assert_string_equal(set.classes.names[0], "no");
    assert_string_equal(set.classes.names[1], "yes");
    assert_int_equal(set.num_utterances, 7 + 12);
    const int numbers[] = {0, 1, 2, 3, 4, 5, 7, 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12};
    for (int i = 0; i < 19; i++) {
        char name[64];
        snprintf(name, sizeof name, "word%02d.wav", numbers[i]);
        assert_string_equal(set.utterances[i].name, name);
        assert_int_equal(set.utterances[i].label, i >= 7);
        assert_int_equal(set.utterances[i].speaker, 0);
        assert_int_equal(value_of(&set.utterances[i]), (i < 7 ? 200 : 100) + numbers[i]);
    }
    speech_set_free(&set);

    load_speech(DATASET_TEST, &set);
    assert_int_equal(set.num_utterances, 1 + 2);
    assert_int_equal(value_of(&set.utterances[0]), 206);
    assert_int_equal(value_of(&set.utterances[1]), 106);
    assert_int_equal(value_of(&set.utterances[2]), 113);
    speech_set_free(&set);
    assert_null(set.utterances);
    speech_set_free(&set);
}

static void test_folders_for_both_splits(void **state)
{
    (void)state;
    struct speech_set set;
    write_wavs("train/a", 8, 10);
    write_wavs("train/b", 1, 20);
    write_wavs("train/c", 1, 30);
    write_wavs("test/c", 7, 40);
    load_speech(DATASET_TRAIN, &set);
    assert_int_equal(set.num_utterances, 10);
    speech_set_free(&set);
    load_speech(DATASET_TEST, &set);
    assert_int_equal(set.num_utterances, 7);
    assert_int_equal(set.classes.count, 3);
    for (int i = 0; i < 7; i++)
        assert_int_equal(set.utterances[i].label, 2); /* numbered as in training */
    speech_set_free(&set);
}

static void test_one_of_the_two_folders_is_a_class(void **state)
{
    (void)state;
    struct speech_set set;
    write_wavs("train", 2, 10);
    write_wavs("plane", 2, 20);
    load_speech(DATASET_TRAIN, &set);
    assert_int_equal(set.classes.count, 2);
    assert_string_equal(set.classes.names[1], "train");
    assert_int_equal(set.num_utterances, 4);
    speech_set_free(&set);
}

static void test_hidden_and_stray_names_do_not_count(void **state)
{
    (void)state;
    struct speech_set set;
    write_wavs("a", 2, 10);
    scratch_write(&scratch, "a/.hidden", "x", 1);
    scratch_write(&scratch, ".git/config", "x", 1);
    scratch_write(&scratch, "README", "x", 1);
    scratch_write(&scratch, "a/folder/more.wav", "x", 1);
    load_speech(DATASET_TRAIN, &set);
    assert_int_equal(set.classes.count, 1);
    assert_int_equal(set.num_utterances, 2);
    speech_set_free(&set);
}

static void test_long_file_names_are_cut(void **state)
{
    (void)state;
    struct speech_set set;
    char name[128] = "a/";
    memset(name + 2, 'n', 100);
    write_wav(name, 50);
    load_speech(DATASET_TRAIN, &set);
    assert_int_equal(strlen(set.utterances[0].name), sizeof set.utterances[0].name - 1);
    speech_set_free(&set);
}

static void test_unreadable_files_are_named(void **state)
{
    (void)state;
    uint8_t wav[WAV_SIZE];
    make_wav(wav, 10);
    write_wavs("a", 3, 10);
    scratch_write(&scratch, "a/word01.wav", "this is no sound", 16);
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, "a/word01.wav: ", "");
    scratch_write(&scratch, "a/word01.wav", "", 0);
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, "a/word01.wav: ", "");
    scratch_write(&scratch, "a/word01.wav", wav, WAV_SIZE / 2);
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, "a/word01.wav: ", "");
}

static void test_folders_without_content(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, scratch.path, "no folders, one for each class");
    write_wavs("a", 3, 10);
    expect_bad(DATASET_TEST, STATUS_MALFORMED, scratch.path, "no recordings for the test split");
    scratch_path(&scratch, "b/file", path);
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, "/b", "has no files");
    strcat(spec, "/nowhere");
    expect_bad(DATASET_TRAIN, STATUS_NOT_FOUND, "/nowhere", "train/fetch-data.sh");
}

static void test_a_class_that_only_the_test_split_has(void **state)
{
    (void)state;
    write_wavs("train/a", 1, 10);
    write_wavs("test/b", 1, 10);
    expect_bad(DATASET_TEST, STATUS_MALFORMED, "test/b", "the training split has no class b");
}

static void write_picture(const char *name, const uint8_t *grey, int width, int height)
{
    struct buf png;
    buf_init(&png, 1 << 20);
    assert_int_equal(image_encode_png(grey, width, height, 1, &png, NULL), STATUS_OK);
    scratch_write(&scratch, name, png.bytes, png.size);
    buf_free(&png);
}

static void test_pictures_keep_their_values(void **state)
{
    (void)state;
    enum { SIDE = DATASET_PICTURE_SIZE };
    struct image_set set;
    uint8_t grey[SIDE * SIDE], white[56 * 56];
    for (int i = 0; i < SIDE * SIDE; i++)
        grey[i] = (uint8_t)i; /* 0 to 255, thrice and a bit */
    memset(white, 255, sizeof white);
    use("images");
    write_picture("a/1.png", grey, SIDE, SIDE);
    write_picture("b/1.png", white, 56, 56);
    assert_int_equal(image_set_load(spec, DATASET_TRAIN, &set, NULL), STATUS_OK);
    assert_int_equal(set.num_images, 2);
    assert_int_equal(set.width, SIDE);
    assert_int_equal(set.height, SIDE);
    assert_memory_equal(set.pixels, grey, sizeof grey);
    for (int i = SIDE * SIDE; i < 2 * SIDE * SIDE; i++)
        assert_int_equal(set.pixels[i], 255); /* scaled down, not inverted */
    assert_int_equal(set.labels[0], 0);
    assert_int_equal(set.labels[1], 1);
    image_set_free(&set);
}

static void test_bad_pictures_are_named(void **state)
{
    (void)state;
    use("images");
    write_wavs("a", 1, 10);
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, "a/word00.wav: ", "");
}

/* Two speakers, two digits, takes on both sides of the division. */
static void write_recordings(const char *folder)
{
    static const char *const speakers[] = {"anna", "zoe_2"};
    static const int digits[] = {3, 9}, takes[] = {0, 4, 5, 49};
    for (int s = 0; s < 2; s++)
        for (int d = 0; d < 2; d++)
            for (int t = 0; t < 4; t++) {
                char name[128];
                snprintf(name, sizeof name, "%s%d_%s_%d.wav", folder, digits[d], speakers[s],
                         takes[t]);
                write_wav(name, 1000 * s + 100 * digits[d] + takes[t]);
            }
}

static void expect_recordings(enum dataset_split split, int take_a, int take_b)
{
    struct speech_set set;
    int i = 0;
    load_speech(split, &set);
    assert_int_equal(set.classes.count, 10);
    assert_string_equal(set.classes.names[9], "9");
    assert_int_equal(set.num_utterances, 8);
    for (int digit = 3; digit <= 9; digit += 6)
        for (int speaker = 0; speaker < 2; speaker++)
            for (int take = 0; take < 2; take++, i++) {
                int value = 1000 * speaker + 100 * digit + (take ? take_b : take_a);
                assert_int_equal(set.utterances[i].label, digit);
                assert_int_equal(set.utterances[i].speaker, speaker);
                assert_int_equal(value_of(&set.utterances[i]), value);
            }
    speech_set_free(&set);
}

static void test_fsdd_divides_by_takes(void **state)
{
    (void)state;
    use("fsdd");
    write_recordings("");
    scratch_write(&scratch, "README.md", "x", 1);
    expect_recordings(DATASET_TEST, 0, 4);
    expect_recordings(DATASET_TRAIN, 49, 5); /* "49" comes before "5" in the order of names */
}

static void test_fsdd_looks_into_recordings(void **state)
{
    (void)state;
    use("fsdd");
    write_recordings("recordings/");
    scratch_write(&scratch, "stray.wav", "x", 1);
    expect_recordings(DATASET_TEST, 0, 4);
}

static void test_fsdd_numbers_speakers_alike_in_both_splits(void **state)
{
    (void)state;
    struct speech_set set;
    use("fsdd");
    write_wav("0_anna_7.wav", 10);
    write_wav("0_bert_0.wav", 20);
    load_speech(DATASET_TEST, &set);
    assert_int_equal(set.num_utterances, 1);
    assert_int_equal(set.utterances[0].speaker, 1);
    assert_string_equal(set.utterances[0].name, "0_bert_0.wav");
    speech_set_free(&set);
}

static void test_fsdd_refuses_other_names(void **state)
{
    (void)state;
    static const char *const names[] = {"x_anna_0.wav",  "10_anna_0.wav",     "1_anna.wav",
                                        "1__0.wav",      "1_anna_.wav",       "1_anna_-1.wav",
                                        "1_anna_0x.wav", "1_anna_1234567.wav"};
    use("fsdd");
    write_wav("0_anna_0.wav", 10);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[SCRATCH_PATH_SIZE];
        write_wav(names[i], 10);
        expect_bad(DATASET_TEST, STATUS_MALFORMED, names[i], "{digit}_{speaker}_{take}.wav");
        scratch_path(&scratch, names[i], path);
        assert_int_equal(remove(path), 0);
    }
    expect_bad(DATASET_TRAIN, STATUS_MALFORMED, scratch.path, "no recordings");
    scratch_write(&scratch, "2_anna_0.wav", "noise", 5);
    expect_bad(DATASET_TEST, STATUS_MALFORMED, "2_anna_0.wav: ", "");
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const kinds[] = {"wavs", "fsdd"};
    write_wavs("a", 3, 10);
    write_wav("1_anna_7.wav", 10);
    for (int i = 0; i < 2; i++) {
        struct speech_set set;
        enum status status = STATUS_NO_MEMORY;
        int successes = 0;
        use(kinds[i]);
        for (; status != STATUS_OK && successes < 1000; successes++) {
            mem_fail_after(successes);
            status = speech_set_load(spec, DATASET_TRAIN, &set, NULL);
            mem_fail_never();
            assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        }
        assert_int_equal(status, STATUS_OK);
        assert_true(successes > 5);
        speech_set_free(&set);
    }
}

/* Loads the training split of a folder of the scratch folder. */
static void load_folder(const char *folder, struct speech_set *set)
{
    snprintf(spec, sizeof spec, "wavs:%s/%s", scratch.path, folder);
    load_speech(DATASET_TRAIN, set);
}

static void test_sets_are_joined_by_class_names(void **state)
{
    (void)state;
    struct speech_set set, more;
    write_wavs("words/no", 2, 10);
    write_wavs("words/perhaps", 1, 20);
    write_wavs("words/yes", 1, 30);
    write_wavs("more/yes", 2, 40);
    load_folder("words", &set);
    load_folder("more", &more);
    assert_int_equal(more.utterances[0].label, 0);
    assert_int_equal(speech_set_append(&set, &more, NULL), STATUS_OK);
    assert_int_equal(set.num_utterances, 6);
    assert_int_equal(set.utterances[5].label, 2);
    assert_int_equal(value_of(&set.utterances[3]), 30);
    assert_int_equal(value_of(&set.utterances[5]), 41);
    assert_int_equal(more.num_utterances, 0);
    assert_null(more.utterances);
    speech_set_free(&set);
}

static void test_sets_of_other_classes_are_not_joined(void **state)
{
    (void)state;
    struct error error = {0};
    struct speech_set set, more;
    write_wavs("words/no", 2, 10);
    write_wavs("more/maybe", 1, 20);
    write_wavs("more/no", 1, 30);
    load_folder("words", &set);
    load_folder("more", &more);
    assert_int_equal(speech_set_append(&set, &more, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.detail, "'maybe'"));
    assert_int_equal(set.num_utterances, 2);
    assert_int_equal(more.num_utterances, 2);
    mem_fail_after(0);
    assert_int_equal(speech_set_append(&set, &set, NULL), STATUS_NO_MEMORY);
    mem_fail_never();
    assert_int_equal(set.num_utterances, 2);
    speech_set_free(&set);
    speech_set_free(&more);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_every_seventh_file_is_for_testing),
        WITH_SCRATCH(test_folders_for_both_splits),
        WITH_SCRATCH(test_one_of_the_two_folders_is_a_class),
        WITH_SCRATCH(test_hidden_and_stray_names_do_not_count),
        WITH_SCRATCH(test_long_file_names_are_cut),
        WITH_SCRATCH(test_unreadable_files_are_named),
        WITH_SCRATCH(test_folders_without_content),
        WITH_SCRATCH(test_a_class_that_only_the_test_split_has),
        WITH_SCRATCH(test_pictures_keep_their_values),
        WITH_SCRATCH(test_bad_pictures_are_named),
        WITH_SCRATCH(test_fsdd_divides_by_takes),
        WITH_SCRATCH(test_fsdd_looks_into_recordings),
        WITH_SCRATCH(test_fsdd_numbers_speakers_alike_in_both_splits),
        WITH_SCRATCH(test_fsdd_refuses_other_names),
        WITH_SCRATCH(test_sets_are_joined_by_class_names),
        WITH_SCRATCH(test_sets_of_other_classes_are_not_joined),
        WITH_SCRATCH(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("dataset_folder", tests, NULL, NULL);
}
