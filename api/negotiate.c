#include "api/negotiate.h"

#include "core/base/digest.h"

#include <string.h>
#include <strings.h>

/* One element of an Accept field: type/subtype;parameters;q=weight. */
struct negotiate_range {
    const char *type;
    size_t length;
    int weight; /* in thousandths */
};

static const char *negotiate_skip(const char *text, const char *characters)
{
    return text + strspn(text, characters);
}

/* A qvalue: "0", "1", up to three decimals; in thousandths, or -1. */
static int negotiate_weight(const char *text, size_t length)
{
    if (length == 0 || length > 5 || (text[0] != '0' && text[0] != '1'))
        return -1;
    if (length > 1 && text[1] != '.')
        return -1;
    int weight = (text[0] - '0') * 1000;
    int unit = 100;
    for (size_t i = 2; i < length; i++, unit /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        weight += (text[i] - '0') * unit;
    }
    return weight <= 1000 ? weight : -1;
}

/* The end of a list element: the next comma outside of quotes, or the end. */
static const char *negotiate_element_end(const char *text, char separator)
{
    bool quoted = false;
    for (; *text; text++) {
        if (*text == '"')
            quoted = !quoted;
        else if (*text == '\\' && quoted && text[1])
            text++;
        else if (!quoted && (*text == separator || *text == ','))
            break;
    }
    return text;
}

/* Reads one element; false when its weight cannot be read. *rest is set to what follows it. */
static bool negotiate_element(const char *text, struct negotiate_range *range, const char **rest)
{
    range->type = text;
    range->length = strcspn(text, " \t;,");
    range->weight = 1000;
    const char *part = negotiate_element_end(text, ';');
    while (*part == ';') {
        part = negotiate_skip(part + 1, " \t");
        const char *end = negotiate_element_end(part, ';');
        if ((part[0] == 'q' || part[0] == 'Q') && part[1] == '=')
            range->weight = negotiate_weight(part + 2, strcspn(part + 2, " \t;,"));
        part = end;
    }
    *rest = part;
    return range->weight >= 0;
}

/* 3 for the type itself, 2 for type/STAR, 1 for STAR/STAR, 0 for no match. */
static int negotiate_specificity(const struct negotiate_range *range, const char *type)
{
    size_t major = strcspn(type, "/") + 1;
    if (range->length == 3 && strncmp(range->type, "*/*", 3) == 0)
        return 1;
    if (range->length == major + 1 && range->type[major] == '*' &&
        strncasecmp(range->type, type, major) == 0)
        return 2;
    if (range->length == strlen(type) && strncasecmp(range->type, type, range->length) == 0)
        return 3;
    return 0;
}

/* The weight of one type under the whole field; 0 when it is not acceptable. */
static int negotiate_type_weight(const char *accept, const char *type)
{
    int weight = 0;
    int best = 0;
    const char *text = negotiate_skip(accept, " \t,");
    while (*text) {
        struct negotiate_range range;
        const char *rest;
        bool valid = negotiate_element(text, &range, &rest);
        int specificity = valid ? negotiate_specificity(&range, type) : 0;
        if (specificity > best) {
            best = specificity;
            weight = range.weight;
        }
        text = negotiate_skip(rest, " \t,");
    }
    return weight;
}

int negotiate_type(const char *accept, const char *const *offered, int count)
{
    if (!accept || *negotiate_skip(accept, " \t") == 0)
        return count > 0 ? 0 : -1;
    int chosen = -1;
    int highest = 0;
    for (int i = 0; i < count; i++) {
        int weight = negotiate_type_weight(accept, offered[i]);
        if (weight > highest) {
            highest = weight;
            chosen = i;
        }
    }
    return chosen;
}

void negotiate_etag(const void *bytes, size_t size, char etag[NEGOTIATE_ETAG_SIZE])
{
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    digest_sha256(bytes, size, digest);
    digest_hex(digest, hex);
    etag[0] = '"';
    memcpy(etag + 1, hex, DIGEST_SIZE);
    memcpy(etag + 1 + DIGEST_SIZE, "\"", 2);
}

bool negotiate_etag_listed(const char *if_none_match, const char *etag)
{
    if (!if_none_match)
        return false;
    size_t length = strlen(etag);
    const char *text = negotiate_skip(if_none_match, " \t,");
    if (*text == '*')
        return true;
    while (*text) {
        if (strncmp(text, "W/", 2) == 0)
            text += 2;
        const char *end = negotiate_element_end(text, ',');
        size_t size = strcspn(text, " \t,");
        if (size == length && strncmp(text, etag, length) == 0)
            return true;
        text = negotiate_skip(end, " \t,");
    }
    return false;
}
