#include "core/media/audio.h"
#include "core/media/image.h"
#include "core/media/image_scale.h"
#include "core/media/image_work.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

enum {
    IMAGE_SIGNATURE_SIZE = 8,
    IMAGE_HEADER_SIZE = 33,    /* the signature and the chunk IHDR */
    IMAGE_MAX_CHUNK = 1 << 20, /* libpng's memory for one chunk other than IDAT */
    IMAGE_MAX_SLACK = 4096     /* bytes of IDAT beyond those that the last row may need */
};

/* Everything of one decoding; it outlives the jumps of libpng. */
struct image_reader {
    struct image_work work;
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t left;
    size_t left_after_data; /* `left` once the last IDAT has been read */
    int64_t rows_left;      /* of all passes */
    int width, height;
    enum image_polarity polarity;
    bool plain;    /* 8 bits of grey, which libpng need not convert */
    bool opaque;   /* all alphas are 1, and their sums are known */
    uint8_t *row;  /* 16 bits a channel unless it is plain */
    float *shades; /* [width], 0..1, times alpha */
    float *alphas; /* [width] */
    struct image_scale scale;
    double *shade_sums, *alpha_sums; /* [target_height][target_width] */
    double shade, alpha;             /* totals over the picture */
    double border_shade, border_alpha, border_count;
};

static void image_supply(png_structp png, png_bytep to, size_t count)
{
    struct image_reader *reader = png_get_io_ptr(png);
    if (count > reader->left)
        png_error(png, "it ends too early");
    memcpy(to, reader->bytes, count);
    reader->bytes += count;
    reader->left -= count;
}

static uint32_t image_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static const uint8_t image_signature[IMAGE_SIGNATURE_SIZE + 1] = "\x89PNG\r\n\x1a\n";

static bool image_has_header(const uint8_t *bytes, size_t size)
{
    return size >= IMAGE_HEADER_SIZE && !memcmp(bytes, image_signature, IMAGE_SIGNATURE_SIZE) &&
           !memcmp(bytes + IMAGE_SIGNATURE_SIZE, "\0\0\0\rIHDR", 8);
}

uint64_t image_num_pixels(const uint8_t *bytes, size_t size)
{
    return image_has_header(bytes, size)
               ? (uint64_t)image_big_endian(bytes + 16) * image_big_endian(bytes + 20)
               : 0;
}

/* Turns away what is no PNG or too large, before anything is allocated. */
static enum status image_check_header(const uint8_t *bytes, size_t size, struct error *error)
{
    const char *name = "";
    if (size == 0)
        return error_set(error, STATUS_EMPTY, "The picture is empty.");
    if (memcmp(bytes, image_signature, size < IMAGE_SIGNATURE_SIZE ? size : IMAGE_SIGNATURE_SIZE)) {
        if (audio_sniff(bytes, size, &name) == MEDIA_UNKNOWN)
            name = "This kind of file";
        return error_set(error, STATUS_UNSUPPORTED_MEDIA,
                         "%s is not read as a picture; PNG is read.", name);
    }
    if (!image_has_header(bytes, size))
        return error_set(error, STATUS_MALFORMED, "The PNG is cut short or has no header.");
    uint32_t width = image_big_endian(bytes + 16), height = image_big_endian(bytes + 20);
    if (width == 0 || height == 0)
        return error_set(error, STATUS_MALFORMED, "The PNG has no pixels.");
    if (width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE ||
        (uint64_t)width * height > IMAGE_MAX_PIXELS)
        return error_set(error, STATUS_UNUSABLE,
                         "The picture has %lu x %lu pixels; at most %d in all, and %d a side, are "
                         "taken.",
                         (unsigned long)width, (unsigned long)height, IMAGE_MAX_PIXELS,
                         IMAGE_MAX_SIDE);
    return STATUS_OK;
}

/* The same as below of a row of 8 bits without colour and alpha, which most uploads consist of. */
static void image_split_grey_row(struct image_reader *reader, int count)
{
    for (int i = 0; i < count; i++)
        reader->shades[i] = (float)(reader->row[i] * (1 / 255.0)); /* to the bit as 16 bits */
}

/*
 * Splits a row of libpng, big-endian and 16 bits a channel, into shades and alphas; those of an
 * opaque picture stay 1.
 */
static void image_split_row(struct image_reader *reader, int channels, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t value[4];
        for (int c = 0; c < channels; c++) {
            const uint8_t *place = reader->row + 2 * (i * channels + c);
            value[c] = (uint32_t)place[0] << 8 | place[1];
        }
        bool coloured = channels > 2;
        /* three equal channels give what one gives, to the bit */
        float shade = coloured
                          ? (float)((299 * value[0] + 587 * value[1] + 114 * value[2]) / 65535e3)
                          : (float)(value[0] / 65535.0);
        if (!reader->opaque)
            reader->alphas[i] = (float)(value[channels - 1] / 65535.0);
        reader->shades[i] = shade * reader->alphas[i];
    }
}

