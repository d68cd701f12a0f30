#include "api/problem.h"

#include "api/writer.h"

#include <ctype.h>
#include <stddef.h>

static const struct {
    int code;
    const char *phrase;
} problem_phrases[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *problem_phrase(int code)
{
    for (size_t i = 0; i < sizeof problem_phrases / sizeof *problem_phrases; i++)
        if (problem_phrases[i].code == code)
            return problem_phrases[i].phrase;
    return "Error";
}

enum status problem_write(const struct error *error, struct buf *out)
{
    char name[32] = "";
    const char *upper = status_name(error->status);
    for (size_t i = 0; upper[i] && i + 1 < sizeof name; i++)
        name[i] = (char)tolower((unsigned char)upper[i]);

    int code = status_http_code(error->status);
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "type", "about:blank");
    writer_string(&writer, "title", problem_phrase(code));
    writer_integer(&writer, "status", (uint64_t)code);
    writer_string(&writer, "code", name);
    writer_string(&writer, "detail", error->detail);
    writer_end_object(&writer);
    return writer.status;
}

enum status problem_write_flat(const struct error *error, struct buf *out)
{
    struct writer writer;
    writer_init(&writer, out);
    writer_object(&writer, NULL);
    writer_string(&writer, "error", error->detail);
    writer_end_object(&writer);
    return writer.status;
}
