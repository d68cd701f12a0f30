/* A request's target and fields, line after line: query, Accept, tags, trace, host and framing. */
#include "api/negotiate.h"
#include "api/query.h"
#include "api/traceparent.h"
#include "server/framing.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { MAX_LINES = 8, MAX_SIZE = 4096 };

static void check_query(char *target)
{
    const char *path, *text;
    struct query query;
    struct error error;
    framing_split_target(target, &path, &text);
    if (query_parse(text, ~0u, &query, &error) != STATUS_OK)
        return;
    FUZZ_PROMISE(strlen(query.model) < QUERY_MODEL_SIZE);
    FUZZ_PROMISE(query.scale >= 1 && query.scale <= QUERY_MAX_SCALE);
    FUZZ_PROMISE(query.min_confidence >= 0 && query.min_confidence <= 1);
    FUZZ_PROMISE(query.seed < (uint64_t)1 << 53 && query.steps >= 0 && query.timeout_ms >= 0);
}

static void check_accept(const char *accept)
{
    static const char *const offered[] = {"image/png", "application/json", "image/apng"};
    int chosen = negotiate_type(accept, offered, 3);
    FUZZ_PROMISE(chosen >= -1 && chosen < 3);
    char etag[NEGOTIATE_ETAG_SIZE];
    negotiate_etag(accept, strlen(accept), etag);
    negotiate_etag_listed(accept, etag);
}

static void check_framing(char *const *lines)
{
    struct framing framing;
    struct error error;
    struct framing_head head = {.host = {lines[0], 1},
                                .transfer_encoding = {lines[1], *lines[1] != 0},
                                .content_length = {lines[2], *lines[2] != 0}};
    enum status status = framing_read(&head, &framing, &error);
    FUZZ_PROMISE(status == STATUS_OK || status == STATUS_MALFORMED);
    framing_is_clean(lines[0], lines[1], strlen(lines[1]));
}

static void check_trace(const char *line, const char *state)
{
    struct traceparent trace = {0};
    if (traceparent_read(line, &trace))
        FUZZ_PROMISE(strlen(trace.trace) == TRACEPARENT_TRACE_SIZE - 1);
    traceparent_state_is_sane(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char text[MAX_SIZE + 1], *lines[MAX_LINES];
    if (size > MAX_SIZE)
        return 0;
    memcpy(text, bytes, size);
    text[size] = 0;
    char *rest = text;
    for (int i = 0; i < MAX_LINES; i++) {
        lines[i] = rest ? rest : text + size;
        rest = rest ? strchr(rest, '\n') : NULL;
        if (rest)
            *rest++ = 0;
    }
    check_query(lines[0]);
    check_accept(lines[1]);
    check_trace(lines[2], lines[3]);
    check_framing(lines + 4);
    return 0;
}
