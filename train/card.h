/*
 * Cards: the Markdown file NAME.md beside a checkpoint NAME.safetensors.
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

/* Appends the keys and values of a JSON object as a table. */
void card_table(const json_t *object, struct buf *card);

/* The same for an object as text. NO_MEMORY. */
enum status card_table_of_text(const char *text, struct buf *card, struct error *error);

#endif
