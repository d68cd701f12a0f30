/* Corpora of speech by their layouts, their divisions, and recordings that cannot be used. */
#include "core/base/mem.h"
#include "tests/unit/corpus_maker.h"
#include "train/dataset.h"

static struct scratch scratch;
static char spec[SCRATCH_PATH_SIZE + 16];

static int make_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void use(const char *kind)
{
    snprintf(spec, sizeof spec, "%s:%s", kind, scratch.path);
}

static void load(const char *text, enum dataset_split split, uint64_t seed, struct speech_set *set)
{
    struct error error = {0};
    struct dataset_division division = {.seed = seed};
    if (dataset_division_parse(text, &division, &error) != STATUS_OK ||
        speech_set_load_divided(spec, split, &division, set, &error) != STATUS_OK)
        fail_msg("%s", error.detail);
}

/* Loading must fail so, with both texts in the sentence. */
static void expect_bad(const char *text, bool skip_bad, enum status expected, const char *one,
                       const char *other)
{
    struct error error = {0};
    struct speech_set set;
    struct dataset_division division = {.seed = 1, .skip_bad = skip_bad};
    assert_int_equal(dataset_division_parse(text, &division, &error), STATUS_OK);
    assert_int_equal(speech_set_load_divided(spec, DATASET_TRAIN, &division, &set, &error),
                     expected);
    if (!strstr(error.detail, one) || !strstr(error.detail, other))
        fail_msg("'%s' lacks '%s' or '%s'", error.detail, one, other);
    assert_null(set.utterances);
    assert_null(set.skipped);
    assert_int_equal(set.num_utterances + set.num_skipped, 0);
}

static int value_of(const struct utterance *utterance)
{
    assert_int_equal(utterance->audio.num_samples, MAKER_SAMPLES);
    return (int)(utterance->audio.samples[MAKER_SAMPLES - 1] * 32768);
}

/* Speakers f1 and m8, digits 0, 1 and 9, two takes for testing and one for training. */
static void write_ti46(void)
{
    static const char *const speakers[] = {"f1", "m8"};
    static const char *const takes[] = {"set0", "s1t0", "s2t0"};
    static const int digits[] = {0, 1, 9};
    for (int i = 0; i < 2 * 3 * 3; i++) {
        int speaker = i / 9, digit = digits[i / 3 % 3], take = i % 3;
        char name[128];
        snprintf(name, sizeof name, "%s/%s/0%d%s%s.wav", take ? "test" : "train", speakers[speaker],
                 digit, speakers[speaker], takes[take]);
        maker_write_sphere(&scratch, name, 12500, 1000 * speaker + 100 * digit + 10 * take + 50);
    }
}

static void test_ti46_reads_its_layout(void **state)
{
    (void)state;
    struct speech_set set;
    use("ti46");
    write_ti46();
    scratch_write(&scratch, "train/f1/enf1set0.wav", "a command, not a digit", 22);
    scratch_write(&scratch, "train/f1/0af1set0.wav", "a letter", 8);
    scratch_write(&scratch, "train/f1/01f1set0.txt", "a note", 6);
    scratch_write(&scratch, "train/doc/01f1set0.wav", "no speaker", 10);
    load("official", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.classes.count, 10);
    assert_int_equal(set.num_utterances, 6);
    assert_string_equal(set.utterances[1].name, "01f1set0.wav");
    assert_int_equal(set.utterances[1].label, 1);
    assert_int_equal(set.utterances[1].speaker, 0);
    assert_int_equal(set.utterances[1].audio.sample_rate_hz, 12500);
    assert_int_equal(value_of(&set.utterances[1]), 150);
    assert_int_equal(set.utterances[5].label, 9);
    assert_int_equal(set.utterances[5].speaker, 1);
    speech_set_free(&set);
    load(NULL, DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 12);
    assert_int_equal(value_of(&set.utterances[0]), 60);
    assert_int_equal(set.utterances[0].label, 0);
    speech_set_free(&set);
}

