/* Grids of samples, and what was misread. */
#include "core/base/file.h"
#include "train/drawing.h"
#include "train/evaluate.h"
#include "train/tile_grid.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRID_COLUMNS = 10,     /* of images */
    GRID_BANDS = 3,        /* rows of images, each with a row of outputs below it */
    GRID_MAX_CLASSES = 20, /* of speech: columns */
    GRID_RECORDINGS = 5,   /* of a class */
    GRID_SCALE = 2,
    FAILURE_SCALE = 4,
    FAILURE_MAX_JSONL = 1 << 24
};

static enum status grid_of_images(const struct evaluate_run *run, struct drawing *drawing,
                                  struct tile_grid *grid, struct error *error)
{
    const struct image_set *images = &run->split.images;
    size_t pixels = network_num_pixels(run->network);
    uint32_t shown = GRID_COLUMNS * GRID_BANDS;
    shown = shown < images->num_images ? shown : images->num_images;
    enum status status =
        tile_grid_init(grid, 2 * GRID_BANDS, GRID_COLUMNS, images->width, images->height, error);
    for (uint32_t i = 0; i < shown && status == STATUS_OK; i++) {
        uint32_t index = (uint32_t)((uint64_t)i * images->num_images / shown);
        const uint8_t *image = images->pixels + index * pixels;
        int row = 2 * (int)(i / GRID_COLUMNS), column = (int)(i % GRID_COLUMNS);
        status = drawing_of_image(drawing, image, run->options->seed + index, error);
        tile_grid_paste(grid, row, column, image);
        tile_grid_paste(grid, row + 1, column, drawing->grey);
    }
    return status;
}

/* The place in the set of recording number `number` of a class. */
static uint32_t find_recording(const struct speech_set *speech, uint32_t label, uint32_t number)
{
    uint32_t index = 0;
    for (; index < speech->num_utterances; index++)
        if (speech->utterances[index].label == label && number-- == 0)
            break;
    return index;
}

/* The picture of a class and below it those of its recordings, evenly spread. */
static enum status draw_class(const struct evaluate_run *run, uint32_t label,
                              struct drawing *drawing, struct tile_grid *grid, struct error *error)
{
    const struct speech_set *speech = &run->split.speech;
    const uint8_t *image = drawing_class_image(run->network, speech->classes.names[label]);
    uint32_t count = 0;
    enum status status = STATUS_OK;
    if (image)
        tile_grid_paste(grid, 0, (int)label, image);
    for (uint32_t i = 0; i < speech->num_utterances; i++)
        count += speech->utterances[i].label == label;
    uint32_t shown = count < GRID_RECORDINGS ? count : GRID_RECORDINGS;
    for (uint32_t i = 0; i < shown && status == STATUS_OK; i++) {
        uint32_t index = find_recording(speech, label, i * count / shown);
        status = drawing_of_utterance(drawing, &speech->utterances[index],
                                      run->options->seed + index, error);
        if (status == STATUS_OK)
            tile_grid_paste(grid, (int)i + 1, (int)label, drawing->grey);
    }
    return status;
}

static enum status grid_of_speech(const struct evaluate_run *run, struct drawing *drawing,
                                  struct tile_grid *grid, struct error *error)
{
    uint32_t columns = run->split.speech.classes.count;
    columns = columns < GRID_MAX_CLASSES ? columns : GRID_MAX_CLASSES;
    enum status status =
        tile_grid_init(grid, 1 + GRID_RECORDINGS, (int)columns, run->network->image_width,
                       run->network->image_height, error);
    for (uint32_t label = 0; label < columns && status == STATUS_OK; label++)
        status = draw_class(run, label, drawing, grid, error);
    return status;
}

enum status evaluate_grid(const struct evaluate_run *run, struct error *error)
{
    struct drawing drawing;
    struct tile_grid grid = {0};
    enum status status = drawing_init(&drawing, run->network, error);
    if (status == STATUS_OK)
        status = run->split.is_speech ? grid_of_speech(run, &drawing, &grid, error)
                                      : grid_of_images(run, &drawing, &grid, error);
    if (status == STATUS_OK)
        status = tile_grid_save(&grid, GRID_SCALE, run->options->grid, error);
    tile_grid_free(&grid);
    drawing_free(&drawing);
    return status;
}

/* --- failures ------------------------------------------------------------------------------ */

