#include "api/traceparent.h"

#include "core/base/digits.h"

#include <string.h>

/* Where the parts of "00-TRACE-STEP-FLAGS" begin. */
enum { TRACEPARENT_TRACE = 3, TRACEPARENT_STEP = 36, TRACEPARENT_FLAGS = 53, TRACEPARENT_END = 55 };

/* Reads `count` lower-case digits; false when there are fewer, or all are zero where `some`. */
static bool traceparent_digits(const char *text, size_t count, bool some, char *digits)
{
    if (strspn(text, "0123456789abcdef") < count || (some && strspn(text, "0") >= count))
        return false;
    memcpy(digits, text, count);
    digits[count] = 0;
    return true;
}

bool traceparent_read(const char *value, struct traceparent *traceparent)
{
    char version[3], flags[3];
    struct traceparent read = {0};
    *traceparent = read;
    if (!value || strlen(value) < TRACEPARENT_END || value[TRACEPARENT_TRACE - 1] != '-' ||
        value[TRACEPARENT_STEP - 1] != '-' || value[TRACEPARENT_FLAGS - 1] != '-')
        return false;
    if (!traceparent_digits(value, 2, false, version) || strcmp(version, "ff") == 0 ||
        !traceparent_digits(value + TRACEPARENT_TRACE, 32, true, read.trace) ||
        !traceparent_digits(value + TRACEPARENT_STEP, 16, true, read.step) ||
        !traceparent_digits(value + TRACEPARENT_FLAGS, 2, false, flags))
        return false;
    char next = value[TRACEPARENT_END];
    if (next && (next != '-' || strcmp(version, "00") == 0))
        return false;
    read.sampled = strchr("13579bdf", flags[1]) != NULL;
    *traceparent = read;
    return true;
}

void traceparent_step(const uint64_t random[3], struct traceparent *traceparent)
{
    bool some = random[0] || random[1]; /* zero is not valid */
    if (!traceparent->trace[0])
        *digits_hex(some ? random[1] : 1, digits_hex(random[0], traceparent->trace)) = 0;
    *digits_hex(random[2] ? random[2] : 1, traceparent->step) = 0;
}

void traceparent_write(const struct traceparent *traceparent, char value[TRACEPARENT_SIZE])
{
    value = stpcpy(stpcpy(value, "00-"), traceparent->trace);
    value = stpcpy(stpcpy(value, "-"), traceparent->step);
    strcpy(value, traceparent->sampled ? "-01" : "-00");
}

bool traceparent_state_is_sane(const char *value)
{
    size_t length = value ? strlen(value) : 0;
    for (size_t i = 0; i < length; i++)
        if (value[i] < ' ' || value[i] > '~')
            return false;
    return length > 0 && length <= TRACEPARENT_MAX_STATE;
}
