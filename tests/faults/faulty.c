/*
 * Put before a program's libraries by LD_PRELOAD, this makes chosen calls fail. The environment
 * says which:
 *
 *   FAULTY_CALL    malloc, open, read, write, fsync, rename, close, accept or socket
 *   FAULTY_AT      which of these calls fails, counted from 1; 0: none, they are only counted
 *   FAULTY_HOW     the name of an errno (ENOSPC, EIO, EINTR, EMFILE, ENFILE, ENOMEM), or "short":
 *                  reads and writes move one byte
 *   FAULTY_ON      "once" (default); "on": from that call on, "always" from the first
 *   FAULTY_PATH    files whose name contains this alone; all files without it
 *   FAULTY_SPARE   names of libraries, "libsndfile libtasn1": their own allocations do not fail
 *   FAULTY_COUNT   a file that gets the number of calls when the program ends
 *   FAULTY_ARM     a file: while it holds a number N above 0, the Nth malloc from then on fails, in
 *                  place of FAULTY_AT; the number goes down to 0, where nothing fails
 *
 * malloc stands for calloc, realloc and aligned_alloc as well.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of glibc, so that looking up the real ones needs no memory. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* In the environment's words. */
static struct {
    bool ready;
    const char *call, *path, *count_file, *spared;
    long at;
    bool on;
    bool is_short;
    int error;
} faulty;

static _Atomic long calls;
static _Atomic long *armed; /* shared with the test; NULL without FAULTY_ARM */

static int faulty_errno(const char *name)
{
    static const struct {
        const char *name;
        int value;
    } known[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},
                 {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].value;
    return EIO;
}

static void faulty_share(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return;
    void *page = mmap(NULL, sizeof *armed, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page != MAP_FAILED)
        armed = page;
}

__attribute__((constructor)) static void faulty_begin(void)
{
    const char *call = getenv("FAULTY_CALL"), *at = getenv("FAULTY_AT");
    const char *how = getenv("FAULTY_HOW"), *on = getenv("FAULTY_ON"), *arm = getenv("FAULTY_ARM");
    faulty.path = getenv("FAULTY_PATH");
    faulty.spared = getenv("FAULTY_SPARE");
    faulty.count_file = getenv("FAULTY_COUNT");
    faulty.at = at ? atol(at) : 0;
    faulty.is_short = how && strcmp(how, "short") == 0;
    faulty.error = faulty_errno(how ? how : "EIO");
    faulty.on = on && strcmp(on, "once") != 0;
    if (on && strcmp(on, "always") == 0)
        faulty.at = 1;
    if (arm)
        faulty_share(arm);
    faulty.call = call ? call : "";
    faulty.ready = true;
}

__attribute__((destructor)) static void faulty_end(void)
{
    faulty.ready = false;
    FILE *file = faulty.count_file ? fopen(faulty.count_file, "w") : NULL;
    if (file) {
        fprintf(file, "%ld\n", atomic_load(&calls));
        fclose(file);
    }
}

static bool faulty_strikes(const char *call)
{
    if (!faulty.ready || strcmp(faulty.call, call) != 0)
        return false;
    long number = atomic_fetch_add(&calls, 1) + 1;
    return faulty.at > 0 && (faulty.on ? number >= faulty.at : number == faulty.at);
}

static bool faulty_means(const char *path)
{
    return !faulty.path || (path && strstr(path, faulty.path));
}

static bool faulty_means_open(int descriptor)
{
    char link[64], path[PATH_MAX];
    if (!faulty.path)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return false;
    path[length] = 0;
    return faulty_means(path);
}

#define FAULTY_REAL(name, ...)                                                                     \
    static __typeof__(name) *real;                                                                 \
    if (!real)                                                                                     \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

/* --- memory -------------------------------------------------------------------------------- */

static bool faulty_spares(const void *caller)
{
    Dl_info library;
    if (!faulty.spared || dladdr(caller, &library) == 0 || !library.dli_fname)
        return false;
    const char *slash = strrchr(library.dli_fname, '/');
    const char *name = slash ? slash + 1 : library.dli_fname;
    size_t length = strcspn(name, ".");
    for (const char *found = faulty.spared; (found = strstr(found, "lib")); found++)
        if (strncmp(found, name, length) == 0 && strchr(" ", found[length]))
            return true;
    return false;
}

static bool faulty_memory(const void *caller)
{
    bool waits = !armed || atomic_load_explicit(armed, memory_order_relaxed) > 0;
    if (!faulty.ready || !waits || faulty_spares(caller))
        return false;
    if (armed && atomic_load_explicit(armed, memory_order_relaxed) > 0)
        return atomic_fetch_sub(armed, 1) == 1;
    return faulty_strikes("malloc");
}

static void *faulty_no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return faulty_memory(__builtin_return_address(0)) ? faulty_no_memory() : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return faulty_memory(__builtin_return_address(0)) ? faulty_no_memory()
                                                      : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return faulty_memory(__builtin_return_address(0)) ? faulty_no_memory()
                                                      : __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return faulty_memory(__builtin_return_address(0)) ? faulty_no_memory()
                                                      : __libc_memalign(alignment, size);
}

/* --- files --------------------------------------------------------------------------------- */

static int faulty_open_at(int folder, const char *path, int flags, mode_t mode)
{
    FAULTY_REAL(openat);
    if (faulty_means(path) && faulty_strikes("open")) {
        errno = faulty.error;
        return -1;
    }
    return real(folder, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return faulty_open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
    va_end(list);
    return faulty_open_at(AT_FDCWD, path, flags, mode);
}

ssize_t read(int descriptor, void *bytes, size_t size)
{
    FAULTY_REAL(read);
    if (size > 0 && faulty_means_open(descriptor) && faulty_strikes("read")) {
        if (faulty.is_short)
            return real(descriptor, bytes, 1);
        errno = faulty.error;
        return -1;
    }
    return real(descriptor, bytes, size);
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    FAULTY_REAL(write);
    if (size > 0 && faulty_means_open(descriptor) && faulty_strikes("write")) {
        if (faulty.is_short)
            return real(descriptor, bytes, 1);
        errno = faulty.error;
        return -1;
    }
    return real(descriptor, bytes, size);
}

int fsync(int descriptor)
{
    FAULTY_REAL(fsync);
    if (faulty_means_open(descriptor) && faulty_strikes("fsync")) {
        errno = faulty.error;
        return -1;
    }
    return real(descriptor);
}

int close(int descriptor)
{
    FAULTY_REAL(close);
    if (faulty_means_open(descriptor) && faulty_strikes("close")) {
        real(descriptor);
        errno = faulty.error;
        return -1;
    }
    return real(descriptor);
}

int rename(const char *from, const char *to)
{
    FAULTY_REAL(rename);
    if (faulty_means(to) && faulty_strikes("rename")) {
        errno = faulty.error;
        return -1;
    }
    return real(from, to);
}

/* --- connections --------------------------------------------------------------------------- */

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags)
{
    FAULTY_REAL(accept4);
    if (faulty_strikes("accept")) {
        errno = faulty.error;
        return -1;
    }
    return real(listener, address, length, flags);
}

int socket(int domain, int type, int protocol)
{
    FAULTY_REAL(socket);
    if (faulty_strikes("socket")) {
        errno = faulty.error;
        return -1;
    }
    return real(domain, type, protocol);
}
