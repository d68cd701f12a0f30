/*
 * Gives inputs to a fuzzing target without a fuzzer: of each file, and of each file of each folder,
 * that is named. Prints the number of inputs; fails when there was none.
 *
 *   replay_NAME PATH...
 */
#include "core/base/buf.h"
#include "core/base/file.h"
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>

static bool replay_file(const char *path)
{
    struct buf content;
    struct error error;
    buf_init(&content, 1 << 26);
    enum status status = file_read(path, &content, &error);
    if (status == STATUS_OK) {
        /* a block of exactly this size, so that a sanitizer sees a read beyond it */
        uint8_t *bytes = malloc(content.size ? content.size : 1);
        for (size_t i = 0; bytes && i < content.size; i++)
            bytes[i] = content.bytes[i];
        if (bytes)
            LLVMFuzzerTestOneInput(bytes, content.size);
        free(bytes);
    } else {
        fprintf(stderr, "%s\n", error.detail);
    }
    buf_free(&content);
    return status == STATUS_OK;
}

/* The number of inputs that were given; negative on failure. */
static int replay_folder(const char *folder)
{
    int count = 0;
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    while (stream && count >= 0 && (entry = readdir(stream))) {
        char path[PATH_MAX];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        count = replay_file(path) ? count + 1 : -1;
    }
    if (stream)
        closedir(stream);
    return stream ? count : replay_file(folder) ? 1 : -1;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count < 0)
            return 1;
        total += count;
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}
