#include "train/card.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mark[] = "## ";
static const char scores_heading[] = "## Scores", training_heading[] = "## How it was made";

enum status card_path(const char *model, char path[PATH_MAX], struct error *error)
{
    const char *dot = strrchr(model, '.'), *slash = strrchr(model, '/');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - model) : strlen(model);
    int length = snprintf(path, PATH_MAX, "%.*s.md", (int)stem, model);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", model);
}

/* --- tables -------------------------------------------------------------------------------- */

/* A value in code marks. */
static void put_value(const json_t *value, struct buf *card)
{
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(5));
    if (dumped)
        buf_printf(card, "`%s`", json_is_string(value) ? json_string_value(value) : dumped);
    free(dumped);
}

enum status card_table(const char *text, struct buf *card, struct error *error)
{
    const char *key;
    json_t *value, *object = json_loads(text, 0, NULL);
    if (!object)
        return error_plain(error, STATUS_NO_MEMORY);
    buf_printf(card, "| | |\n|---|---|\n");
    json_object_foreach(object, key, value)
    {
        buf_printf(card, "| %s | ", key);
        put_value(value, card);
        buf_printf(card, " |\n");
    }
    json_decref(object);
    return STATUS_OK;
}

/* "0.94 to 0.98"; nothing where there is no interval. */
static void put_interval(const json_t *scores, const char *key, struct buf *card)
{
    const json_t *interval = json_object_get(json_object_get(scores, "interval_95"), key);
    if (interval)
        buf_printf(card, "%.5g to %.5g", json_number_value(json_array_get(interval, 0)),
                   json_number_value(json_array_get(interval, 1)));
}

/* Further tables are left to whoever has made them. */
static bool is_plain(const json_t *value)
{
    return !json_is_null(value) && !json_is_object(value) &&
           !json_is_object(json_array_get(value, 0));
}

void card_scores(const json_t *scores, struct buf *card)
{
    const char *key;
    json_t *value;
    buf_printf(card, "| score | | 95 %% interval |\n|---|---|---|\n");
    json_object_foreach((json_t *)scores, key, value)
    {
        if (!is_plain(value))
            continue;
        buf_printf(card, "| %s | ", key);
        put_value(value, card);
        buf_printf(card, " | ");
        put_interval(scores, key, card);
        buf_printf(card, " |\n");
    }
}

enum status card_scores_of_text(const char *text, struct buf *card, struct error *error)
{
    json_t *scores = json_loads(text, 0, NULL);
    if (!scores)
        return error_plain(error, STATUS_NO_MEMORY);
    card_scores(scores, card);
    json_decref(scores);
    return STATUS_OK;
}

void card_score(const json_t *scores, const char *key, struct buf *card)
{
    const json_t *value = json_object_get(scores, key);
    if (!json_is_number(value)) {
        buf_printf(card, "-");
        return;
    }
    buf_printf(card, "%.5g", json_number_value(value));
    if (json_object_get(json_object_get(scores, "interval_95"), key)) {
        buf_printf(card, " (");
        put_interval(scores, key, card);
        buf_printf(card, ")");
    }
}

/* --- sections ------------------------------------------------------------------------------ */

/* The section at or after `text`, which is at the start of a line; its end if there is none. */
static const char *next_section(const char *text)
{
    while (*text && strncmp(text, mark, sizeof mark - 1) != 0) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

/* Where a section ends: at the next one, or with the text. */
static const char *section_end(const char *section)
{
    return next_section(section + sizeof mark - 1);
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool has_heading(const char *section, const char *heading)
{
    size_t length = strcspn(section, "\n");
    return length == strlen(heading) && begins_with(section, heading);
}

/* The part of a card that a section takes: empty, behind the last scores, where it is new. */
static void find_place(const char *card, const char *heading, const char **first, const char **last)
{
    const char *end = card + strlen(card);
    *first = *last = end;
    for (const char *section = next_section(card); *section; section = section_end(section)) {
        if (has_heading(section, heading)) {
            *first = section;
            *last = section_end(section);
            return;
        }
        if (begins_with(section, scores_heading))
            *first = *last = section_end(section);
    }
}

/* Appends with one empty line before, and one line's end behind. */
static enum status append_apart(struct buf *out, const char *text, size_t length)
{
    enum status status = STATUS_OK;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length == 0)
        return STATUS_OK;
    if (out->size > 0)
        status = buf_append_string(out, "\n");
    if (status == STATUS_OK)
        status = buf_append(out, text, length);
    return status == STATUS_OK ? buf_append_string(out, "\n") : status;
}

enum status card_replace_section(const char *card, const char *heading, const char *section,
                                 struct buf *out, struct error *error)
{
    const char *first, *last;
    find_place(card, heading, &first, &last);
    enum status status = append_apart(out, card, (size_t)(first - card));
    if (status == STATUS_OK)
        status = append_apart(out, section, strlen(section));
    if (status == STATUS_OK)
        status = append_apart(out, last, strlen(last));
    return status == STATUS_OK ? status : error_plain(error, status);
}

double card_training_seconds(const char *older)
{
    static const char row[] = "\n| time | `";
    const char *found = strstr(older, row);
    return found ? strtod(found + sizeof row - 1, NULL) : -1;
}

enum status card_keep_sections(const char *older, struct buf *card, struct error *error)
{
    enum status status = STATUS_OK;
    const char *section = next_section(older);
    while (*section && status == STATUS_OK) {
        const char *end = section_end(section);
        if (!begins_with(section, scores_heading) && !has_heading(section, training_heading))
            status = append_apart(card, section, (size_t)(end - section));
        section = end;
    }
    return status == STATUS_OK ? status : error_plain(error, status);
}
