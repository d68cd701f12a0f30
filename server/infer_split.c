#include "server/infer_split.h"

#include "api/split_reply.h"
#include "core/base/mem.h"
#include "core/media/silence.h"
#include "server/clock.h"
#include "server/infer_answer.h"
#include "server/infer_draw.h"
#include "server/infer_input.h"
#include "server/infer_speech.h"
#include "server/reply.h"

#include <string.h>

struct infer_pieces {
    struct audio audio; /* the whole recording */
    struct silence_cuts cuts;
    real *input; /* of one piece; scratch's */
    struct raster latents[SILENCE_MAX_PIECES], outputs[SILENCE_MAX_PIECES];
    struct inference_stats stats[SILENCE_MAX_PIECES];
    double confidences[SILENCE_MAX_PIECES];
    struct buf input_pngs[SILENCE_MAX_PIECES]; /* where the query asks for them */
};

static void infer_split_free(struct infer_pieces *pieces)
{
    if (!pieces)
        return;
    for (int i = 0; i < SILENCE_MAX_PIECES; i++) {
        raster_free(&pieces->latents[i]);
        raster_free(&pieces->outputs[i]);
        buf_free(&pieces->input_pngs[i]);
    }
    audio_free(&pieces->audio);
    mem_free(pieces);
}

/* One piece to its latent. */
static enum status infer_split_hear(struct request *request, struct inference *scratch,
                                    struct infer_pieces *pieces, int index, struct error *error)
{
    const struct silence_piece *piece = &pieces->cuts.pieces[index];
    struct audio part = pieces->audio;
    part.num_samples = piece->end - piece->begin;
    part.samples =
        mem_copy(pieces->audio.samples + piece->begin, part.num_samples * sizeof *part.samples);
    enum status status =
        part.samples ? infer_speech_listen(request, scratch, &part, pieces->input,
                                           &pieces->latents[index], &pieces->stats[index], error)
                     : error_plain(error, STATUS_NO_MEMORY);
    audio_free(&part);
    if (status == STATUS_OK)
        status = infer_draw_input(request, pieces->input, error);
    pieces->input_pngs[index] = request->input_png;
    request->input_png = (struct buf){0};
    return status;
}

static void infer_split_add_stats(const struct inference_stats *stats, struct inference_stats *sum)
{
    sum->spikes += stats->spikes;
    sum->synops += stats->synops;
    sum->macs += stats->macs;
    sum->input_spikes += stats->input_spikes;
    for (int i = 0; i < NETWORK_MAX_LAYERS; i++)
        sum->layer_spikes[i] += stats->layer_spikes[i];
}

/* A latent to what it says and, where pictures are wanted, to output. */
static enum status infer_split_run(struct request *request, struct inference *scratch,
                                   bool pictures, struct infer_pieces *pieces, int index,
                                   struct error *error)
{
    const struct network *network = request->network;
    struct raster *latent = &pieces->latents[index];
    struct inference_stats *stats = &pieces->stats[index];
    uint64_t start = clock_now_us();
    enum status status = infer_speech_weigh(request, latent, error);
    pieces->confidences[index] = request->confidence;
    if (status == STATUS_OK && pictures)
        status = inference_decode(scratch, network, latent, &pieces->outputs[index], stats, error);
    request->durations.network += clock_since_us(start);
    infer_split_add_stats(stats, &request->stats);
    return status;
}

/* Everything up to the reply; an error names the piece that it is about. */
static enum status infer_split_work(struct request *request, struct inference *scratch,
                                    bool pictures, struct infer_pieces *pieces, struct error *error)
{
    const struct buf *body = &request->exchange->request.body;
    enum status status = infer_input_audio(request, body->bytes, body->size, &pieces->audio, error);
    if (status == STATUS_OK)
        status = silence_cut(&pieces->audio, &pieces->cuts, error);
    double least = 1;
    for (int i = 0; i < pieces->cuts.count && status == STATUS_OK; i++) {
        status = infer_split_hear(request, scratch, pieces, i, error);
        if (status == STATUS_OK)
            status = infer_split_run(request, scratch, pictures, pieces, i, error);
        if (status == STATUS_UNUSABLE)
            error_prefix(error, status, "Piece %d of %d: ", i + 1, pieces->cuts.count);
        if (status == STATUS_OK)
            status = request_check(request, error);
        least = pieces->confidences[i] < least ? pieces->confidences[i] : least;
    }
    request->confidence = least;
    return status;
}

