/* The line that tells how far long work has come. */
#include "train/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WIDE = 1000 };

static char line[PROGRESS_LINE_SIZE];

static struct progress work_of(uint64_t total, uint64_t done)
{
    return (struct progress){.label = "epoch 1/8", .total = total, .done = done, .started = 100};
}

static const char *render(const struct progress *progress, bool finished, double now,
                          const char *remark)
{
    memset(line, '?', sizeof line);
    progress_render(progress, finished, now, remark, WIDE, line);
    return line;
}

static void test_throughput_and_time_left(void **state)
{
    (void)state;
    struct progress progress = work_of(60000, 12345);
    assert_string_equal(render(&progress, false, 115, "loss 0.01"),
                        "epoch 1/8   20%  12345/60000  823/s  0:58 left  loss 0.01");
    assert_string_equal(render(&progress, false, 100 + 1000, ""),
                        "epoch 1/8   20%  12345/60000  12.3/s  1:04:20 left");
    assert_string_equal(render(&progress, false, 100 + 10000, ""),
                        "epoch 1/8   20%  12345/60000  1.23/s  10:43:23 left");
}

static void test_earlier_work_is_no_throughput(void **state)
{
    (void)state;
    struct progress progress = work_of(1000, 600);
    progress.resumed = 500;
    assert_string_equal(render(&progress, false, 110, ""),
                        "epoch 1/8   60%  600/1000  10.0/s  0:40 left");
}

static void test_nothing_is_known_at_first(void **state)
{
    (void)state;
    struct progress progress = work_of(1000, 0);
    assert_string_equal(render(&progress, false, 100, ""), "epoch 1/8    0%  0/1000  -/s  ? left");
    assert_string_equal(render(&progress, false, 110, ""), "epoch 1/8    0%  0/1000  -/s  ? left");
}

static void test_the_end(void **state)
{
    (void)state;
    struct progress progress = work_of(1000, 1000);
    assert_string_equal(render(&progress, false, 110, ""),
                        "epoch 1/8  100%  1000/1000  100/s  0:00 left");
    assert_string_equal(render(&progress, true, 172, "loss 1"),
                        "epoch 1/8  100%  1000/1000  13.9/s  1:12 taken  loss 1");
    progress = work_of(0, 0);
    assert_string_equal(render(&progress, true, 100, ""), "epoch 1/8  100%  0/0  -/s  0:00 taken");
}

static void test_a_terminal_gets_a_bar(void **state)
{
    (void)state;
    struct progress progress = work_of(1000, 500);
    progress.terminal = true;
    assert_string_equal(render(&progress, false, 110, ""),
                        "epoch 1/8  [############............]  50%  500/1000  50.0/s  0:10 left");
    progress.done = 999;
    assert_non_null(strstr(render(&progress, false, 110, ""), "[#######################.]  99%"));
    progress.done = 1000;
    assert_non_null(strstr(render(&progress, false, 110, ""), "[########################] 100%"));
    assert_null(strchr(render(&progress, true, 110, ""), '#'));
}

static void test_lines_are_cut(void **state)
{
    (void)state;
    char remark[2 * PROGRESS_LINE_SIZE];
    struct progress progress = work_of(1000, 500);
    memset(remark, 'x', sizeof remark);
    remark[sizeof remark - 1] = '\0';
    progress_render(&progress, false, 110, remark, 20, line);
    assert_string_equal(line, "epoch 1/8   50%  50");
    render(&progress, false, 110, remark);
    assert_int_equal(strlen(line), PROGRESS_LINE_SIZE - 1);
}

/* Runs a short piece of work with standard error in a file; returns what was printed. */
static const char *printed_by_work(bool quiet)
{
    static char text[1024];
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    struct progress progress;
    progress_start(&progress, "test", 100, 0, quiet);
    for (uint64_t done = 1; done <= 100; done++)
        progress_update(&progress, done, "loss %d", 3);
    progress_finish(&progress, "loss %d", 4);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void test_short_work_prints_its_last_line_alone(void **state)
{
    (void)state;
    const char *text = printed_by_work(false);
    assert_ptr_equal(strstr(text, "test  100%  100/100  "), text);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_non_null(strstr(text, "taken  loss 4\n"));
}

static void test_quiet_prints_nothing(void **state)
{
    (void)state;
    assert_string_equal(printed_by_work(true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_throughput_and_time_left),
        cmocka_unit_test(test_earlier_work_is_no_throughput),
        cmocka_unit_test(test_nothing_is_known_at_first),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_a_terminal_gets_a_bar),
        cmocka_unit_test(test_lines_are_cut),
        cmocka_unit_test(test_short_work_prints_its_last_line_alone),
        cmocka_unit_test(test_quiet_prints_nothing),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
