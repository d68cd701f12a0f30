/* The log for machines: whole lines, appended, each one an object. */
#include "core/base/mem.h"
#include "tests/unit/scratch_folder.h"
#include "train/json_log.h"

#include <unistd.h>

enum { MAX_LINES = 8 };

static struct scratch scratch;
static char path[SCRATCH_PATH_SIZE];
static json_t *lines[MAX_LINES];
static int num_lines;

static void drop_lines(void)
{
    for (int i = 0; i < num_lines; i++)
        json_decref(lines[i]);
    num_lines = 0;
}

static int make_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    scratch_path(&scratch, "log.jsonl", path);
    return 0;
}

static int remove_scratch(void **state)
{
    (void)state;
    drop_lines();
    scratch_remove(&scratch);
    return 0;
}

/* Reads the file into `lines`; a line that is no JSON becomes NULL. */
static void read_lines(void)
{
    char text[4096];
    drop_lines();
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(text, sizeof text, file)) {
        assert_true(num_lines < MAX_LINES);
        assert_int_equal(text[strlen(text) - 1], '\n');
        lines[num_lines++] = json_loads(text, 0, NULL);
    }
    fclose(file);
}

static struct json_log *open_log(void)
{
    struct json_log *log;
    struct error error = {0};
    assert_int_equal(json_log_open(path, &log, &error), STATUS_OK);
    return log;
}

static const char *text_of(int number, const char *key)
{
    return json_string_value(json_object_get(lines[number], key));
}

static void test_events_become_lines(void **state)
{
    (void)state;
    struct json_log *log = open_log();
    json_log_event(log, "start", NULL);
    json_log_event(log, "epoch",
                   json_pack("{s:i, s:f, s:s}", "epoch", 3, "loss", 0.25, "note", "a\nb"));
    read_lines(); /* before closing: lines do not wait in a buffer */
    assert_int_equal(num_lines, 2);
    assert_string_equal(text_of(0, "event"), "start");
    assert_int_equal(json_object_size(lines[0]), 2);
    assert_string_equal(text_of(1, "event"), "epoch");
    assert_int_equal(json_integer_value(json_object_get(lines[1], "epoch")), 3);
    assert_true(json_real_value(json_object_get(lines[1], "loss")) == 0.25);
    assert_string_equal(text_of(1, "note"), "a\nb");
    json_log_close(log);
}

static void test_time_and_event_come_first_and_stay(void **state)
{
    (void)state;
    struct json_log *log = open_log();
    json_log_event(log, "epoch", json_pack("{s:i, s:s, s:s}", "n", 1, "event", "x", "time", "y"));
    json_log_close(log);
    read_lines();
    assert_int_equal(num_lines, 1);
    void *place = json_object_iter(lines[0]);
    assert_string_equal(json_object_iter_key(place), "time");
    place = json_object_iter_next(lines[0], place);
    assert_string_equal(json_object_iter_key(place), "event");
    assert_string_equal(text_of(0, "event"), "epoch");
    int year, month, day, hour, minute;
    double second;
    char end;
    assert_int_equal(strlen(text_of(0, "time")), strlen("2000-01-01T00:00:00.000Z"));
    assert_int_equal(sscanf(text_of(0, "time"), "%4d-%2d-%2dT%2d:%2d:%lf%c", &year, &month, &day,
                            &hour, &minute, &second, &end),
                     7);
    assert_true(year >= 2024);
    assert_int_equal(end, 'Z');
}

static void test_a_second_run_appends(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct json_log *log = open_log();
        json_log_event(log, "start", json_pack("{s:i}", "run", i));
        json_log_close(log);
    }
    read_lines();
    assert_int_equal(num_lines, 2);
    assert_int_equal(json_integer_value(json_object_get(lines[1], "run")), 1);
}

static void test_half_a_line_does_not_spoil_the_next(void **state)
{
    (void)state;
    static const char content[] = "{\"event\":\"a\"}\n{\"event\":";
    scratch_write(&scratch, "log.jsonl", content, strlen(content));
    struct json_log *log = open_log();
    json_log_event(log, "start", NULL);
    json_log_close(log);
    read_lines();
    assert_int_equal(num_lines, 3);
    assert_string_equal(text_of(0, "event"), "a");
    assert_null(lines[1]);
    assert_string_equal(text_of(2, "event"), "start");
}

static void test_no_path_keeps_nothing(void **state)
{
    (void)state;
    struct json_log *log;
    assert_int_equal(json_log_open(NULL, &log, NULL), STATUS_OK);
    json_t *fields = json_pack("{s:i}", "n", 1);
    json_incref(fields);
    json_log_event(log, "start", fields);
    assert_int_equal(fields->refcount, 1); /* stolen and released */
    json_decref(fields);
    json_log_close(log);
    json_log_close(NULL);
}

static void test_a_file_that_cannot_be_opened(void **state)
{
    (void)state;
    struct json_log *log;
    struct error error = {0};
    assert_int_equal(json_log_open(scratch.path, &log, &error), STATUS_IO);
    assert_non_null(strstr(error.detail, scratch.path));
    assert_null(log);
}

/* Runs `events` events with standard error in a file; returns how many lines were printed. */
static int complaints(struct json_log *log, int events, json_t *fields)
{
    char text[512];
    int count = 0;
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    for (int i = 0; i < events; i++) {
        json_incref(fields);
        json_log_event(log, "epoch", fields);
    }
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    while (fgets(text, sizeof text, file)) {
        assert_non_null(strstr(text, "cannot write the log"));
        count++;
    }
    fclose(file);
    json_decref(fields);
    return count;
}

static void test_a_full_disk_is_reported_once(void **state)
{
    (void)state;
    struct json_log *log;
    if (json_log_open("/dev/full", &log, NULL) != STATUS_OK) {
        print_message("/dev/full cannot be opened\n");
        skip();
    }
    assert_int_equal(complaints(log, 3, json_object()), 1);
    json_log_close(log);
}

static void test_fields_that_are_no_object_are_reported(void **state)
{
    (void)state;
    struct json_log *log = open_log();
    assert_int_equal(complaints(log, 2, json_array()), 1);
    json_log_event(log, "end", NULL);
    json_log_close(log);
    read_lines();
    assert_int_equal(num_lines, 1);
    assert_string_equal(text_of(0, "event"), "end");
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    struct json_log *log;
    for (int successes = 0; successes < 2; successes++) {
        mem_fail_after(successes);
        enum status status = json_log_open(path, &log, NULL);
        mem_fail_never();
        assert_int_equal(status, STATUS_NO_MEMORY);
        assert_null(log);
    }
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make_scratch, remove_scratch)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(test_events_become_lines),
        WITH_SCRATCH(test_time_and_event_come_first_and_stay),
        WITH_SCRATCH(test_a_second_run_appends),
        WITH_SCRATCH(test_half_a_line_does_not_spoil_the_next),
        WITH_SCRATCH(test_no_path_keeps_nothing),
        WITH_SCRATCH(test_a_file_that_cannot_be_opened),
        WITH_SCRATCH(test_a_full_disk_is_reported_once),
        WITH_SCRATCH(test_fields_that_are_no_object_are_reported),
        WITH_SCRATCH(test_memory_runs_out),
    };
    return cmocka_run_group_tests_name("json_log", tests, NULL, NULL);
}
