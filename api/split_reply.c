#include "api/split_reply.h"

void split_reply_begin(uint32_t num_pieces, struct writer *writer)
{
    writer_object(writer, NULL);
    writer_integer(writer, "num_pieces", num_pieces);
    writer_array(writer, "pieces");
}

void split_reply_piece(const struct split_piece *piece, struct writer *writer)
{
    writer_object(writer, NULL);
    writer_number(writer, "start_s", piece->start_s);
    writer_number(writer, "end_s", piece->end_s);
    if (piece->image)
        image_reply_write_members(piece->image, writer);
    else
        latent_write(piece->latent, piece->encoding, "latent", writer);
    writer_end_object(writer);
}

void split_reply_end(struct writer *writer)
{
    writer_end_array(writer);
    writer_end_object(writer);
}
