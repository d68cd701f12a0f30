/* Sweeps: the grid of runs from a command line, and the files of results. */
#include "core/base/mem.h"
#include "tests/unit/scratch_folder.h"
#include "train/sweep.h"

static struct scratch scratch;

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

static enum status make_grid(struct sweep_grid *grid, struct error *error)
{
    static char line[] = "spikeloom-train sweep --over steps=5,15 --rule membrane --out=o "
                         "--over=mask=xor,none --data mnist:d --hidden=64 --";
    enum { NUM_WORDS = 12 };
    static char *words[NUM_WORDS + 1];
    static int num_words;
    struct options options;
    for (char *rest = line; rest && num_words < NUM_WORDS;)
        words[num_words++] = strsep(&rest, " ");
    enum status status = options_parse(num_words, words, &options, error);
    return status == STATUS_OK ? sweep_grid_make(&options, grid, error) : status;
}

static void test_a_grid(void **state)
{
    (void)state;
    static const char *const names[] = {"steps5-maskxor", "steps5-masknone", "steps15-maskxor",
                                        "steps15-masknone"};
    struct sweep_grid grid;
    assert_int_equal(make_grid(&grid, NULL), STATUS_OK);
    assert_int_equal(grid.num_runs, 4);
    for (int i = 0; i < 4; i++) {
        const struct sweep_run *run = &grid.runs[i];
        char out[128];
        snprintf(out, sizeof out, "o/%s.safetensors", names[i]);
        assert_string_equal(run->name, names[i]);
        assert_int_equal(run->options.command, COMMAND_AUTOENCODER);
        assert_int_equal(run->options.steps, i < 2 ? 5 : 15);
        assert_int_equal(run->options.mask, i % 2 ? MASK_NONE : MASK_XOR);
        assert_int_equal(run->options.hidden, 64);
        assert_string_equal(run->options.out, out);
    }
    assert_string_equal(grid.runs[0].command_line,
                        "spikeloom-train autoencoder --rule membrane --data mnist:d --hidden=64 "
                        "--steps=5 --mask=xor --out=o/steps5-maskxor.safetensors");
    const json_t *settings = grid.runs[3].settings;
    assert_string_equal(json_string_value(json_object_get(settings, "mask")), "none");
    assert_int_equal(json_integer_value(json_object_get(settings, "steps")), 15);
    assert_null(json_object_get(settings, "out"));
    assert_null(json_object_get(settings, "threads"));
    sweep_grid_free(&grid);
}

static void test_a_grid_without_memory(void **state)
{
    (void)state;
    enum status status = STATUS_NO_MEMORY;
    for (int successes = 0; status != STATUS_OK; successes++) {
        struct sweep_grid grid = {0};
        assert_true(successes < 1000);
        mem_fail_after(successes);
        status = make_grid(&grid, NULL);
        mem_fail_never();
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
        sweep_grid_free(&grid);
    }
}

static json_t *make_row(const char *run, const char *data, double mse)
{
    return json_pack("{s:s, s:{s:s, s:i}, s:{s:f, s:n}, s:f}", "run", run, "settings", "data", data,
                     "steps", 5, "scores", "pixel_mse", mse, "mse_spikes", "seconds", 1.5);
}

static void expect_file(const char *name, const char *expected)
{
    char path[SCRATCH_PATH_SIZE], text[512];
    scratch_path(&scratch, name, path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void test_results_are_kept(void **state)
{
    (void)state;
    struct sweep_results results;
    assert_int_equal(sweep_results_open(scratch.path, &results, NULL), STATUS_OK);
    assert_null(sweep_results_find(&results, "a"));
    assert_int_equal(sweep_results_add(&results, make_row("a", "images:x", 0.25), NULL), STATUS_OK);
    assert_int_equal(sweep_results_add(&results, make_row("b", "images:\"x\", y", 0.5), NULL),
                     STATUS_OK);
    expect_file("results.csv", "run,data,steps,pixel_mse,mse_spikes,seconds\n"
                               "a,images:x,5,0.25,,1.5\n"
                               "b,\"images:\"\"x\"\", y\",5,0.5,,1.5\n");
    sweep_results_close(&results);
    assert_int_equal(sweep_results_open(scratch.path, &results, NULL), STATUS_OK);
    assert_int_equal(json_array_size(results.rows), 2);
    json_t *expected = make_row("b", "images:\"x\", y", 0.5);
    assert_true(json_equal(sweep_results_find(&results, "b"), expected));
    json_decref(expected);
    sweep_results_close(&results);
}

/* A run that is done again takes the place of its row; columns are those of all rows. */
static void test_rows_are_replaced(void **state)
{
    (void)state;
    struct sweep_results results;
    assert_int_equal(sweep_results_open(scratch.path, &results, NULL), STATUS_OK);
    assert_int_equal(sweep_results_add(&results, make_row("a", "images:x", 0.25), NULL), STATUS_OK);
    assert_int_equal(
        sweep_results_add(&results,
                          json_pack("{s:s, s:{s:i}, s:{s:f}, s:f}", "run", "b", "settings",
                                    "hidden", 7, "scores", "synops", 9.5, "seconds", 2.5),
                          NULL),
        STATUS_OK);
    assert_int_equal(sweep_results_add(&results, make_row("a", "images:x", 0.5), NULL), STATUS_OK);
    expect_file("results.csv", "run,hidden,data,steps,synops,pixel_mse,mse_spikes,seconds\n"
                               "b,7,,,9.5,,,2.5\n"
                               "a,,images:x,5,,0.5,,1.5\n");
    sweep_results_close(&results);
}

static void test_damaged_results_are_refused(void **state)
{
    (void)state;
    static const char *const damaged[] = {"{\"run\":\"a\"", "{\"run\":\"a\"}\n", "\n", "[]\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct sweep_results results;
        struct error error;
        scratch_write(&scratch, "results.jsonl", damaged[i], strlen(damaged[i]));
        assert_int_equal(sweep_results_open(scratch.path, &results, &error), STATUS_MALFORMED);
        assert_non_null(strstr(error.detail, "results.jsonl: line 1"));
        sweep_results_close(&results);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_grid),
        cmocka_unit_test(test_a_grid_without_memory),
        cmocka_unit_test_setup_teardown(test_results_are_kept, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_rows_are_replaced, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(test_damaged_results_are_refused, make_scratch,
                                        remove_scratch),
    };
    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
