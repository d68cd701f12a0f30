/*
 * Whether an audio file is all there, read off its outside without decoding: libsndfile plays
 * what it finds of a file that was cut short, and says nothing.
 */
#ifndef SPIKELOOM_CORE_MEDIA_CONTAINER_H
#define SPIKELOOM_CORE_MEDIA_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

enum container_extent {
    CONTAINER_WHOLE,     /* all that it promises is there, or it promises nothing */
    CONTAINER_TRUNCATED, /* it promises more than there is */
    CONTAINER_EMPTY      /* it says itself that it holds no sound */
};

/*
 * Bytes of the ID3 tags that a file begins with, whatever follows them; more than there are where
 * one is cut short.
 */
size_t container_tags_size(const uint8_t *bytes, size_t size);

/*
 * Knows WAV, RF64, AIFF, AU, NIST SPHERE, Ogg and MPEG audio; any other file is WHOLE. Sizes that
 * writers into a pipe leave in the header (0, or close to 2^31 or 2^32) promise nothing.
 */
enum container_extent container_check(const uint8_t *bytes, size_t size);

/*
 * Place of the four bytes of a WAV or AIFF file that give its sound a size of 0 though sound
 * follows, or 0 where there are none.
 */
size_t container_zero_size(const uint8_t *bytes, size_t size);

#endif
