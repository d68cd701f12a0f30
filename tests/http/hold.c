/*
 * Holds a daemon at the loading of its models, loaded by LD_PRELOAD: opening a checkpoint waits
 * until there is a file $HOLD_UNTIL. So what a daemon says before it is ready can be asked at
 * leisure.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int hold_is_checkpoint(const char *path)
{
    static const char suffix[] = ".safetensors";
    size_t length = strlen(path), suffix_length = sizeof suffix - 1;
    return length > suffix_length && strcmp(path + length - suffix_length, suffix) == 0;
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    const char *until = getenv("HOLD_UNTIL");
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    while (until && hold_is_checkpoint(path) && access(until, F_OK) != 0)
        usleep(10000);
    return next(path, flags, mode);
}
