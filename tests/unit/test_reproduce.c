/*
 * The plan of reproduce hangs together: tables name experiments that exist, plots name columns that
 * exist, and every command line is one that the parser takes.
 */
#include "train/reproduce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct options options(bool full)
{
    return (struct options){.out = "out",
                            .mnist = "mnist:digits",
                            .fashion = "fashion:clothes",
                            .speech = "fsdd:speech",
                            .full = full};
}

static void test_every_command_is_taken(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct error error = {STATUS_OK, ""};
        struct reproduction plan;
        struct options given = options(full);
        enum status status = reproduce_runs_make(&given, &plan, &error);
        assert_string_equal(error.detail, "");
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(plan.num_runs, reproduce_num_experiments);
        for (int i = 0; i < plan.num_runs; i++) {
            assert_null(plan.runs[i].missing);
            assert_true(full ? plan.runs[i].train.options.limit == 0
                             : plan.runs[i].train.options.limit > 0);
            assert_string_equal(plan.runs[i].train.options.out,
                                plan.runs[i].evaluate.options.model);
        }
        reproduce_runs_free(&plan);
    }
}

static void test_published_settings(void **state)
{
    (void)state;
    struct error error;
    struct reproduction plan;
    struct options given = options(true);
    assert_int_equal(reproduce_runs_make(&given, &plan, &error), STATUS_OK);
    const struct options *mnist = &reproduce_runs_find(&plan, "mnist-seed1")->train.options;
    assert_int_equal(mnist->steps, 15);
    assert_int_equal(mnist->hidden, 196);
    assert_true(mnist->max_rate_hz == 300 && mnist->learning_rate == 5e-4);
    const struct options *steps = &reproduce_runs_find(&plan, "mnist-steps60")->train.options;
    assert_int_equal(steps->steps, 60);
    const struct options *audio = &reproduce_runs_find(&plan, "audio-b-membrane")->train.options;
    assert_int_equal(audio->hidden, 2048);
    assert_true(audio->own_targets);
    assert_string_equal(audio->autoencoder, "out/mnist-seed1.safetensors");
    assert_string_equal(audio->images, "mnist:digits");
    reproduce_runs_free(&plan);
}

static void test_missing_data(void **state)
{
    (void)state;
    struct error error;
    struct reproduction plan;
    struct options given = options(false);
    given.speech = NULL;
    assert_int_equal(reproduce_runs_make(&given, &plan, &error), STATUS_OK);
    assert_string_equal(reproduce_runs_find(&plan, "audio-a-bptt")->missing, "--speech");
    assert_null(reproduce_runs_find(&plan, "fashion-ann")->missing);
    for (int i = 0; i < reproduce_num_tables; i++)
        assert_int_equal(reproduce_table_filled(&plan, &reproduce_tables[i]),
                         strcmp(reproduce_tables[i].name, "audio") != 0);
    reproduce_runs_free(&plan);
}

static void test_names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < reproduce_num_experiments; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(reproduce_experiments[i].name, reproduce_experiments[k].name);
}

static void check_table(const struct reproduction *plan, const struct reproduce_table *table)
{
    int columns = 0;
    while (columns < REPRODUCE_MAX_COLUMNS && table->columns[columns].heading)
        columns++;
    assert_true(columns > 0);
    for (int i = 0; i < REPRODUCE_MAX_TABLE_RUNS && table->runs[i]; i++)
        assert_non_null(reproduce_runs_find(plan, table->runs[i]));
    assert_in_range(table->plot.x, 0, columns - 1);
    assert_in_range(table->plot.y[0], 0, columns - 1);
    assert_in_range(table->plot.y[1], 0, columns - 1);
}

static void test_tables(void **state)
{
    (void)state;
    struct error error;
    struct reproduction plan;
    struct options given = options(true);
    assert_int_equal(reproduce_runs_make(&given, &plan, &error), STATUS_OK);
    for (int i = 0; i < reproduce_num_tables; i++)
        check_table(&plan, &reproduce_tables[i]);
    reproduce_runs_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_is_taken),
        cmocka_unit_test(test_published_settings),
        cmocka_unit_test(test_missing_data),
        cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests_name("reproduce", tests, NULL, NULL);
}