static bool is_failure(const struct evaluate_run *run, const struct evaluation_reading *reading)
{
    const struct network *network = run->network;
    bool judged =
        run->settings.judge && judge_digit_of_name(network->class_names[reading->said]) >= 0;
    return reading->nearest != reading->said || (judged && reading->judge != reading->said);
}

/* "0017-7_jackson_3.png": recordings of two folders may share a name. */
static enum status picture_path(const struct evaluate_run *run, uint32_t index, char name[PATH_MAX],
                                char path[PATH_MAX], struct error *error)
{
    const char *recording = run->split.speech.utterances[index].name;
    const char *dot = strrchr(recording, '.');
    int stem = dot && dot > recording ? (int)(dot - recording) : (int)strlen(recording);
    snprintf(name, PATH_MAX, "%04u-%.*s.png", index, stem, recording);
    int length = snprintf(path, PATH_MAX, "%s/%s", run->options->failures, name);
    return length > 0 && length < PATH_MAX
               ? STATUS_OK
               : error_set(error, STATUS_IO, "%s: the name is too long.", run->options->failures);
}

static enum status draw_failure(const struct evaluate_run *run, uint32_t index,
                                struct drawing *drawing, const char *path, struct error *error)
{
    const struct network *network = run->network;
    const struct utterance *utterance = &run->split.speech.utterances[index];
    const uint8_t *image =
        drawing_class_image(network, run->split.speech.classes.names[utterance->label]);
    struct tile_grid grid = {0};
    enum status status =
        tile_grid_init(&grid, 1, 2, network->image_width, network->image_height, error);
    if (status == STATUS_OK)
        status = drawing_of_utterance(drawing, utterance, run->options->seed + index, error);
    if (status == STATUS_OK) {
        tile_grid_paste(&grid, 0, 0, image);
        tile_grid_paste(&grid, 0, 1, drawing->grey);
        status = tile_grid_save(&grid, FAILURE_SCALE, path, error);
    }
    tile_grid_free(&grid);
    return status;
}

static json_t *class_or_null(const struct network *network, int index)
{
    return index >= 0 ? json_string(network->class_names[index]) : json_null();
}

static enum status add_line(const struct evaluate_run *run, const struct utterance *utterance,
                            const struct evaluation_reading *reading, const char *picture,
                            struct buf *lines, struct error *error)
{
    const struct network *network = run->network;
    json_t *line = json_pack("{s:s, s:o, s:o, s:o, s:s}", "recording", utterance->name, "said",
                             class_or_null(network, reading->said), "nearest",
                             class_or_null(network, reading->nearest), "judge",
                             class_or_null(network, reading->judge), "picture", picture);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    enum status status = text ? buf_printf(lines, "%s\n", text) : STATUS_NO_MEMORY;
    free(text);
    json_decref(line);
    return status == STATUS_OK ? status : error_plain(error, status);
}

/* Draws the first failures, a line of `lines` each. */
static enum status draw_failures(const struct evaluate_run *run,
                                 const struct evaluation_reading *readings, struct buf *lines,
                                 struct error *error)
{
    char name[PATH_MAX], path[PATH_MAX];
    const struct speech_set *speech = &run->split.speech;
    int left = run->options->max_failures;
    struct drawing drawing;
    enum status status = drawing_init(&drawing, run->network, error);
    for (uint32_t i = 0; i < speech->num_utterances && left > 0 && status == STATUS_OK; i++) {
        if (!is_failure(run, &readings[i]))
            continue;
        left--;
        status = picture_path(run, i, name, path, error);
        if (status == STATUS_OK)
            status = draw_failure(run, i, &drawing, path, error);
        if (status == STATUS_OK)
            status = add_line(run, &speech->utterances[i], &readings[i], name, lines, error);
    }
    drawing_free(&drawing);
    return status;
}

enum status evaluate_failures(const struct evaluate_run *run,
                              const struct evaluation_reading *readings, struct error *error)
{
    char path[PATH_MAX];
    struct buf lines;
    buf_init(&lines, FAILURE_MAX_JSONL);
    enum status status = file_make_folder(run->options->failures, error);
    if (status == STATUS_OK)
        status = draw_failures(run, readings, &lines, error);
    int length = snprintf(path, sizeof path, "%s/failures.jsonl", run->options->failures);
    if (status == STATUS_OK && (length < 0 || (size_t)length >= sizeof path))
        status = error_set(error, STATUS_IO, "%s: the name is too long.", run->options->failures);
    if (status == STATUS_OK)
        status = file_replace(path, lines.bytes, lines.size, error);
    buf_free(&lines);
    return status;
}
