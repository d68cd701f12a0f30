#include "api/writer.h"

#include "api/base64.h"
#include "core/base/digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void writer_init(struct writer *writer, struct buf *out)
{
    *writer = (struct writer){.out = out};
}

static void writer_put(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->status == STATUS_OK)
        writer->status = buf_append(writer->out, bytes, size);
}

static void writer_put_string(struct writer *writer, const char *string)
{
    writer_put(writer, string, strlen(string));
}

/* Length of the UTF-8 sequence that `text` begins with; 0 when it is none. */
static size_t writer_sequence(const unsigned char *text)
{
    if (text[0] < 0x80)
        return 1;
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xf0 && text[1] < 0x90);
    bool surrogate = text[0] == 0xed && text[1] > 0x9f;
    bool too_high = text[0] == 0xf4 && text[1] > 0x8f;
    return overlong || surrogate || too_high ? 0 : length;
}

static void writer_put_escape(struct writer *writer, unsigned char character)
{
    char escape[8];
    if (character == '"' || character == '\\')
        snprintf(escape, sizeof escape, "\\%c", character);
    else if (character == '\n')
        snprintf(escape, sizeof escape, "\\n");
    else
        snprintf(escape, sizeof escape, "\\u%04x", character);
    writer_put_string(writer, escape);
}

/* Whether it stands for itself, whatever comes before and after it. */
static bool writer_is_plain(unsigned char character)
{
    return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
}

static void writer_put_quoted(struct writer *writer, const char *string)
{
    const unsigned char *text = (const unsigned char *)string;
    writer_put(writer, "\"", 1);
    while (*text) {
        size_t plain = 0;
        while (writer_is_plain(text[plain]))
            plain++;
        writer_put(writer, text, plain);
        text += plain;
        if (*text == 0)
            break;
        size_t length = writer_sequence(text);
        if (length == 0)
            writer_put_string(writer, "\xef\xbf\xbd");
        else if (*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f)
            writer_put_escape(writer, *text);
        else
            writer_put(writer, text, length);
        text += length ? length : 1;
    }
    writer_put(writer, "\"", 1);
}

static void writer_key(struct writer *writer, const char *key)
{
    if (writer->comma)
        writer_put(writer, ",", 1);
    writer->comma = true;
    if (!key)
        return;
    writer_put_quoted(writer, key);
    writer_put(writer, ":", 1);
}

static void writer_open(struct writer *writer, const char *key, const char *bracket)
{
    writer_key(writer, key);
    writer_put_string(writer, bracket);
    writer->comma = false;
}

static void writer_close(struct writer *writer, const char *bracket)
{
    writer_put_string(writer, bracket);
    writer->comma = true;
}

void writer_object(struct writer *writer, const char *key)
{
    writer_open(writer, key, "{");
}

void writer_end_object(struct writer *writer)
{
    writer_close(writer, "}");
}

void writer_array(struct writer *writer, const char *key)
{
    writer_open(writer, key, "[");
}

void writer_end_array(struct writer *writer)
{
    writer_close(writer, "]");
}

void writer_string(struct writer *writer, const char *key, const char *value)
{
    writer_key(writer, key);
    writer_put_quoted(writer, value);
}

void writer_raw(struct writer *writer, const char *key, const char *json)
{
    writer_key(writer, key);
    writer_put_string(writer, json);
}

void writer_integer(struct writer *writer, const char *key, uint64_t value)
{
    char text[24];
    char *end = text + sizeof text;
    char *digits = digits_decimal(value, end);
    writer_key(writer, key);
    writer_put(writer, digits, (size_t)(end - digits));
}

void writer_thousandths(struct writer *writer, const char *key, uint64_t value)
{
    char text[24];
    char *end = text + sizeof text;
    char *begin = value % 1000 ? digits_thousandths(value, end) : digits_decimal(value / 1000, end);
    while (value % 1000 && end[-1] == '0')
        end--;
    writer_key(writer, key);
    writer_put(writer, begin, (size_t)(end - begin));
}

void writer_number(struct writer *writer, const char *key, double value)
{
    char text[32] = "null";
    for (int precision = 6; isfinite(value) && precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    writer_raw(writer, key, text);
}

void writer_float(struct writer *writer, const char *key, float value)
{
    char text[32] = "null";
    for (int precision = 6; isfinite(value) && precision <= 9; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, (double)value);
        if ((float)strtod(text, NULL) == value)
            break;
    }
    writer_raw(writer, key, text);
}

void writer_bool(struct writer *writer, const char *key, bool value)
{
    writer_raw(writer, key, value ? "true" : "false");
}

void writer_pair(struct writer *writer, uint32_t first, uint32_t second)
{
    char text[32];
    char *end = text + sizeof text;
    char *begin = end;
    *--begin = ']';
    begin = digits_decimal(second, begin);
    *--begin = ',';
    begin = digits_decimal(first, begin);
    *--begin = '[';
    writer_key(writer, NULL);
    writer_put(writer, begin, (size_t)(end - begin));
}

void writer_base64(struct writer *writer, const char *key, const uint8_t *bytes, size_t size)
{
    writer_key(writer, key);
    writer_put(writer, "\"", 1);
    if (writer->status == STATUS_OK)
        writer->status = base64_append(writer->out, bytes, size);
    writer_put(writer, "\"", 1);
}
