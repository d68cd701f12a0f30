#include "train/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status card_path(const char *model, char path[PATH_MAX], struct error *error)
{
    const char *dot = strrchr(model, '.'), *slash = strrchr(model, '/');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - model) : strlen(model);
    int length = snprintf(path, PATH_MAX, "%.*s.md", (int)stem, model);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", model);
}

void card_table(const json_t *object, struct buf *card)
{
    const char *key;
    json_t *value;
    buf_printf(card, "| | |\n|---|---|\n");
    json_object_foreach((json_t *)object, key, value)
    {
        char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(5));
        if (dumped)
            buf_printf(card, "| %s | `%s` |\n", key,
                       json_is_string(value) ? json_string_value(value) : dumped);
        free(dumped);
    }
}

enum status card_table_of_text(const char *text, struct buf *card, struct error *error)
{
    json_t *object = json_loads(text, 0, NULL);
    if (!object)
        return error_plain(error, STATUS_NO_MEMORY);
    card_table(object, card);
    json_decref(object);
    return STATUS_OK;
}
