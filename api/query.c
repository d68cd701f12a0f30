#include "api/query.h"

#include "core/base/digest.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { QUERY_TOKEN_SIZE = 128 };

struct query_token {
    char text[QUERY_TOKEN_SIZE];
};

/* How one parameter is read: false when the value is not one it may have. */
struct query_rule {
    const char *name;
    enum query_parameter bit;
    bool (*read)(const char *value, struct query *query);
    const char *domain;
};

bool query_is_model_name(const char *name)
{
    size_t length =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return length > 0 && length < QUERY_MODEL_SIZE && name[length] == 0 && name[0] != '.';
}

static bool query_read_integer(const char *value, uint64_t least, uint64_t most, uint64_t *number)
{
    size_t length = strlen(value);
    if (length == 0 || length > 16 || strspn(value, "0123456789") != length)
        return false;
    *number = 0;
    for (size_t i = 0; i < length; i++)
        *number = *number * 10 + (uint64_t)(value[i] - '0');
    return *number >= least && *number <= most;
}

/* The index of `value` in the NULL-terminated list `words`; -1 if it is not there. */
static int query_read_word(const char *value, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    return -1;
}

static bool query_read_model(const char *value, struct query *query)
{
    if (!query_is_model_name(value))
        return false;
    strcpy(query->model, value);
    return true;
}

static bool query_read_seed(const char *value, struct query *query)
{
    return query_read_integer(value, 0, DIGEST_MAX_SEED, &query->seed);
}

static bool query_read_steps(const char *value, struct query *query)
{
    uint64_t number;
    bool valid = query_read_integer(value, 1, INT32_MAX, &number);
    query->steps = valid ? (int)number : 0;
    return valid;
}

static bool query_read_scale(const char *value, struct query *query)
{
    uint64_t number;
    bool valid = query_read_integer(value, 1, QUERY_MAX_SCALE, &number);
    query->scale = valid ? (int)number : 1;
    return valid;
}

static bool query_read_frames(const char *value, struct query *query)
{
    int index = query_read_word(value, (const char *const[]){"0", "1", NULL});
    query->frames = index == 1;
    return index >= 0;
}

static bool query_read_split(const char *value, struct query *query)
{
    int index = query_read_word(value, (const char *const[]){"0", "1", NULL});
    query->split = index == 1;
    return index >= 0;
}

static bool query_read_input(const char *value, struct query *query)
{
    int index = query_read_word(value, (const char *const[]){"0", "1", NULL});
    query->input = index == 1;
    return index >= 0;
}

static bool query_read_polarity(const char *value, struct query *query)
{
    int index = query_read_word(value, (const char *const[]){"keep", "invert", "auto", NULL});
    if (index >= 0)
        query->polarity = (enum query_polarity)index;
    return index >= 0;
}

static bool query_read_encoding(const char *value, struct query *query)
{
    int index = query_read_word(value, (const char *const[]){"aer", "bitmap", NULL});
    if (index >= 0)
        query->encoding = (enum query_encoding)index;
    return index >= 0;
}

static bool query_read_timeout(const char *value, struct query *query)
{
    uint64_t number;
    bool valid = query_read_integer(value, 1, QUERY_MAX_TIMEOUT_MS, &number);
    query->timeout_ms = valid ? (int)number : 0;
    return valid;
}

static bool query_read_style(const char *value, struct query *query)
{
    return query_read_integer(value, 0, DIGEST_MAX_SEED, &query->style);
}

static bool query_read_min_confidence(const char *value, struct query *query)
{
    size_t length = strlen(value);
    if (length == 0 || length > 16 || strspn(value, "0123456789.") != length)
        return false;
    char *end;
    query->min_confidence = strtod(value, &end);
    return *end == 0 && query->min_confidence <= 1;
}

static const struct query_rule query_rules[] = {
    {"model", QUERY_MODEL, query_read_model, "a model's name"},
    {"seed", QUERY_SEED, query_read_seed, "an integer from 0 to 9007199254740991"},
    {"steps", QUERY_STEPS, query_read_steps, "an integer from 1 to the model's number of steps"},
    {"scale", QUERY_SCALE, query_read_scale, "an integer from 1 to 32"},
    {"frames", QUERY_FRAMES, query_read_frames, "0 or 1"},
    {"polarity", QUERY_POLARITY, query_read_polarity, "keep, invert or auto"},
    {"encoding", QUERY_ENCODING, query_read_encoding, "aer or bitmap"},
    {"style", QUERY_STYLE, query_read_style, "an integer from 0 to 9007199254740991"},
    {"min_confidence", QUERY_MIN_CONFIDENCE, query_read_min_confidence, "a number from 0 to 1"},
    {"split", QUERY_SPLIT, query_read_split, "0 or 1"},
    {"input", QUERY_INPUT, query_read_input, "0 or 1"},
    {"timeout_ms", QUERY_TIMEOUT_MS, query_read_timeout, "an integer from 1 to 600000"},
};

static int query_hex(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Undoes percent-encoding up to one of `ends` or the end; NULL when it is damaged or too long. */
static const char *query_token(const char *text, const char *ends, struct query_token *token)
{
    size_t length = 0;
    while (*text && !strchr(ends, *text)) {
        int character = *text == '+' ? ' ' : (unsigned char)*text;
        if (*text == '%') {
            int high = query_hex(text[1]);
            int low = high < 0 ? -1 : query_hex(text[2]);
            character = low < 0 ? -1 : high * 16 + low;
            text += 2;
        }
        if (character < 0x20 || character > 0x7e || length + 1 == sizeof token->text)
            return NULL;
        token->text[length++] = (char)character;
        text++;
    }
    token->text[length] = 0;
    return text;
}

static const struct query_rule *query_find_rule(const char *name, unsigned allowed)
{
    for (size_t i = 0; i < sizeof query_rules / sizeof *query_rules; i++)
        if ((query_rules[i].bit & allowed) && strcmp(query_rules[i].name, name) == 0)
            return &query_rules[i];
    return NULL;
}

enum status query_set(const char *name, const char *value, unsigned allowed, struct query *query,
                      struct error *error)
{
    const struct query_rule *rule = query_find_rule(name, allowed);
    if (!rule)
        return error_set(error, STATUS_INVALID_ARGUMENT, "This route has no parameter named '%s'.",
                         name);
    if (query->given & rule->bit)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The parameter '%s' is there more than once.", name);
    if (!rule->read(value, query))
        return error_set(error, STATUS_INVALID_ARGUMENT, "The parameter '%s' must be %s, not '%s'.",
                         name, rule->domain, value);
    query->given |= rule->bit;
    return STATUS_OK;
}

enum status query_parse(const char *text, unsigned allowed, struct query *query,
                        struct error *error)
{
    *query = (struct query){.scale = 1};
    while (*text) {
        struct query_token name, value = {""};
        text = query_token(text, "=&", &name);
        if (text && *text == '=')
            text = query_token(text + 1, "&", &value);
        if (!text)
            return error_set(
                error, STATUS_INVALID_ARGUMENT,
                "The query is not percent-encoded ASCII, or a part of it is too long.");
        enum status status = query_set(name.text, value.text, allowed, query, error);
        if (status != STATUS_OK)
            return status;
        if (*text == '&' && *++text == 0)
            return error_set(error, STATUS_INVALID_ARGUMENT, "The query ends in '&'.");
    }
    return STATUS_OK;
}
