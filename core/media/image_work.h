/*
 * What libpng works with, for image_read.c and image_write.c: its memory, and the first failure
 * that it reports, kept until its jump has landed.
 */
#ifndef SPIKELOOM_CORE_MEDIA_IMAGE_WORK_H
#define SPIKELOOM_CORE_MEDIA_IMAGE_WORK_H

#include "core/base/arena.h"
#include "core/base/status.h"

#include <png.h>

struct image_work {
    struct arena *arena;
    enum status status;
    enum status otherwise; /* for what libpng itself complains of */
    char text[120];
};

/*
 * A structure of libpng to read or to write with, whose memory, errors and warnings are `work`'s;
 * NULL when memory is out.
 */
png_structp image_work_reader(struct image_work *work);
png_structp image_work_writer(struct image_work *work);

#endif
