/*
 * The three headers of Ogg Vorbis, read ahead of libsndfile: version 1.2 of it does not give its
 * memory back when one of them is damaged (5,784 bytes each time), so such a file must not get that
 * far.
 */
#ifndef SPIKELOOM_CORE_MEDIA_VORBIS_H
#define SPIKELOOM_CORE_MEDIA_VORBIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * False for an Ogg file that does not begin with a page, or that begins as Vorbis with headers that
 * cannot be read; else true.
 */
bool vorbis_headers_are_sound(const uint8_t *bytes, size_t size);

#endif