static enum status infer_split_write_image(struct request *request,
                                           const struct infer_pieces *pieces, int index,
                                           struct split_piece *piece, struct writer *writer,
                                           struct error *error)
{
    struct buf png;
    buf_init(&png, INFER_ANSWER_MAX_PNG);
    enum status status = infer_draw(request, &pieces->outputs[index], 1, &png, error);
    if (status == STATUS_OK) {
        const struct image_reply image = {
            .latent = piece->latent,
            .encoding = piece->encoding,
            .width = request->network->image_width * request->query.scale,
            .height = request->network->image_height * request->query.scale,
            .png = png.bytes,
            .png_size = png.size,
            .input_png = pieces->input_pngs[index].bytes,
            .input_png_size = pieces->input_pngs[index].size,
            .spikes = pieces->stats[index].spikes,
            .synops = pieces->stats[index].synops,
        };
        piece->image = &image;
        split_reply_piece(piece, writer);
        piece->image = NULL;
    }
    buf_free(&png);
    return status;
}

static enum status infer_split_write_piece(struct request *request,
                                           const struct infer_pieces *pieces, int index,
                                           bool pictures, struct writer *writer,
                                           struct error *error)
{
    const struct silence_piece *cut = &pieces->cuts.pieces[index];
    double rate = pieces->audio.sample_rate_hz;
    struct latent latent;
    struct split_piece piece = {.start_s = (double)cut->begin / rate,
                                .end_s = (double)cut->end / rate,
                                .latent = &latent,
                                .encoding = request->query.encoding};
    enum status status = infer_answer_make_latent(request, &pieces->latents[index], &latent, error);
    latent.confidence = pieces->confidences[index];
    if (status == STATUS_OK && pictures)
        status = infer_split_write_image(request, pieces, index, &piece, writer, error);
    else if (status == STATUS_OK)
        split_reply_piece(&piece, writer);
    latent_free(&latent);
    return status;
}

static enum status infer_split_write(struct request *request, const struct infer_pieces *pieces,
                                     bool pictures, struct buf *json, struct error *error)
{
    struct writer writer;
    enum status status = STATUS_OK;
    writer_init(&writer, json);
    split_reply_begin((uint32_t)pieces->cuts.count, &writer);
    for (int i = 0; i < pieces->cuts.count && status == STATUS_OK; i++)
        status = infer_split_write_piece(request, pieces, i, pictures, &writer, error);
    split_reply_end(&writer);
    if (status == STATUS_OK && writer.status != STATUS_OK)
        status = error_plain(error, writer.status);
    return status;
}

static enum status infer_split_answer(struct request *request, const struct infer_pieces *pieces,
                                      bool pictures, struct error *error)
{
    struct buf body;
    bool json = strcmp(request->media, "application/json") == 0;
    buf_init(&body, json ? INFER_ANSWER_MAX_JSON : INFER_ANSWER_MAX_PNG);
    enum status status =
        json ? infer_split_write(request, pieces, pictures, &body, error)
             : infer_draw(request, pieces->outputs, pieces->cuts.count, &body, error);
    if (status == STATUS_OK)
        status = request_check(request, error);
    if (status == STATUS_OK) {
        infer_answer_add_headers(request);
        reply_representation(request, request->media, &body);
    }
    buf_free(&body);
    return status;
}

enum status infer_split(struct request *request, struct inference *scratch, bool pictures,
                        struct error *error)
{
    struct infer_pieces *pieces = mem_alloc(1, sizeof *pieces);
    enum status status = pieces ? infer_input_begin(request, scratch, &pieces->input, error)
                                : error_plain(error, STATUS_NO_MEMORY);
    if (status == STATUS_OK)
        status = infer_split_work(request, scratch, pictures, pieces, error);
    if (status == STATUS_OK)
        status = infer_split_answer(request, pieces, pictures, error);
    infer_split_free(pieces);
    return status;
}
