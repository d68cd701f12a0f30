#include "core/media/image.h"
#include "core/media/image_work.h"

#include <setjmp.h>
#include <string.h>

enum { IMAGE_RUN_LENGTHS = 3 }; /* Z_RLE of zlib */

uint8_t image_grey_byte(float value)
{
    /* written so that NaN becomes 0 */
    if (!(value > 0))
        return 0;
    return value >= 1 ? 255 : (uint8_t)(255 * value + 0.5f);
}

/* Everything of one encoding; it outlives the jumps of libpng. */
struct image_writer {
    struct image_work work;
    png_structp png;
    png_infop info;
    struct buf *out;
    size_t size_before; /* of `out` */
    uint8_t *row;       /* [width * scale] */
};

static void image_emit(png_structp png, png_bytep bytes, size_t size)
{
    struct image_writer *writer = png_get_io_ptr(png);
    enum status status = buf_append(writer->out, bytes, size);
    if (status != STATUS_OK) {
        writer->work.status = status;
        png_error(png, "the buffer takes no more");
    }
}

static void image_flush(png_structp png)
{
    (void)png;
}

static enum status image_writer_open(struct image_writer *writer, struct buf *out, size_t row_size)
{
    *writer = (struct image_writer){
        .work.otherwise = STATUS_INTERNAL, .out = out, .size_before = out->size};
    writer->work.arena = arena_open();
    writer->row = arena_alloc(writer->work.arena, row_size);
    writer->png = image_work_writer(&writer->work);
    if (writer->png) {
        png_set_write_fn(writer->png, writer, image_emit, image_flush);
        writer->info = png_create_info_struct(writer->png);
    }
    return writer->row && writer->info ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Takes back what was appended unless all went well. */
static enum status image_writer_close(struct image_writer *writer, enum status status,
                                      struct error *error)
{
    struct buf *out = writer->out;
    if (writer->png)
        png_destroy_write_struct(&writer->png, &writer->info);
    arena_free(writer->work.arena, writer->row);
    arena_close(writer->work.arena);
    if (status == STATUS_OK)
        return status;
    out->size = writer->size_before;
    if (out->bytes)
        out->bytes[out->size] = 0;
    if (status == STATUS_INTERNAL)
        return error_set(error, status, "Writing a PNG failed: %s.", writer->work.text);
    return error_plain(error, status);
}

/*
 * Fixed, so that the bytes do not follow libpng's defaults. Enlarged, rows and pixels repeat
 * `scale` times: against the row above, in runs, is small and fast. README.md has a table of the
 * others.
 */
static void image_set_compression(png_structp png, int scale)
{
    png_set_compression_level(png, 6);
    png_set_compression_mem_level(png, 4);
    png_set_compression_strategy(png, IMAGE_RUN_LENGTHS);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, scale > 1 ? PNG_FILTER_UP : PNG_FILTER_NONE);
}

static void image_write(struct image_writer *writer, const uint8_t *grey, int width, int height,
                        int scale)
{
    png_structp png = writer->png;
    if (setjmp(png_jmpbuf(png)))
        return;
    png_set_IHDR(png, writer->info, (png_uint_32)(width * scale), (png_uint_32)(height * scale), 8,
                 PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    image_set_compression(png, scale);
    png_write_info(png, writer->info);
    for (int y = 0; y < height; y++) {
        const uint8_t *row = grey + y * width;
        for (int x = 0; x < width && scale > 1; x++)
            memset(writer->row + x * scale, row[x], (size_t)scale);
        for (int i = 0; i < scale; i++)
            png_write_row(png, scale > 1 ? writer->row : row);
    }
    png_write_end(png, writer->info);
}

static enum status image_check_output(int width, int height, int scale, struct error *error)
{
    if (width < 1 || width > IMAGE_MAX_OUTPUT_SIDE || height < 1 || height > IMAGE_MAX_OUTPUT_SIDE)
        return error_set(error, STATUS_INVALID_ARGUMENT, "A picture has 1 to %d pixels a side.",
                         IMAGE_MAX_OUTPUT_SIDE);
    if (scale < 1 || scale > IMAGE_MAX_SCALE)
        return error_set(error, STATUS_INVALID_ARGUMENT, "The scale of a picture is 1 to %d.",
                         IMAGE_MAX_SCALE);
    return STATUS_OK;
}

enum status image_encode_png(const uint8_t *grey, int width, int height, int scale, struct buf *out,
                             struct error *error)
{
    enum status status = image_check_output(width, height, scale, error);
    if (status != STATUS_OK)
        return status;
    struct image_writer writer;
    status = image_writer_open(&writer, out, (size_t)(width * scale));
    if (status == STATUS_OK) {
        image_write(&writer, grey, width, height, scale);
        status = writer.work.status;
    }
    return image_writer_close(&writer, status, error);
}