static void image_survey_border(struct image_reader *reader, int i)
{
    reader->border_shade += (double)reader->shades[i];
    reader->border_alpha += (double)reader->alphas[i];
    reader->border_count++;
}

/* Notes what decides between light strokes and dark ones; totals matter on transparent ground. */
static void image_survey_row(struct image_reader *reader, int row, int first, int step, int count)
{
    int last = count - 1;
    if (row == 0 || row == reader->height - 1) {
        for (int i = 0; i < count; i++)
            image_survey_border(reader, i);
    } else {
        if (first == 0)
            image_survey_border(reader, 0);
        if (first + last * step == reader->width - 1 && first + last > 0)
            image_survey_border(reader, last);
    }
    for (int i = 0; i < count && !reader->opaque; i++) {
        reader->shade += (double)reader->shades[i];
        reader->alpha += (double)reader->alphas[i];
    }
}

/* What stays of the file after its last IDAT. */
static size_t image_size_after_data(const uint8_t *bytes, size_t size)
{
    size_t offset = IMAGE_SIGNATURE_SIZE, end = 0;
    while (size - offset >= 12 && size - offset - 12 >= image_big_endian(bytes + offset)) {
        bool data = !memcmp(bytes + offset + 4, "IDAT", 4);
        offset += 12 + image_big_endian(bytes + offset);
        if (data)
            end = offset;
    }
    return size - end;
}

/*
 * After the last row libpng inflates all that is left and drops it. A bomb would keep it busy
 * for minutes, so too much left before that row is an error.
 */
static void image_check_rest(struct image_reader *reader)
{
    size_t most = png_get_rowbytes(reader->png, reader->info) + IMAGE_MAX_SLACK;
    if (reader->left > reader->left_after_data && reader->left - reader->left_after_data > most)
        png_error(reader->png, "it holds more data than pixels");
}

