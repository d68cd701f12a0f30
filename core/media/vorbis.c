#include "core/media/vorbis.h"

#include <ogg/ogg.h>
#include <string.h>
#include <vorbis/codec.h>

enum { VORBIS_HEADERS = 3, VORBIS_PIECE = 1 << 16 };

/* What is left of the file, and libogg's view of what was handed to it. */
struct vorbis_reader {
    const uint8_t *bytes;
    size_t size;
    ogg_sync_state sync;
    ogg_stream_state stream;
};

static bool vorbis_feed(struct vorbis_reader *reader)
{
    size_t piece = reader->size < VORBIS_PIECE ? reader->size : VORBIS_PIECE;
    char *room = piece ? ogg_sync_buffer(&reader->sync, (long)piece) : NULL;
    if (!room)
        return false;
    memcpy(room, reader->bytes, piece);
    reader->bytes += piece;
    reader->size -= piece;
    return ogg_sync_wrote(&reader->sync, (long)piece) == 0;
}

static bool vorbis_next_page(struct vorbis_reader *reader, ogg_page *page)
{
    int got;
    while ((got = ogg_sync_pageout(&reader->sync, page)) == 0)
        if (!vorbis_feed(reader))
            return false;
    return got == 1; /* less: bytes that are no page */
}

static bool vorbis_next_packet(struct vorbis_reader *reader, ogg_packet *packet)
{
    int got;
    ogg_page page;
    while ((got = ogg_stream_packetout(&reader->stream, packet)) == 0) {
        if (!vorbis_next_page(reader, &page))
            return false;
        ogg_stream_pagein(&reader->stream, &page); /* pages of other streams are let go */
    }
    return got == 1;
}

/* The first packet of a file begins its first page. */
static bool vorbis_begins(const ogg_page *page)
{
    static const char mark[] = "\x01vorbis";
    return page->body_len >= (long)strlen(mark) && memcmp(page->body, mark, strlen(mark)) == 0;
}

static bool vorbis_read_headers(struct vorbis_reader *reader, vorbis_info *info,
                                vorbis_comment *comment)
{
    ogg_packet packet;
    for (int i = 0; i < VORBIS_HEADERS; i++)
        if (!vorbis_next_packet(reader, &packet) ||
            vorbis_synthesis_headerin(info, comment, &packet) != 0)
            return false;
    return true;
}

static bool vorbis_read_stream(struct vorbis_reader *reader, ogg_page *first)
{
    vorbis_info info;
    vorbis_comment comment;
    vorbis_info_init(&info);
    vorbis_comment_init(&comment);
    bool sound = ogg_stream_init(&reader->stream, ogg_page_serialno(first)) == 0;
    if (sound) {
        ogg_stream_pagein(&reader->stream, first);
        sound = vorbis_read_headers(reader, &info, &comment);
    }
    ogg_stream_clear(&reader->stream);
    vorbis_comment_clear(&comment);
    vorbis_info_clear(&info);
    return sound;
}

bool vorbis_headers_are_sound(const uint8_t *bytes, size_t size)
{
    if (size < 4 || memcmp(bytes, "OggS", 4) != 0)
        return true;
    struct vorbis_reader reader = {.bytes = bytes, .size = size};
    ogg_page page;
    ogg_sync_init(&reader.sync);
    /* without a page where the file begins, libsndfile would look for one further on */
    bool sound = vorbis_next_page(&reader, &page) &&
                 (!vorbis_begins(&page) || vorbis_read_stream(&reader, &page));
    ogg_sync_clear(&reader.sync);
    return sound;
}