static void test_ti46_takes_wav_files_too(void **state)
{
    (void)state;
    struct speech_set set;
    use("ti46");
    maker_write_wav(&scratch, "train/m3/07m3set4.wav", 12500, 70);
    expect_bad("official", false, STATUS_NOT_FOUND, "/test", "missing");
    maker_write_wav(&scratch, "test/m3/07m3set4.wav", 12500, 80);
    load("official", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.utterances[0].label, 7);
    assert_int_equal(value_of(&set.utterances[0]), 70);
    speech_set_free(&set);
}

/* All sixteen speakers with all digits on either side; two takes for testing. */
static void write_whole_ti46(void)
{
    for (int i = 0; i < 16 * 10 * 3; i++) {
        int speaker = i / 30, digit = i / 3 % 10, take = i % 3;
        char name[128], who[3] = {speaker < 8 ? 'f' : 'm', (char)('1' + speaker % 8), 0};
        snprintf(name, sizeof name, "%s/%s/0%d%ss%dt%d.wav", take ? "test" : "train", who, digit,
                 who, take, take);
        maker_write_sphere(&scratch, name, 12500, 100 * speaker + 1000 * take + 50);
    }
}

static void test_ti46_of_all_speakers(void **state)
{
    (void)state;
    struct speech_set set;
    int per_class[10] = {0};
    use("ti46");
    write_whole_ti46();
    maker_write_sphere(&scratch, "train/f9/01f9set0.wav", 12500, 50); /* there is none */
    load("official", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.num_utterances, 160);
    for (uint32_t i = 0; i < set.num_utterances; i++) {
        assert_int_equal(set.utterances[i].speaker, i / 10);
        per_class[set.utterances[i].label]++;
    }
    for (int label = 0; label < 10; label++)
        assert_int_equal(per_class[label], 16);
    speech_set_free(&set);
    load("official", DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 320);
    speech_set_free(&set);
}

/* A speaker is left out on both sides of the corpus. */
static void test_ti46_leaves_a_speaker_out(void **state)
{
    (void)state;
    struct speech_set set;
    use("ti46");
    write_whole_ti46();
    load("speaker=m8", DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 30);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_int_equal(set.utterances[i].speaker, 15);
    speech_set_free(&set);
    load("speaker=m8", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.num_utterances, 450);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_in_range(set.utterances[i].speaker, 0, 14);
    speech_set_free(&set);
    expect_bad("speaker=f9", false, STATUS_INVALID_ARGUMENT, "no speaker 'f9'", "16 speakers");
}

static void test_fsdd_leaves_a_speaker_out(void **state)
{
    (void)state;
    static const char *const speakers[] = {"theo", "anna", "anna_maria"};
    struct speech_set set;
    use("fsdd");
    for (int i = 0; i < 3 * 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "recordings/%d_%s_%d.wav", i % 4, speakers[i / 8], i % 8);
        maker_write_wav(&scratch, name, 8000, 100 * (i / 8) + 50);
    }
    load("speaker=anna", DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 8); /* takes for training and for testing */
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_int_equal(value_of(&set.utterances[i]), 150);
    speech_set_free(&set);
    load("speaker=anna", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.num_utterances, 16);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_int_not_equal(value_of(&set.utterances[i]), 150);
    speech_set_free(&set);
}

/* Takes 0-4 are in neither split, so that settings are chosen without them. */
static void test_fsdd_holds_takes_out(void **state)
{
    (void)state;
    struct speech_set set;
    use("fsdd");
    for (int take = 0; take < 12; take++) {
        char name[64];
        snprintf(name, sizeof name, "recordings/3_anna_%d.wav", take);
        maker_write_wav(&scratch, name, 8000, 100 * take + 50);
    }
    load("takes=5-8", DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 4);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_in_range(value_of(&set.utterances[i]), 550, 850);
    speech_set_free(&set);
    load("takes=5-8", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.num_utterances, 3);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_in_range(value_of(&set.utterances[i]), 950, 1150);
    speech_set_free(&set);
    expect_bad("takes=5-11", false, STATUS_MALFORMED, "no recordings", "training split");
}

