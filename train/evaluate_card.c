#include "core/base/file.h"
#include "train/card.h"
#include "train/evaluate.h"

#include <stdio.h>
#include <string.h>

enum { HEADING_SIZE = 512 };

/* The scores of the data that the network was trained with, or of other data. */
static void make_heading(const struct evaluate_run *run, char heading[HEADING_SIZE])
{
    json_t *training = json_loads(run->network->training_json, 0, NULL);
    const char *trained = json_string_value(json_object_get(training, "data"));
    if (trained && strcmp(trained, run->options->data) == 0)
        snprintf(heading, HEADING_SIZE, "## Scores on the test split");
    else
        snprintf(heading, HEADING_SIZE, "## Scores on the test split of %.400s",
                 run->options->data);
    json_decref(training);
}

static const char *const row_scores[] = {"pixel_mse", "digit_accuracy_nearest",
                                         "digit_accuracy_judge", "synops"};

enum { NUM_ROW_SCORES = sizeof row_scores / sizeof *row_scores };

static void put_cell(const json_t *row, const char *key, struct buf *card)
{
    const json_t *name = json_object_get(row, key);
    if (json_is_string(name))
        buf_printf(card, "| `%s` |", json_string_value(name));
    else
        buf_printf(card, "| %lld |", (long long)json_integer_value(name));
}

/* A table of rows of scores, without the columns that the first row has no number for. */
static void put_rows(const json_t *rows, const char *title, const char *about, const char *key,
                     struct buf *card)
{
    size_t i;
    json_t *row;
    const json_t *first = json_array_get(rows, 0);
    if (!first)
        return;
    buf_printf(card, "\n### %s\n\n%s\n\n| %s |", title, about, key);
    for (int k = 0; k < NUM_ROW_SCORES; k++)
        if (json_is_number(json_object_get(first, row_scores[k])))
            buf_printf(card, " %s |", row_scores[k]);
    buf_printf(card, "\n|---|");
    for (int k = 0; k < NUM_ROW_SCORES; k++)
        if (json_is_number(json_object_get(first, row_scores[k])))
            buf_printf(card, "---|");
    buf_printf(card, "\n");
    json_array_foreach(rows, i, row)
    {
        put_cell(row, key, card);
        for (int k = 0; k < NUM_ROW_SCORES; k++) {
            if (!json_is_number(json_object_get(first, row_scores[k])))
                continue;
            buf_printf(card, " ");
            card_score(row, row_scores[k], card);
            buf_printf(card, " |");
        }
        buf_printf(card, "\n");
    }
}

/* The grid as a link, where it lies beside the card or below it. */
static void put_grid(const struct evaluate_run *run, const char *card_path, struct buf *card)
{
    const char *grid = run->options->grid, *slash = strrchr(card_path, '/');
    size_t folder = slash ? (size_t)(slash + 1 - card_path) : 0;
    if (!grid || strncmp(grid, card_path, folder) != 0)
        return;
    buf_printf(card, "\n### Samples\n\n%s\n\n![Samples](%s)\n",
               run->split.is_speech
                   ? "A column for each class: its picture, and below it what the network draws of "
                     "recordings of the test split."
                   : "Images of the test split, each above what the network makes of it.",
               grid + folder);
}

static void write_section(const struct evaluate_run *run, const json_t *object,
                          const char *card_path, const char *heading, struct buf *card)
{
    const struct options *options = run->options;
    buf_printf(card, "%s\n\n", heading);
    if (options->command_line)
        buf_printf(card, "`%s`\n\n", options->command_line);
    if (options->judge)
        buf_printf(card, "The judge is `%s`, SHA-256 `%s`.\n\n", options->judge,
                   run->judge.checksum);
    card_scores(object, card);
    put_rows(json_object_get(object, "by_steps"), "By steps",
             "The answer after fewer steps, `steps=N` of the daemon; in brackets 95 % intervals.",
             "steps", card);
    put_rows(json_object_get(object, "styles"), "By style",
             "Other handwritings of what was heard, `style=N` of the daemon.", "style", card);
    put_rows(
        json_object_get(object, "conditions"), "Under conditions",
        "The recordings with white noise at a signal-to-noise ratio, with silence (in seconds) "
        "before and after them, or converted to another sample rate (in Hz).",
        "condition", card);
    put_grid(run, card_path, card);
}

static enum status check_card(const struct evaluate_run *run, const struct buf *card,
                              const char *path, struct error *error)
{
    if (card->size > 0 && strstr((const char *)card->bytes, run->network->checksum))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "%s is the card of another checkpoint: it does not name the SHA-256 of %s.",
                     path, run->options->model);
}

enum status evaluate_card(const struct evaluate_run *run, const json_t *object, struct error *error)
{
    char path[PATH_MAX], heading[HEADING_SIZE];
    struct buf older, section, card;
    buf_init(&older, CARD_CAP);
    buf_init(&section, CARD_CAP);
    buf_init(&card, 2 * CARD_CAP);
    make_heading(run, heading);
    enum status status = card_path(run->options->model, path, error);
    if (status == STATUS_OK)
        status = file_read(path, &older, error);
    if (status == STATUS_OK)
        status = check_card(run, &older, path, error);
    if (status == STATUS_OK) {
        write_section(run, object, path, heading, &section);
        status = card_replace_section((const char *)older.bytes, heading,
                                      (const char *)section.bytes, &card, error);
    }
    if (status == STATUS_OK)
        status = file_replace(path, card.bytes, card.size, error);
    buf_free(&older);
    buf_free(&section);
    buf_free(&card);
    return status;
}