static int64_t image_count_rows(const struct image_reader *reader, bool interlaced)
{
    int64_t rows = interlaced ? 0 : reader->height;
    for (int pass = 0; interlaced && pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        if (reader->width > (int)PNG_PASS_START_COL(pass))
            rows += PNG_PASS_ROWS(reader->height, pass);
    return rows;
}

/* One pass over the picture: all of it, or one of the seven of an interlaced one. */
static void image_read_pass(struct image_reader *reader, bool interlaced, int pass)
{
    int channels = png_get_channels(reader->png, reader->info);
    int first = interlaced ? (int)PNG_PASS_START_COL(pass) : 0;
    int step = interlaced ? (int)PNG_PASS_COL_OFFSET(pass) : 1;
    int first_row = interlaced ? (int)PNG_PASS_START_ROW(pass) : 0;
    int row_step = interlaced ? (int)PNG_PASS_ROW_OFFSET(pass) : 1;
    int count = (reader->width - first + step - 1) / step;
    for (int row = first_row; count > 0 && row < reader->height; row += row_step) {
        if (--reader->rows_left == 0)
            image_check_rest(reader);
        png_read_row(reader->png, reader->row, NULL);
        if (reader->plain)
            image_split_grey_row(reader, count);
        else
            image_split_row(reader, channels, count);
        image_scale_add(&reader->scale, row, first, step, reader->shades, count,
                        reader->shade_sums);
        if (reader->polarity == IMAGE_POLARITY_KEEP)
            continue; /* shades are all that matters then */
        image_survey_row(reader, row, first, step, count);
        if (!reader->opaque)
            image_scale_add(&reader->scale, row, first, step, reader->alphas, count,
                            reader->alpha_sums);
    }
}

/* Has libpng make what is not plain 16 bits a channel. */
static void image_choose_form(struct image_reader *reader)
{
    png_structp png = reader->png;
    png_infop info = reader->info;
    reader->plain = png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY &&
                    png_get_bit_depth(png, info) == 8 && !png_get_valid(png, info, PNG_INFO_tRNS);
    if (!reader->plain)
        png_set_expand_16(png);
    png_read_update_info(png, info);
    reader->opaque = png_get_channels(png, info) % 2;
    for (int i = 0; i < reader->width && reader->opaque; i++)
        reader->alphas[i] = 1;
}

/* Runs libpng over the file. All that it may leave by a jump is kept in `reader`. */
static void image_read(struct image_reader *reader)
{
    if (setjmp(png_jmpbuf(reader->png)))
        return;
    png_set_user_limits(reader->png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
    png_set_chunk_malloc_max(reader->png, IMAGE_MAX_CHUNK);
    /* profiles and texts, which may be bombs, are skipped unread */
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_read_fn(reader->png, reader, image_supply);
    png_read_info(reader->png, reader->info);
    image_choose_form(reader);
    bool interlaced = png_get_interlace_type(reader->png, reader->info) != PNG_INTERLACE_NONE;
    reader->row = png_malloc(reader->png, png_get_rowbytes(reader->png, reader->info));
    reader->rows_left = image_count_rows(reader, interlaced);
    for (int pass = 0; pass < (interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); pass++)
        image_read_pass(reader, interlaced, pass);
    png_read_end(reader->png, NULL);
}

/* `count` values of `size` bytes, zeroed. */
static void *image_reader_values(struct image_reader *reader, size_t count, size_t size)
{
    void *values = arena_alloc(reader->work.arena, count * size);
    if (values)
        memset(values, 0, count * size);
    return values;
}

static enum status image_reader_open(struct image_reader *reader)
{
    size_t target = (size_t)reader->scale.target_width * (size_t)reader->scale.target_height;
    size_t width = (size_t)reader->width;
    reader->work.otherwise = STATUS_MALFORMED;
    reader->work.arena = arena_open();
    reader->shades = image_reader_values(reader, width, sizeof *reader->shades);
    reader->alphas = image_reader_values(reader, width, sizeof *reader->alphas);
    reader->shade_sums = image_reader_values(reader, target, sizeof *reader->shade_sums);
    reader->alpha_sums = image_reader_values(reader, target, sizeof *reader->alpha_sums);
    if (!reader->shades || !reader->alphas || !reader->shade_sums || !reader->alpha_sums)
        return STATUS_NO_MEMORY;
    reader->png = image_work_reader(&reader->work);
    if (reader->png)
        reader->info = png_create_info_struct(reader->png);
    return reader->info ? STATUS_OK : STATUS_NO_MEMORY;
}

static void image_reader_close(struct image_reader *reader)
{
    struct arena *arena = reader->work.arena;
    if (reader->png) {
        png_free(reader->png, reader->row);
        png_destroy_read_struct(&reader->png, &reader->info, NULL);
    }
    arena_free(arena, reader->shades);
    arena_free(arena, reader->alphas);
    arena_free(arena, reader->shade_sums);
    arena_free(arena, reader->alpha_sums);
    arena_close(arena);
}

static bool image_must_invert(const struct image_reader *reader)
{
    if (reader->polarity != IMAGE_POLARITY_AUTO)
        return reader->polarity == IMAGE_POLARITY_INVERT;
    /* on transparent ground only the strokes say anything */
    if (reader->border_alpha < reader->border_count / 2)
        return reader->shade < reader->alpha / 2;
    return reader->border_shade > reader->border_alpha / 2;
}

/*
 * Shades are already over black. Over white, each is 1 - alpha higher; inverted, that leaves
 * alpha - shade.
 */
static void image_reader_invert(struct image_reader *reader)
{
    int count = reader->scale.target_width * reader->scale.target_height;
    if (reader->opaque)
        image_scale_cover(&reader->scale, reader->alpha_sums);
    for (int i = 0; i < count; i++)
        reader->shade_sums[i] = reader->alpha_sums[i] - reader->shade_sums[i];
}

static void image_reader_result(const struct image_reader *reader, float *pixels)
{
    double part = 1 / image_scale_weight(&reader->scale);
    int count = reader->scale.target_width * reader->scale.target_height;
    for (int i = 0; i < count; i++) {
        float mean = (float)(reader->shade_sums[i] * part);
        pixels[i] = mean < 0 ? 0 : mean > 1 ? 1 : mean;
    }
}

enum status image_decode_png(const uint8_t *bytes, size_t size, enum image_polarity polarity,
                             int width, int height, float *pixels, struct error *error)
{
    enum status status = image_check_header(bytes, size, error);
    if (status != STATUS_OK)
        return status;
    struct image_reader reader = {.bytes = bytes,
                                  .left = size,
                                  .left_after_data = image_size_after_data(bytes, size),
                                  .width = (int)image_big_endian(bytes + 16),
                                  .height = (int)image_big_endian(bytes + 20),
                                  .polarity = polarity};
    image_scale_init(&reader.scale, reader.width, reader.height, width, height);
    status = image_reader_open(&reader);
    if (status == STATUS_OK) {
        image_read(&reader);
        status = reader.work.status;
    }
    if (status == STATUS_OK && image_must_invert(&reader))
        image_reader_invert(&reader);
    if (status == STATUS_OK)
        image_reader_result(&reader, pixels);
    else if (status == STATUS_MALFORMED)
        error_set(error, status, "The PNG is damaged: %s.", reader.work.text);
    else
        error_plain(error, status);
    image_reader_close(&reader);
    return status;
}

void image_resize(const float *source, int source_width, int source_height, float *pixels,
                  int width, int height)
{
    struct image_scale scale;
    image_scale_init(&scale, source_width, source_height, width, height);
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++)
            *pixels++ = (float)image_scale_mean(&scale, source, column, row);
}