/* Speakers 01, 02 and 60, all digits, `takes` takes. */
static void write_audiomnist(int takes)
{
    static const int speakers[] = {60, 1, 2};
    for (int s = 0; s < 3; s++)
        for (int digit = 0; digit < 10; digit++)
            for (int take = 0; take < takes; take++) {
                char name[128];
                snprintf(name, sizeof name, "data/%02d/%d_%02d_%d.wav", speakers[s], digit,
                         speakers[s], take);
                maker_write_wav(&scratch, name, 48000, 10000 * s + 900 * digit + 30 * take + 50);
            }
}

static void test_audiomnist_reads_its_layout(void **state)
{
    (void)state;
    struct speech_set set;
    use("audiomnist");
    write_audiomnist(2);
    scratch_write(&scratch, "data/audioMNIST_meta.txt", "x", 1);
    expect_bad("official", false, STATUS_INVALID_ARGUMENT, "no official division", "--split");
    load("speaker=02", DATASET_TRAIN, 1, &set);
    assert_int_equal(set.num_utterances, 40);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_int_not_equal(set.utterances[i].speaker, 1);
    assert_int_equal(set.utterances[0].audio.sample_rate_hz, 48000);
    speech_set_free(&set);
    load("speaker=02", DATASET_TEST, 1, &set);
    assert_int_equal(set.num_utterances, 20);
    assert_string_equal(set.utterances[3].name, "1_02_1.wav");
    assert_int_equal(set.utterances[3].label, 1);
    assert_int_equal(value_of(&set.utterances[3]), 20980);
    speech_set_free(&set);
    expect_bad("speaker=03", false, STATUS_INVALID_ARGUMENT, "no speaker '03'", "01 to 60");
}

static void test_audiomnist_refuses_other_names(void **state)
{
    (void)state;
    use("audiomnist");
    write_audiomnist(1);
    maker_write_wav(&scratch, "data/01/3_02_0.wav", 48000, 50);
    expect_bad("random", false, STATUS_MALFORMED, "3_02_0.wav", "{digit}_01_{take}.wav");
}

/* Which of the 3 x 10 x 25 recordings are for testing. */
static uint32_t mark_test(uint64_t seed, bool test[32768])
{
    struct speech_set set;
    int per_class[10] = {0};
    memset(test, 0, 32768 * sizeof *test);
    load("random", DATASET_TEST, seed, &set);
    for (uint32_t i = 0; i < set.num_utterances; i++) {
        test[value_of(&set.utterances[i])] = true;
        per_class[set.utterances[i].label]++;
    }
    for (int label = 0; label < 10; label++)
        assert_int_equal(per_class[label], 12); /* 16 % of 75 */
    uint32_t count = set.num_utterances;
    speech_set_free(&set);
    return count;
}

static void test_a_random_division_follows_its_seed(void **state)
{
    (void)state;
    static bool first[32768], again[32768], other[32768];
    struct speech_set set;
    use("audiomnist");
    write_audiomnist(25);
    assert_int_equal(mark_test(7, first), 120);
    mark_test(7, again);
    assert_memory_equal(first, again, sizeof first);
    mark_test(8, other);
    assert_memory_not_equal(first, other, sizeof first);
    load("random", DATASET_TRAIN, 7, &set);
    assert_int_equal(set.num_utterances, 630);
    for (uint32_t i = 0; i < set.num_utterances; i++)
        assert_false(first[value_of(&set.utterances[i])]);
    speech_set_free(&set);
}

static void test_folders_have_no_speakers(void **state)
{
    (void)state;
    struct speech_set set;
    use("wavs");
    for (int i = 0; i < 25; i++) {
        char name[64];
        snprintf(name, sizeof name, "yes/%02d.wav", i);
        maker_write_wav(&scratch, name, 8000, 50 + i);
    }
    expect_bad("speaker=yes", false, STATUS_INVALID_ARGUMENT, "does not tell who speaks", "");
    expect_bad("takes=5-9", false, STATUS_INVALID_ARGUMENT, "does not number its takes", "");
    load("random", DATASET_TEST, 3, &set);
    assert_int_equal(set.num_utterances, 4);
    speech_set_free(&set);
}

