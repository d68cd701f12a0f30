/*
 * Cards: the Markdown file NAME.md beside a checkpoint NAME.safetensors. A line that begins with
 * "## " begins a section. "## How it was made" and all that begin with "## Scores" are written by
 * this program; others are by hand, and stay.
 */
#ifndef SPIKELOOM_TRAIN_CARD_H
#define SPIKELOOM_TRAIN_CARD_H

#include "core/base/buf.h"
#include "core/base/status.h"
#include "train/json_log.h"

#include <limits.h>

enum { CARD_CAP = 1 << 20 };

/* The card of the checkpoint `model`. IO if the name is too long. */
enum status card_path(const char *model, char path[PATH_MAX], struct error *error);

/* Appends the keys and values of a JSON object's text as a table. NO_MEMORY. */
enum status card_table(const char *text, struct buf *card, struct error *error);

/*
 * Appends scores (evaluation_json) as a table: numbers, lists of numbers and words, each with its
 * interval where "interval_95" has one. Nulls are left out.
 */
void card_scores(const json_t *scores, struct buf *card);

/* The same from an object's text. NO_MEMORY. */
enum status card_scores_of_text(const char *text, struct buf *card, struct error *error);

/* Appends a score of a row, with its interval in brackets; "-" where there is none. */
void card_score(const json_t *scores, const char *key, struct buf *card);

/*
 * Appends `card` to `out` with the section of this heading ("## ...") replaced by `section`, which
 * begins with it, or with the section added behind the last one of scores. TOO_LARGE, NO_MEMORY.
 */
enum status card_replace_section(const char *card, const char *heading, const char *section,
                                 struct buf *out, struct error *error);

/* How long the training took that an older card tells of, in seconds; -1 where it says nothing. */
double card_training_seconds(const char *older);

/* Appends the sections of an older card that were written by hand. TOO_LARGE, NO_MEMORY. */
enum status card_keep_sections(const char *older, struct buf *card, struct error *error);

#endif
