/* A file for loaders that want a path. */
#ifndef SPIKELOOM_TESTS_FUZZ_INPUT_FILE_H
#define SPIKELOOM_TESTS_FUZZ_INPUT_FILE_H

#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <unistd.h>

static inline void input_file_write(const char *path, const uint8_t *bytes, size_t size)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    FUZZ_PROMISE(descriptor >= 0);
    FUZZ_PROMISE(write(descriptor, bytes, size) == (ssize_t)size);
    close(descriptor);
}

#endif
