#include "train/sweep.h"

#include "core/base/buf.h"
#include "core/base/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEP_MAX_FILE = 16 << 20 };

static enum status results_path(const struct sweep_results *results, const char *name,
                                char path[PATH_MAX], struct error *error)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", results->folder, name);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", results->folder);
}

static bool is_row(const json_t *row)
{
    return json_is_string(json_object_get(row, "run")) &&
           json_is_object(json_object_get(row, "settings")) &&
           json_is_object(json_object_get(row, "scores")) &&
           json_is_number(json_object_get(row, "seconds"));
}

static enum status read_rows(const struct buf *text, const char *path, json_t *rows,
                             struct error *error)
{
    const char *line = (const char *)text->bytes, *end = line + text->size;
    for (int number = 1; line < end; number++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        json_t *row = json_loadb(line, length, 0, NULL);
        if (!is_row(row)) {
            json_decref(row);
            return error_set(error, STATUS_MALFORMED, "%s: line %d is no row of results.", path,
                             number);
        }
        if (json_array_append_new(rows, row) != 0)
            return error_plain(error, STATUS_NO_MEMORY);
        line += length + 1;
    }
    return STATUS_OK;
}

enum status sweep_results_open(const char *folder, struct sweep_results *results,
                               struct error *error)
{
    char path[PATH_MAX];
    struct buf text;
    buf_init(&text, SWEEP_MAX_FILE);
    *results = (struct sweep_results){.folder = folder, .rows = json_array()};
    enum status status = results->rows ? results_path(results, "results.jsonl", path, error)
                                       : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK && file_exists(path)) {
        status = file_read(path, &text, error);
        if (status == STATUS_OK)
            status = read_rows(&text, path, results->rows, error);
    }
    buf_free(&text);
    return status;
}

void sweep_results_close(struct sweep_results *results)
{
    json_decref(results->rows);
    *results = (struct sweep_results){0};
}

const json_t *sweep_results_find(const struct sweep_results *results, const char *run)
{
    size_t i;
    json_t *row;
    json_array_foreach(results->rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "run")), run) == 0)
            return row;
    }
    return NULL;
}

static enum status write_lines(const struct sweep_results *results, struct buf *text)
{
    size_t i;
    json_t *row;
    enum status status = STATUS_OK;
    json_array_foreach(results->rows, i, row)
    {
        char *line = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(17));
        if (status == STATUS_OK)
            status = line ? buf_printf(text, "%s\n", line) : STATUS_NO_MEMORY;
        free(line);
    }
    return status;
}

/* A CSV (RFC 4180) on its way; after a failure the rest is not written. */
struct csv {
    struct buf *text;
    enum status status;
};

static void csv_put(struct csv *csv, const char *string)
{
    if (csv->status == STATUS_OK)
        csv->status = buf_append_string(csv->text, string);
}

static void csv_put_quoted(struct csv *csv, const char *string)
{
    csv_put(csv, "\"");
    for (const char *c = string; *c; c++) {
        const char character[] = {*c, '\0'};
        csv_put(csv, *c == '"' ? "\"\"" : character);
    }
    csv_put(csv, "\"");
}

/* Quoted where it must be, empty for null. */
static void csv_put_value(struct csv *csv, const json_t *value)
{
    char number[32] = "";
    const char *string = json_string_value(value);
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.9g", json_real_value(value));
    else if (json_is_boolean(value))
        string = json_is_true(value) ? "true" : "false";
    if (string && strpbrk(string, ",\"\r\n"))
        csv_put_quoted(csv, string);
    else
        csv_put(csv, string ? string : number);
}

/* A line of `row`, or (NULL) of the keys. */
static void csv_put_line(struct csv *csv, const json_t *columns, const json_t *row)
{
    static const char *const parts[] = {"settings", "scores"};
    const char *key;
    json_t *value;
    if (row)
        csv_put_value(csv, json_object_get(row, "run"));
    else
        csv_put(csv, "run");
    for (int i = 0; i < 2; i++) {
        json_object_foreach(json_object_get(columns, parts[i]), key, value)
        {
            csv_put(csv, ",");
            if (row)
                csv_put_value(csv, json_object_get(json_object_get(row, parts[i]), key));
            else
                csv_put(csv, key);
        }
    }
    csv_put(csv, ",");
    if (row)
        csv_put_value(csv, json_object_get(row, "seconds"));
    else
        csv_put(csv, "seconds");
    csv_put(csv, "\n");
}

/* {settings, scores} with the keys of all rows whose values fit a column; NULL when memory is out.
 */
static json_t *gather_columns(const json_t *rows)
{
    size_t i;
    const char *key;
    void *next;
    json_t *row, *value, *settings = json_object(), *scores = json_object();
    bool complete = true;
    json_array_foreach(rows, i, row)
    {
        if (json_object_update_missing(settings, json_object_get(row, "settings")) != 0 ||
            json_object_update_missing(scores, json_object_get(row, "scores")) != 0)
            complete = false;
    }
    json_object_foreach_safe(scores, next, key, value)
    {
        if (json_is_object(value))
            json_object_del(scores, key);
    }
    json_t *columns = json_pack("{s:o, s:o}", "settings", settings, "scores", scores);
    if (complete)
        return columns;
    json_decref(columns);
    return NULL;
}

static enum status write_csv(const struct sweep_results *results, struct buf *text)
{
    struct csv csv = {.text = text, .status = STATUS_OK};
    json_t *row, *columns = gather_columns(results->rows);
    size_t i;
    if (!columns)
        return STATUS_NO_MEMORY;
    csv_put_line(&csv, columns, NULL);
    json_array_foreach(results->rows, i, row)
    {
        csv_put_line(&csv, columns, row);
    }
    json_decref(columns);
    return csv.status;
}

typedef enum status (*results_writer)(const struct sweep_results *results, struct buf *text);

static enum status replace_file(const struct sweep_results *results, const char *name,
                                results_writer writer, struct error *error)
{
    char path[PATH_MAX];
    struct buf text;
    buf_init(&text, SWEEP_MAX_FILE);
    enum status status = writer(results, &text);
    if (status != STATUS_OK)
        error_plain(error, status);
    else
        status = results_path(results, name, path, error);
    if (status == STATUS_OK)
        status = file_replace(path, text.bytes, text.size, error);
    buf_free(&text);
    return status;
}

/* An older row of a run whose checkpoint was lost. */
static void remove_row(struct sweep_results *results, const char *run)
{
    for (size_t i = json_array_size(results->rows); i-- > 0;)
        if (strcmp(json_string_value(json_object_get(json_array_get(results->rows, i), "run")),
                   run) == 0)
            json_array_remove(results->rows, i);
}

enum status sweep_results_add(struct sweep_results *results, json_t *row, struct error *error)
{
    enum status status = STATUS_OK;
    if (row)
        remove_row(results, json_string_value(json_object_get(row, "run")));
    if (row && json_array_append_new(results->rows, row) != 0)
        return error_plain(error, STATUS_NO_MEMORY);
    if (row)
        status = replace_file(results, "results.jsonl", write_lines, error);
    if (status == STATUS_OK && json_array_size(results->rows) > 0)
        status = replace_file(results, "results.csv", write_csv, error);
    return status;
}
