#include "core/media/image_work.h"

#include <stdio.h>

static void *image_allocate(png_structp png, png_alloc_size_t size)
{
    struct image_work *work = png_get_mem_ptr(png);
    void *block = arena_alloc(work->arena, size);
    if (!block && work->status == STATUS_OK)
        work->status = STATUS_NO_MEMORY;
    return block;
}

static void image_release(png_structp png, void *block)
{
    const struct image_work *work = png_get_mem_ptr(png);
    arena_free(work->arena, block);
}

static PNG_NORETURN void image_fail(png_structp png, const char *text)
{
    struct image_work *work = png_get_error_ptr(png);
    if (work->status == STATUS_OK) {
        work->status = work->otherwise;
        snprintf(work->text, sizeof work->text, "%s", text);
    }
    png_longjmp(png, 1);
}

static void image_ignore_warning(png_structp png, const char *text)
{
    (void)png;
    (void)text;
}

png_structp image_work_reader(struct image_work *work)
{
    return png_create_read_struct_2(PNG_LIBPNG_VER_STRING, work, image_fail, image_ignore_warning,
                                    work, image_allocate, image_release);
}

png_structp image_work_writer(struct image_work *work)
{
    return png_create_write_struct_2(PNG_LIBPNG_VER_STRING, work, image_fail, image_ignore_warning,
                                     work, image_allocate, image_release);
}
