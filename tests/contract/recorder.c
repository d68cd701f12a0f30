/*
 * Records what a daemon receives and sends, byte for byte, without standing in between: loaded by
 * LD_PRELOAD, it looks over the shoulder of the socket calls. Timing, framing and the ends of
 * connections stay as they are. recording.mjs reads what it writes.
 *
 * Writes $RECORDER_FOLDER/PID.wire, a sequence of struct record, each followed by its bytes.
 * Under TLS the plain text is recorded, which passes by gnutls_record_recv and _send.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    RECORDER_MAX_FD = 1 << 16,
    RECORDER_MAX_SESSIONS = 1024,
    RECORDER_MAX_TURN = 1 << 21 /* bytes kept until the other side speaks */
};

enum record_kind { RECORD_RECEIVED = 'r', RECORD_SENT = 's' };
enum { RECORD_LEFT_OUT = 'A' - 'a' }; /* added to a kind whose bytes do not follow */

struct record { /* in the machine's byte order */
    uint32_t connection, kind, size;
};

struct channel {
    uint32_t connection; /* 0: none */
    enum record_kind turn;
    size_t turn_size;
    const void *session; /* of TLS */
};

static pthread_mutex_t recorder_lock = PTHREAD_MUTEX_INITIALIZER;
static struct channel recorder_plain[RECORDER_MAX_FD];
static struct channel recorder_tls[RECORDER_MAX_SESSIONS];
static uint32_t recorder_connections;
static int recorder_file = -1;

__attribute__((constructor)) static void recorder_open(void)
{
    const char *folder = getenv("RECORDER_FOLDER");
    char path[4096];
    if (!folder || !*folder)
        return;
    snprintf(path, sizeof path, "%s/%ld.wire", folder, (long)getpid());
    recorder_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (recorder_file < 0)
        perror(path);
}

static void recorder_write(uint32_t connection, int kind, const void *bytes, size_t size)
{
    struct record record = {connection, (uint32_t)kind, (uint32_t)size};
    struct iovec parts[] = {{&record, sizeof record}, {(void *)(uintptr_t)bytes, size}};
    if (writev(recorder_file, parts, 2) != (ssize_t)(sizeof record + size))
        abort(); /* half a recording proves nothing */
}

static void recorder_note(struct channel *channel, enum record_kind kind, const void *bytes,
                          ssize_t size)
{
    if (size <= 0 || recorder_file < 0)
        return;
    pthread_mutex_lock(&recorder_lock);
    if (!channel->connection)
        channel->connection = ++recorder_connections;
    if (channel->turn != kind)
        channel->turn_size = 0;
    channel->turn = kind;
    channel->turn_size += (size_t)size;
    bool kept = channel->turn_size <= RECORDER_MAX_TURN;
    recorder_write(channel->connection, kept ? kind : kind + RECORD_LEFT_OUT, bytes,
                   kept ? (size_t)size : 0);
    pthread_mutex_unlock(&recorder_lock);
}

static void recorder_forget(struct channel *channel)
{
    pthread_mutex_lock(&recorder_lock);
    *channel = (struct channel){0};
    pthread_mutex_unlock(&recorder_lock);
}

static void recorder_socket(int fd, enum record_kind kind, const void *bytes, ssize_t size)
{
    if (fd >= 0 && fd < RECORDER_MAX_FD)
        recorder_note(&recorder_plain[fd], kind, bytes, size);
}

/* The channel of a session; a free one for a new session. NULL when there are too many. */
static struct channel *recorder_session(const void *session)
{
    struct channel *found = NULL;
    pthread_mutex_lock(&recorder_lock);
    for (int i = 0; i < RECORDER_MAX_SESSIONS; i++) {
        if (recorder_tls[i].session == session || (!found && !recorder_tls[i].session))
            found = &recorder_tls[i];
        if (found && found->session == session)
            break;
    }
    if (found)
        found->session = session;
    pthread_mutex_unlock(&recorder_lock);
    return found;
}

/* --- what is looked at --------------------------------------------------------------------- */

/* The function that would have been called. */
#define RECORDER_NEXT(name)                                                                        \
    static __typeof__(&name) next;                                                                 \
    if (!next)                                                                                     \
    next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    RECORDER_NEXT(recv);
    ssize_t got = next(fd, bytes, size, flags);
    if (!(flags & MSG_PEEK))
        recorder_socket(fd, RECORD_RECEIVED, bytes, got);
    return got;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    RECORDER_NEXT(send);
    ssize_t sent = next(fd, bytes, size, flags);
    recorder_socket(fd, RECORD_SENT, bytes, sent);
    return sent;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    RECORDER_NEXT(sendmsg);
    ssize_t sent = next(fd, message, flags), left = sent;
    for (size_t i = 0; i < message->msg_iovlen && left > 0; i++) {
        ssize_t size = (ssize_t)message->msg_iov[i].iov_len;
        recorder_socket(fd, RECORD_SENT, message->msg_iov[i].iov_base, size < left ? size : left);
        left -= size;
    }
    return sent;
}

int close(int fd)
{
    RECORDER_NEXT(close);
    if (fd >= 0 && fd < RECORDER_MAX_FD)
        recorder_forget(&recorder_plain[fd]);
    return next(fd);
}

ssize_t gnutls_record_recv(void *session, void *bytes, size_t size);
ssize_t gnutls_record_send(void *session, const void *bytes, size_t size);
void gnutls_deinit(void *session);

ssize_t gnutls_record_recv(void *session, void *bytes, size_t size)
{
    RECORDER_NEXT(gnutls_record_recv);
    ssize_t got = next(session, bytes, size);
    struct channel *channel = recorder_session(session);
    if (channel)
        recorder_note(channel, RECORD_RECEIVED, bytes, got);
    return got;
}

ssize_t gnutls_record_send(void *session, const void *bytes, size_t size)
{
    RECORDER_NEXT(gnutls_record_send);
    ssize_t sent = next(session, bytes, size);
    struct channel *channel = recorder_session(session);
    if (channel)
        recorder_note(channel, RECORD_SENT, bytes, sent);
    return sent;
}

void gnutls_deinit(void *session)
{
    RECORDER_NEXT(gnutls_deinit);
    struct channel *channel = recorder_session(session);
    if (channel)
        recorder_forget(channel);
    next(session);
}
