/*
 * A temporary folder for a test: files are written into it by their relative names, and all of it
 * goes away with scratch_remove.
 */
#ifndef SPIKELOOM_TESTS_UNIT_SCRATCH_FOLDER_H
#define SPIKELOOM_TESTS_UNIT_SCRATCH_FOLDER_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { SCRATCH_PATH_SIZE = 512 };

struct scratch {
    char path[SCRATCH_PATH_SIZE];
};

static inline void scratch_make(struct scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/spikeloom-test-XXXXXX",
             parent && *parent ? parent : "/tmp");
    assert_non_null(mkdtemp(scratch->path));
}

static inline int scratch_remove_entry(const char *path, const struct stat *info, int kind,
                                       struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void scratch_remove(struct scratch *scratch)
{
    assert_int_equal(nftw(scratch->path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Writes the absolute path of `name` into path[SCRATCH_PATH_SIZE] and makes its folders. */
static inline void scratch_path(const struct scratch *scratch, const char *name, char *path)
{
    int length = snprintf(path, SCRATCH_PATH_SIZE, "%s/%s", scratch->path, name);
    assert_true(length > 0 && length < SCRATCH_PATH_SIZE);
    for (char *slash = path + strlen(scratch->path); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static inline void scratch_write(const struct scratch *scratch, const char *name, const void *bytes,
                                 size_t size)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_path(scratch, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    if (size > 0)
        assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

#endif
