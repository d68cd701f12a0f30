/* Whole files: caps, what is no file, and replacing that leaves either the old or the new one. */
#include "core/base/file.h"
#include "core/base/mem.h"
#include "tests/unit/scratch_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct scratch scratch;

static int open_scratch(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}

static int close_scratch(void **state)
{
    (void)state;
    scratch_remove(&scratch);
    return 0;
}

static void assert_content(const char *path, const char *content)
{
    struct buf bytes;
    buf_init(&bytes, 1000);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    assert_int_equal(bytes.size, strlen(content));
    if (bytes.size)
        assert_string_equal((char *)bytes.bytes, content);
    buf_free(&bytes);
}

static int count_entries(const char *folder)
{
    int count = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count - 2; /* . and .. */
}

static void test_reads_what_was_written(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct buf bytes;
    scratch_write(&scratch, "plain", "some bytes", 10);
    scratch_write(&scratch, "empty", "", 0);
    scratch_path(&scratch, "plain", path);
    assert_content(path, "some bytes");
    assert_true(file_exists(path));
    buf_init(&bytes, 13);
    assert_int_equal(buf_append(&bytes, "...", 3), STATUS_OK);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    assert_string_equal((char *)bytes.bytes, "...some bytes");
    buf_free(&bytes);
    scratch_path(&scratch, "empty", path);
    assert_content(path, "");
}

static void test_cap(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct buf bytes;
    struct error error;
    scratch_write(&scratch, "ten", "0123456789", 10);
    scratch_path(&scratch, "ten", path);
    buf_init(&bytes, 9);
    assert_int_equal(file_read(path, &bytes, &error), STATUS_TOO_LARGE);
    assert_non_null(strstr(error.detail, path));
    buf_free(&bytes);
    /* files of /proc have no size of their own; the cap holds all the same */
    buf_init(&bytes, 9);
    assert_int_equal(file_read("/proc/self/maps", &bytes, &error), STATUS_TOO_LARGE);
    assert_true(bytes.size <= 9);
    buf_free(&bytes);
}

static void assert_unreadable(const char *path, enum status expected)
{
    struct buf bytes;
    struct error error;
    buf_init(&bytes, 100);
    assert_int_equal(file_read(path, &bytes, &error), expected);
    assert_int_equal(error.status, expected);
    assert_non_null(strstr(error.detail, path));
    assert_int_equal(bytes.size, 0);
    buf_free(&bytes);
}

static void test_what_is_no_file(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "missing", path);
    assert_unreadable(path, STATUS_NOT_FOUND);
    assert_false(file_exists(path));
    assert_unreadable(scratch.path, STATUS_IO);
    assert_unreadable("/dev/null", STATUS_IO);
    /* nobody will ever write into it: opening must not wait */
    scratch_path(&scratch, "pipe", path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20);
    assert_unreadable(path, STATUS_IO);
    alarm(0);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    scratch_write(&scratch, "plain", "some bytes", 10);
    scratch_path(&scratch, "plain", path);
    mem_fail_after(0);
    assert_unreadable(path, STATUS_NO_MEMORY);
    mem_fail_never();
}

static void test_replace(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    scratch_path(&scratch, "new/file", path);
    assert_int_equal(file_replace(path, "first", 5, NULL), STATUS_OK);
    assert_content(path, "first");
    assert_int_equal(file_replace(path, "second one", 10, NULL), STATUS_OK);
    assert_content(path, "second one");
    assert_int_equal(file_replace(path, "", 0, NULL), STATUS_OK);
    assert_content(path, "");
    scratch_path(&scratch, "new", path);
    assert_int_equal(count_entries(path), 1);
}

static void test_replace_in_the_working_folder(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(scratch.path), 0);
    assert_int_equal(file_replace("bare-name", "x", 1, NULL), STATUS_OK);
    assert_content("bare-name", "x");
    assert_int_equal(chdir(before), 0);
}

static void test_replace_where_it_cannot(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE], file[SCRATCH_PATH_SIZE];
    struct error error;
    int length = snprintf(path, sizeof path, "%s/no-such-folder/file", scratch.path);
    assert_true(length > 0 && length < SCRATCH_PATH_SIZE);
    assert_int_equal(file_replace(path, "x", 1, &error), STATUS_IO);
    assert_int_equal(error.status, STATUS_IO);

    /* the target is a folder: renaming over it fails, and the temporary file goes away */
    scratch_write(&scratch, "target/inside/file", "kept", 4);
    scratch_path(&scratch, "target/inside", folder);
    scratch_path(&scratch, "target/inside/file", file);
    assert_int_equal(file_replace(folder, "x", 1, &error), STATUS_IO);
    assert_content(file, "kept");
    scratch_path(&scratch, "target", folder);
    assert_int_equal(count_entries(folder), 1);
}

/* A disk that is full: a limit on the size of files, the nearest to it that needs no rights. */
static void test_replace_on_a_full_disk(void **state)
{
    (void)state;
    static const uint8_t large[8192];
    char path[SCRATCH_PATH_SIZE], folder[SCRATCH_PATH_SIZE];
    struct rlimit before, low;
    struct error error;
    scratch_write(&scratch, "full/file", "the old one", 11);
    scratch_path(&scratch, "full/file", path);
    scratch_path(&scratch, "full", folder);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    enum status status = file_replace(path, large, sizeof large, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_IO);
    assert_content(path, "the old one");
    assert_int_equal(count_entries(folder), 1);
}

static void test_folders(void **state)
{
    (void)state;
    char folder[SCRATCH_PATH_SIZE], below[SCRATCH_PATH_SIZE + 8];
    struct error error;
    scratch_path(&scratch, "folders", folder);
    snprintf(below, sizeof below, "%s/below", folder);
    assert_int_equal(file_make_folder(below, &error), STATUS_IO);
    assert_non_null(strstr(error.detail, "No such file"));
    assert_int_equal(file_make_folder(folder, &error), STATUS_OK);
    assert_int_equal(file_make_folder(folder, &error), STATUS_OK);
    scratch_write(&scratch, "folders/below", "a file", 6);
    assert_int_equal(file_make_folder(below, &error), STATUS_IO);
    assert_non_null(strstr(error.detail, "below: not a folder."));
    assert_content(below, "a file");
}

static void test_names_too_long(void **state)
{
    (void)state;
    char path[5000];
    struct error error;
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(file_replace(path, "x", 1, &error), STATUS_IO);
    path[300] = '\0';
    assert_int_equal(file_replace(path, "x", 1, &error), STATUS_IO);
    assert_false(file_exists(path));
}

static void test_secrets(void **state)
{
    (void)state;
    char path[SCRATCH_PATH_SIZE];
    struct buf bytes;
    struct error error = {0};
    scratch_write(&scratch, "secret", "x", 1);
    scratch_path(&scratch, "secret", path);
    buf_init(&bytes, 10);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(file_read_secret(path, &bytes, &error), STATUS_IO);
    assert_non_null(strstr(error.detail, "chmod"));
    assert_int_equal(bytes.size, 0);
    assert_int_equal(file_read(path, &bytes, NULL), STATUS_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(file_read_secret(path, &bytes, NULL), STATUS_OK);
    assert_int_equal(bytes.size, 2);
    buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_reads_what_was_written),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_what_is_no_file),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_replace_in_the_working_folder),
        cmocka_unit_test(test_replace_where_it_cannot),
        cmocka_unit_test(test_replace_on_a_full_disk),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_names_too_long),
    };
    return cmocka_run_group_tests_name("file", tests, open_scratch, close_scratch);
}
