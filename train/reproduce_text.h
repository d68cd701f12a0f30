/*
 * A text file on its way: whatever is added after a failure is dropped, and saving tells it.
 */
#ifndef SPIKELOOM_TRAIN_REPRODUCE_TEXT_H
#define SPIKELOOM_TRAIN_REPRODUCE_TEXT_H

#include "core/base/buf.h"
#include "core/base/status.h"

struct reproduce_text {
    struct buf buf;
    enum status status;
};

void reproduce_text_init(struct reproduce_text *text);
void reproduce_text_free(struct reproduce_text *text);

void reproduce_text_add(struct reproduce_text *text, const char *string);

/* Up to 1023 bytes at a time; longer ones are TOO_LARGE. */
void reproduce_text_printf(struct reproduce_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Replaces the file. The first failure of the text, or IO. */
enum status reproduce_text_save(const struct reproduce_text *text, const char *path,
                                struct error *error);

#endif
