/* The command line of the trainer: defaults, values, one clear sentence for each mistake. */
#include "train/options.h"
#include "train/options_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_WORDS = 32, LINE_SIZE = 512 };

static char line[LINE_SIZE];
static char *words[MAX_WORDS + 1];

/* Splits at single blanks into `words`, so that two blanks give an empty word. */
static int split(const char *text)
{
    int count = 0;
    snprintf(line, sizeof line, "%s", text);
    char *rest = line, *word;
    while ((word = strsep(&rest, " ")) != NULL) {
        assert_true(count < MAX_WORDS);
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

/* `text` is what follows the program's name. */
static enum status parse(const char *text, struct options *options, struct error *error)
{
    char whole[LINE_SIZE];
    snprintf(whole, sizeof whole, "spikeloom-train%s%s", *text ? " " : "", text);
    return options_parse(split(whole), words, options, error);
}

static struct options parse_good(const char *text)
{
    struct options options;
    struct error error = {0};
    if (parse(text, &options, &error) != STATUS_OK)
        fail_msg("'%s': %s", text, error.detail);
    return options;
}

#define AUTOENCODER "autoencoder --data mnist:d --out o"
#define AUDIOCODER  "audiocoder --data fsdd:d --images mnist:d --autoencoder a --out o"

static void test_defaults_of_an_autoencoder(void **state)
{
    (void)state;
    struct options options = parse_good(AUTOENCODER);
    assert_int_equal(options.command, COMMAND_AUTOENCODER);
    assert_false(options.help);
    assert_string_equal(options.data, "mnist:d");
    assert_string_equal(options.out, "o");
    assert_null(options.log);
    assert_null(options.model);
    assert_int_equal(options.rule, RULE_BPTT);
    assert_int_equal(options.mask, MASK_XOR);
    assert_false(options.neuron_if);
    assert_false(options.rate_encoding);
    assert_true(options.max_rate_hz == 300);
    assert_int_equal(options.hidden, 196);
    assert_int_equal(options.steps, 15);
    assert_true(options.tau_mem_ms == 10);
    assert_true(options.surrogate_slope == 2.5);
    assert_true(options.spike_penalty == 0);
    assert_int_equal(options.validate, 0);
    assert_int_equal(options.epochs, 8);
    assert_int_equal(options.batch_size, 100);
    assert_true(options.learning_rate == 3e-3);
    assert_int_equal(options.seed, 1);
    assert_int_equal(options.threads, 0);
    assert_false(options.resume);
    assert_false(options.quiet);
    assert_true(options.checkpoint_minutes == 5);
    assert_int_equal(options.num_inputs, 0);
}

static void test_defaults_of_the_membrane_rule(void **state)
{
    (void)state;
    struct options options = parse_good(AUTOENCODER " --rule membrane");
    assert_int_equal(options.rule, RULE_MEMBRANE);
    assert_true(options.learning_rate == 5e-4);
    assert_true(options.rate_encoding);
    assert_int_equal(options.epochs, 1);
    assert_int_equal(options.batch_size, 100);

    options = parse_good(AUTOENCODER " --epochs 2 --encoding current --learning-rate 1e-3 "
                                     "--rule membrane --mask none");
    assert_true(options.learning_rate == 1e-3);
    assert_false(options.rate_encoding);
    assert_int_equal(options.epochs, 2);
    assert_int_equal(options.mask, MASK_NONE);
}

static void test_defaults_of_an_audiocoder(void **state)
{
    (void)state;
    struct options options = parse_good(AUDIOCODER);
    assert_int_equal(options.command, COMMAND_AUDIOCODER);
    assert_string_equal(options.autoencoder, "a");
    assert_string_equal(options.images, "mnist:d");
    assert_int_equal(options.hidden, 96);
    assert_int_equal(options.epochs, 30);
    assert_int_equal(options.batch_size, 50);
    assert_true(options.learning_rate == 2e-3);
    assert_true(options.weight_decay == 1e-2);
    assert_true(options.dropout == 0.1);
    assert_int_equal(options.variants, 12);
    assert_true(options.fresh == 0 && options.repeat == 1);
    assert_true(options.dense == 0 && options.loss_power == 1);
    assert_true(options.contrast_weight == 0.1);
    assert_true(options.latent_weight == 1);
    assert_int_equal(options.rule, RULE_BPTT);
    assert_false(options.own_targets);
    assert_int_equal(options.steps, 0); /* the autoencoder's */
}

static void test_defaults_of_an_audiocoder_by_the_membrane_rule(void **state)
{
    (void)state;
    struct options options = parse_good(AUDIOCODER " --rule membrane");
    assert_int_equal(options.rule, RULE_MEMBRANE);
    assert_int_equal(options.mask, MASK_XOR);
    assert_int_equal(options.hidden, 2048);
    assert_int_equal(options.steps, 30);
    assert_true(options.max_rate_hz == 20);
    assert_int_equal(options.epochs, 20);
    assert_int_equal(options.batch_size, 50);
    assert_true(options.learning_rate == 5e-5);
    assert_true(options.weight_decay == 0);
    assert_false(options.own_targets);
}

static void test_variants_of_the_membrane_rule(void **state)
{
    (void)state;
    struct options options = parse_good(AUTOENCODER " --rule membrane");
    assert_false(options.plain_sgd);
    assert_false(options.keep_moments);
    assert_true(options.clip_norm == 0);
    assert_true(options.weight_decay == 0);
    options = parse_good(AUTOENCODER " --rule membrane --adam-moments keep --clip-norm 0.5 "
                                     "--weight-decay 1e-3");
    assert_true(options.keep_moments);
    assert_true(options.clip_norm == 0.5);
    assert_true(options.weight_decay == 1e-3);
    options = parse_good(AUDIOCODER " --rule membrane --optimizer sgd --targets own --steps 10");
    assert_true(options.plain_sgd);
    assert_true(options.own_targets);
    assert_int_equal(options.steps, 10);
    assert_true(parse_good(AUDIOCODER " --targets own").own_targets);
}

static void test_defaults_of_an_ann(void **state)
{
    (void)state;
    struct options options = parse_good("ann --data mnist:d --out o");
    assert_int_equal(options.command, COMMAND_ANN);
    assert_int_equal(options.hidden, 196);
    assert_int_equal(options.epochs, 5);
    assert_int_equal(options.batch_size, 100);
    assert_true(options.learning_rate == 5e-3);
    assert_false(options.sigmoid);
    assert_true(parse_good("ann --data mnist:d --out o --activation sigmoid").sigmoid);
}

static void test_a_sweep_takes_the_options_of_an_autoencoder(void **state)
{
    (void)state;
    struct options options = parse_good("sweep --over steps=5,15 --data mnist:d --hidden 64 "
                                        "--over=seed=1,2 --out o");
    assert_int_equal(options.command, COMMAND_SWEEP);
    assert_int_equal(options.over.count, 2);
    assert_string_equal(options.over.values[0], "steps=5,15");
    assert_string_equal(options.over.values[1], "seed=1,2");
    assert_int_equal(options.hidden, 64);
    assert_int_equal(options.epochs, 8);
    assert_int_equal(options.argc, 11);
    assert_string_equal(options.argv[1], "sweep");
}

static void test_divisions_of_speech(void **state)
{
    (void)state;
    struct options options = parse_good("evaluate --model m --data fsdd:d");
    assert_int_equal(options.division.kind, DIVISION_OFFICIAL);
    assert_false(options.division.skip_bad);
    options = parse_good("evaluate --model m --data fsdd:d --split random --seed 9 --skip-bad");
    assert_int_equal(options.division.kind, DIVISION_RANDOM);
    assert_int_equal(options.division.seed, 9);
    assert_true(options.division.skip_bad);
    options = parse_good(AUDIOCODER " --split speaker=theo");
    assert_int_equal(options.division.kind, DIVISION_SPEAKER);
    assert_string_equal(options.division.speaker, "theo");
    options = parse_good(AUDIOCODER " --split takes=5-9");
    assert_int_equal(options.division.kind, DIVISION_TAKES);
    assert_int_equal(options.division.first_take, 5);
    assert_int_equal(options.division.last_take, 9);
}

static void test_values_in_both_notations(void **state)
{
    (void)state;
    struct options options =
        parse_good(AUTOENCODER " --hidden=64 --seed 9007199254740991 --neuron=if --log=a=b "
                               "--learning-rate .5 --hidden 65 --resume --quiet --threads 1024");
    assert_int_equal(options.hidden, 65); /* the last one counts */
    assert_true(options.seed == UINT64_C(9007199254740991));
    assert_true(options.neuron_if);
    assert_string_equal(options.log, "a=b");
    assert_true(options.learning_rate == 0.5);
    assert_true(options.resume);
    assert_true(options.quiet);
    assert_int_equal(options.threads, 1024);
}

static void test_the_other_commands(void **state)
{
    (void)state;
    struct options options =
        parse_good("evaluate --model m --data fsdd:d --images mnist:i --json --steps 7");
    assert_int_equal(options.command, COMMAND_EVALUATE);
    assert_string_equal(options.model, "m");
    assert_string_equal(options.images, "mnist:i");
    assert_true(options.json);
    assert_int_equal(options.steps, 7);
    assert_int_equal(options.seed, 1);
    options = parse_good("inspect --model m");
    assert_int_equal(options.command, COMMAND_INSPECT);
    assert_false(options.json);
}

static void test_words_stand_anywhere(void **state)
{
    (void)state;
    struct options options = parse_good("synthesize a.wav --model m - --out o b.wav -- --c.wav");
    const char *expected[] = {"a.wav", "-", "b.wav", "--c.wav"};
    assert_string_equal(options.model, "m");
    assert_string_equal(options.out, "o");
    assert_int_equal(options.num_inputs, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(options.inputs[i], expected[i]);
}

static void test_help_wins(void **state)
{
    (void)state;
    assert_true(parse_good("--help").help);
    assert_int_equal(parse_good("-h").command, COMMAND_COUNT);
    struct options options = parse_good("audiocoder --help");
    assert_true(options.help);
    assert_int_equal(options.command, COMMAND_AUDIOCODER);
    assert_true(parse_good("inspect -h --nonsense").help);
}

static const struct {
    const char *text, *sentence;
} mistakes[] = {
    {"", "a command is missing; see spikeloom-train --help"},
    {"train", "there is no command 'train'; see spikeloom-train --help"},
    {"Inspect --model m", "there is no command 'Inspect'; see spikeloom-train --help"},
    {"autoencoder --out o", "the command autoencoder needs --data KIND:DIR"},
    {"autoencoder --data mnist:d", "the command autoencoder needs --out FILE"},
    {AUTOENCODER " --rule membrane --spike-penalty 1",
     "--spike-penalty does nothing with --rule membrane"},
    {AUTOENCODER " --rule membrane --surrogate-slope 1",
     "--surrogate-slope does nothing with --rule membrane"},
    {AUTOENCODER " --spike-penalty -1", "--spike-penalty takes a number from 0 to 1000, not '-1'"},
    {AUTOENCODER " --neuron if --tau-mem-ms 20", "--tau-mem-ms does nothing with --neuron if"},
    {"audiocoder --data fsdd:d --images mnist:d --out o",
     "the command audiocoder needs --autoencoder FILE"},
    {"synthesize --model m --out o", "the command synthesize needs files to work on"},
    {"inspect --model m extra", "'extra' is left over: the command inspect takes options only"},
    {"inspect --model m --hidden 3",
     "the command inspect does not take --hidden; see spikeloom-train inspect --help"},
    {AUTOENCODER " --dropout=0.5",
     "the command autoencoder does not take --dropout; see spikeloom-train autoencoder --help"},
    {AUTOENCODER " --epoch 3",
     "there is no option --epoch; see spikeloom-train autoencoder --help"},
    {AUTOENCODER " -q", "there is no option '-q'; options begin with two dashes"},
    {AUTOENCODER " --epochs", "--epochs lacks its value N"},
    {AUTOENCODER " --epochs --quiet", "--epochs lacks its value N"},
    {AUTOENCODER " --epochs=", "--epochs takes a whole number from 1 to 100000, not ''"},
    {AUTOENCODER " --epochs 0", "--epochs takes a whole number from 1 to 100000, not '0'"},
    {AUTOENCODER " --epochs -3", "--epochs takes a whole number from 1 to 100000, not '-3'"},
    {AUTOENCODER " --epochs 3x", "--epochs takes a whole number from 1 to 100000, not '3x'"},
    {AUTOENCODER " --epochs 3.0", "--epochs takes a whole number from 1 to 100000, not '3.0'"},
    {AUTOENCODER " --epochs +3", "--epochs takes a whole number from 1 to 100000, not '+3'"},
    {AUTOENCODER " --epochs 0x3", "--epochs takes a whole number from 1 to 100000, not '0x3'"},
    {AUTOENCODER " --epochs 99999999999999999999",
     "--epochs takes a whole number from 1 to 100000, not '99999999999999999999'"},
    {AUTOENCODER " --seed 9007199254740992",
     "--seed takes a whole number from 0 to 9007199254740991, not '9007199254740992'"},
    {AUTOENCODER " --seed -1", "--seed takes a whole number from 0 to 9007199254740991, not '-1'"},
    {AUTOENCODER " --learning-rate 0",
     "--learning-rate takes a number above 0 and up to 1, not '0'"},
    {AUTOENCODER " --learning-rate nan",
     "--learning-rate takes a number above 0 and up to 1, not 'nan'"},
    {AUTOENCODER " --learning-rate inf",
     "--learning-rate takes a number above 0 and up to 1, not 'inf'"},
    {AUTOENCODER " --learning-rate 1e999",
     "--learning-rate takes a number above 0 and up to 1, not '1e999'"},
    {AUTOENCODER " --learning-rate 0x1p-3",
     "--learning-rate takes a number above 0 and up to 1, not '0x1p-3'"},
    {AUTOENCODER " --learning-rate 1e-3,",
     "--learning-rate takes a number above 0 and up to 1, not '1e-3,'"},
    {AUTOENCODER " --learning-rate e",
     "--learning-rate takes a number above 0 and up to 1, not 'e'"},
    {AUTOENCODER " --encoding rate --max-rate-hz 1001",
     "--max-rate-hz takes a number above 0 and up to 1000, not '1001'"},
    {AUDIOCODER " --dropout 1", "--dropout takes a number from 0 to 0.95, not '1'"},
    {AUTOENCODER " --rule sgd", "--rule takes bptt|membrane, not 'sgd'"},
    {AUTOENCODER " --neuron LIF", "--neuron takes lif|if, not 'LIF'"},
    {AUTOENCODER " --encoding=", "--encoding takes current|rate, not ''"},
    {AUTOENCODER " --quiet=yes", "--quiet takes no value"},
    {AUTOENCODER " --log=", "--log is empty"},
    {AUTOENCODER " --mask none", "--mask does nothing without --rule membrane"},
    {AUDIOCODER " --mask none", "--mask does nothing without --rule membrane"},
    {AUDIOCODER " --steps 30", "--steps does nothing without --rule membrane"},
    {AUDIOCODER " --max-rate-hz 20", "--max-rate-hz does nothing without --rule membrane"},
    {AUTOENCODER " --clip-norm 1", "--clip-norm does nothing without --rule membrane"},
    {AUTOENCODER " --optimizer sgd", "--optimizer does nothing without --rule membrane"},
    {AUTOENCODER " --adam-moments keep", "--adam-moments does nothing without --rule membrane"},
    {AUTOENCODER " --rule membrane --optimizer sgd --adam-moments keep",
     "--adam-moments does nothing with --optimizer sgd"},
    {AUDIOCODER " --rule membrane --dropout 0.1", "--dropout does nothing with --rule membrane"},
    {AUDIOCODER " --floor-removal 1",
     "the command audiocoder does not take --floor-removal; see spikeloom-train audiocoder --help"},
    {AUDIOCODER " --rule membrane --fresh 0.5", "--fresh does nothing with --rule membrane"},
    {AUDIOCODER " --rule membrane --dense 8", "--dense does nothing with --rule membrane"},
    {AUDIOCODER " --fresh 1.5", "--fresh takes a number from 0 to 1, not '1.5'"},
    {AUDIOCODER " --loss-power 0", "--loss-power takes a number from 0.1 to 1, not '0'"},
    {AUDIOCODER " --latent-weight 2 --rule membrane",
     "--latent-weight does nothing with --rule membrane"},
    {AUTOENCODER " --targets own",
     "the command autoencoder does not take --targets; see spikeloom-train autoencoder --help"},
    {AUDIOCODER " --targets all", "--targets takes class|own, not 'all'"},
    {AUTOENCODER " --rule membrane --clip-norm -1",
     "--clip-norm takes a number from 0 to 1000000, not '-1'"},
    {AUTOENCODER " --max-rate-hz 100", "--max-rate-hz does nothing without --encoding rate"},
    {"evaluate --model m --data mnist:d --split random",
     "--split is for speech; 'mnist:d' holds none"},
    {"evaluate --model m --data images:d --skip-bad",
     "--skip-bad is for speech; 'images:d' holds none"},
    {"evaluate --model m --data fsdd:d --split half",
     "--split takes official, random, speaker=NAME or takes=A-B, not 'half'"},
    {"ann --data mnist:d --out o --rule bptt",
     "the command ann does not take --rule; see spikeloom-train ann --help"},
    {"sweep --data mnist:d --out o", "the command sweep needs --over NAME=VALUE,..."},
    {"sweep --data mnist:d --out o --over steps=1 --resume",
     "the command sweep does not take --resume; see spikeloom-train sweep --help"},
    {AUTOENCODER " --", NULL},
};

static void test_each_mistake_has_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct options options;
        struct error error = {0};
        enum status status = parse(mistakes[i].text, &options, &error);
        if (!mistakes[i].sentence) {
            assert_int_equal(status, STATUS_OK);
            continue;
        }
        assert_string_equal(error.detail, mistakes[i].sentence);
        assert_int_equal(status, STATUS_INVALID_ARGUMENT);
        assert_int_equal(parse(mistakes[i].text, &options, NULL), STATUS_INVALID_ARGUMENT);
    }
}

/* The help of a command as a string, released by free. */
static char *help_of(enum train_command command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    options_help_print(command, stream);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void test_help_tells_each_option_of_a_command(void **state)
{
    (void)state;
    for (int command = 0; command < COMMAND_COUNT; command++) {
        char *text = help_of((enum train_command)command);
        const struct option_row *row;
        for (int i = 0; (row = options_row(i)) != NULL; i++) {
            char shown[64];
            snprintf(shown, sizeof shown, "\n  --%s ", row->name);
            bool taken = options_find_row(row->name, strlen(row->name), command, NULL) != NULL;
            assert_int_equal(strstr(text, shown) != NULL, taken);
        }
        assert_non_null(strstr(text, options_command_name((enum train_command)command)));
        free(text);
    }
}

static void test_help_shows_defaults_and_fits(void **state)
{
    (void)state;
    char *text = help_of(COMMAND_AUTOENCODER);
    assert_non_null(strstr(text, "(default 3e-3; 5e-4 with --rule"));
    assert_non_null(strstr(text, "(default 196)"));
    assert_non_null(strstr(text, "(required)"));
    char *rest = text, *row;
    while ((row = strsep(&rest, "\n")) != NULL)
        assert_true(strlen(row) <= 80);
    free(text);
    text = help_of(COMMAND_COUNT);
    for (int command = 0; command < COMMAND_COUNT; command++)
        assert_non_null(strstr(text, options_commands[command].summary));
    free(text);
}

static void test_examples_can_be_run(void **state)
{
    (void)state;
    for (int command = 0; command < COMMAND_COUNT; command++)
        for (int i = 0; i < OPTIONS_NUM_EXAMPLES; i++) {
            struct options options;
            struct error error = {0};
            int count = split(options_commands[command].examples[i]);
            assert_string_equal(words[0], "spikeloom-train");
            if (options_parse(count, words, &options, &error) != STATUS_OK)
                fail_msg("'%s': %s", options_commands[command].examples[i], error.detail);
            assert_int_equal(options.command, command);
        }
}

/* No command takes two rows of one name. */
static void test_rows_are_unambiguous(void **state)
{
    (void)state;
    const struct option_row *row;
    for (int i = 0; (row = options_row(i)) != NULL; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(row->name, options_row(j)->name) == 0)
                assert_int_equal(row->commands & options_row(j)->commands, 0);
}

/* Every row has one place, through all groups. */
static void test_places_of_rows(void **state)
{
    (void)state;
    int place = 0, found;
    for (int i = 0; i < OPTIONS_NUM_GROUPS; i++)
        for (int k = 0; k < options_group(i)->count; k++)
            assert_ptr_equal(options_row(place++), &options_group(i)->rows[k]);
    assert_null(options_row(place));
    assert_true(place <= OPTIONS_MAX_ROWS);
    assert_non_null(options_find_row("quiet", 5, COMMAND_ANN, &found));
    assert_string_equal(options_row(found)->name, "quiet");
    assert_null(options_find_row("quie", 4, COMMAND_COUNT, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_of_an_autoencoder),
        cmocka_unit_test(test_defaults_of_the_membrane_rule),
        cmocka_unit_test(test_defaults_of_an_audiocoder),
        cmocka_unit_test(test_defaults_of_an_audiocoder_by_the_membrane_rule),
        cmocka_unit_test(test_variants_of_the_membrane_rule),
        cmocka_unit_test(test_defaults_of_an_ann),
        cmocka_unit_test(test_a_sweep_takes_the_options_of_an_autoencoder),
        cmocka_unit_test(test_divisions_of_speech),
        cmocka_unit_test(test_values_in_both_notations),
        cmocka_unit_test(test_the_other_commands),
        cmocka_unit_test(test_words_stand_anywhere),
        cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_each_mistake_has_its_sentence),
        cmocka_unit_test(test_help_tells_each_option_of_a_command),
        cmocka_unit_test(test_help_shows_defaults_and_fits),
        cmocka_unit_test(test_examples_can_be_run),
        cmocka_unit_test(test_rows_are_unambiguous),
        cmocka_unit_test(test_places_of_rows),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
