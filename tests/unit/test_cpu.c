/* Levels of vector instructions: found, forced, refused. */
#include "core/base/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_the_best_level_is_used_unless_told_otherwise(void **state)
{
    (void)state;
    enum cpu_level level = cpu_level();
    assert_true(cpu_has_level(level));
    for (int higher = (int)level + 1; higher < CPU_LEVEL_COUNT; higher++)
        assert_false(cpu_has_level((enum cpu_level)higher));
}

static void test_a_level_can_be_forced(void **state)
{
    (void)state;
    struct error error;
    enum cpu_level best = cpu_level();
    for (int level = 0; level < CPU_LEVEL_COUNT; level++) {
        enum status wanted =
            cpu_has_level((enum cpu_level)level) ? STATUS_OK : STATUS_INVALID_ARGUMENT;
        enum cpu_level before = cpu_level();
        assert_int_equal(cpu_use_level_named(cpu_level_name((enum cpu_level)level), &error),
                         wanted);
        assert_int_equal(cpu_level(), wanted == STATUS_OK ? (enum cpu_level)level : before);
    }
    assert_int_equal(cpu_use_level_named("auto", &error), STATUS_OK);
    assert_int_equal(cpu_level(), best);
}

static void test_names_of_no_level_are_refused(void **state)
{
    (void)state;
    struct error error;
    enum cpu_level before = cpu_level();
    assert_int_equal(cpu_use_level_named("sse9", &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(cpu_use_level_named("", &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(cpu_level(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_level_is_used_unless_told_otherwise),
        cmocka_unit_test(test_a_level_can_be_forced),
        cmocka_unit_test(test_names_of_no_level_are_refused),
    };
    return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