static void test_bad_recordings_are_named_and_counted(void **state)
{
    (void)state;
    struct error error;
    struct speech_set set;
    struct dataset_division division = {.kind = DIVISION_OFFICIAL, .skip_bad = true};
    use("fsdd");
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "%d_anna_9.wav", i);
        maker_write_wav(&scratch, name, 8000, i == 2 ? 1 : 50 + i);
    }
    scratch_write(&scratch, "1_anna_9.wav", "", 0);
    scratch_write(&scratch, "3_anna_9.wav", "this is no sound", 16);
    expect_bad("official", false, STATUS_MALFORMED, "1_anna_9.wav: ", "3 of 5 recordings");
    expect_bad("official", false, STATUS_MALFORMED, "1_anna_9.wav: ", "--skip-bad");
    assert_int_equal(speech_set_load_divided(spec, DATASET_TRAIN, &division, &set, &error),
                     STATUS_OK);
    assert_int_equal(set.num_utterances, 2);
    assert_int_equal(set.utterances[1].label, 4);
    assert_int_equal(set.num_skipped, 3);
    assert_non_null(strstr(set.skipped[0], "1_anna_9.wav: "));
    assert_non_null(strstr(set.skipped[1], "2_anna_9.wav: The recording is silent."));
    assert_non_null(strstr(set.skipped[2], "3_anna_9.wav: "));
    speech_set_free(&set);
}

static void test_nothing_but_bad_recordings(void **state)
{
    (void)state;
    use("fsdd");
    maker_write_wav(&scratch, "1_anna_9.wav", 8000, 0);
    expect_bad("official", true, STATUS_MALFORMED, "1_anna_9.wav: ", "1 of 1 recordings");
}

static void test_words_of_a_division(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "speaker",        "speaker=",   "half",
                                      "Random",     "takes=",         "takes=5",    "takes=5-",
                                      "takes=-5-9", "takes=9-5",      "takes=5-9x", "takes=5- 9",
                                      "takes=+5-9", "takes=1-1234567"};
    struct dataset_division division;
    struct error error;
    assert_int_equal(dataset_division_parse("speaker=f1", &division, NULL), STATUS_OK);
    assert_int_equal(division.kind, DIVISION_SPEAKER);
    assert_string_equal(division.speaker, "f1");
    assert_int_equal(dataset_division_parse("takes=5-14", &division, NULL), STATUS_OK);
    assert_int_equal(division.kind, DIVISION_TAKES);
    assert_int_equal(division.first_take, 5);
    assert_int_equal(division.last_take, 14);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(dataset_division_parse(bad[i], &division, &error),
                         STATUS_INVALID_ARGUMENT);
        assert_non_null(strstr(error.detail, "speaker=NAME"));
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const kinds[] = {"ti46", "audiomnist"};
    struct dataset_division division = {.kind = DIVISION_RANDOM, .skip_bad = true};
    write_ti46();
    write_audiomnist(1);
    scratch_write(&scratch, "train/f1/02f1set0.wav", "bad", 3);
    for (int i = 0; i < 2; i++) {
        enum status status = STATUS_NO_MEMORY;
        use(kinds[i]);
        for (int successes = 0; status != STATUS_OK; successes++) {
            struct speech_set set;
            assert_true(successes < 5000);
            mem_fail_after(successes);
            status = speech_set_load_divided(spec, DATASET_TRAIN, &division, &set, NULL);
            mem_fail_never();
            assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
            speech_set_free(&set);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ti46_reads_its_layout, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_ti46_takes_wav_files_too, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_ti46_of_all_speakers, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_ti46_leaves_a_speaker_out, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_fsdd_leaves_a_speaker_out, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_fsdd_holds_takes_out, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_audiomnist_reads_its_layout, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_audiomnist_refuses_other_names, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_a_random_division_follows_its_seed, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_folders_have_no_speakers, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_bad_recordings_are_named_and_counted, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_nothing_but_bad_recordings, make_scratch,
                                        remove_scratch),
        cmocka_unit_test_setup_teardown(test_words_of_a_division, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_every_allocation_may_fail, make_scratch,
                                        remove_scratch),
    };
    return cmocka_run_group_tests_name("corpus", tests, NULL, NULL);
}
