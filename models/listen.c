#include "models/listen.h"

#include "core/base/mem.h"
#include "core/media/masking.h"
#include "models/front_end.h"

#include <math.h>
#include <time.h>

/* Ways to hear a recording, the plain one first. */
struct way {
    double mask;   /* power of the noise, as a share of the recording's; 0: none */
    double floors; /* so many times the noise floor that front_end_settings take off */
};

static const struct way ways[] = {{0, 1}, {0.01, 1}, {0.063, 1}, {0, 2}}; /* 20 and 12 dB */

enum { NUM_WAYS = sizeof ways / sizeof *ways };

/* By how much more margin a hearing must have than the best before it. */
static const double listen_clearly = 0.1;

/* What one call works on. */
struct listening {
    struct inference *inference;
    const struct network *network;
    uint64_t seed;
    int num_steps;
    struct inference_stats *stats;
    struct listen_result *result;
    struct handwriting_place places[NUM_WAYS]; /* of each hearing */
};

/* What a recording was heard as. */
struct heard {
    real *input;
    struct raster *latent;
    struct handwriting_place place;
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool may_doubt(const struct network *network, const struct audio *audio)
{
    return network->handwriting.num_anchors && network->front_end.doubt_margin > 0 &&
           audio->num_samples <= (size_t)audio->sample_rate_hz * LISTEN_MAX_SECONDS;
}

/* Through the ear; `audio` is changed. */
static enum status hear(struct listening *listening, const struct way *way, struct audio *audio,
                        real *input, struct error *error)
{
    const struct network *network = listening->network;
    struct front_end_settings settings = network->front_end;
    struct features features;
    uint64_t start = now_us();
    settings.floor_removal *= way->floors;
    enum status status = front_end_features(&settings, &network->cochlea, audio, &features, error);
    if (status == STATUS_OK) {
        front_end_normalize(&settings, &features, input);
        features_free(&features);
    }
    listening->result->ear_us += now_us() - start;
    return status;
}

static enum status encode(struct listening *listening, struct heard *heard, struct error *error)
{
    const struct network *network = listening->network;
    uint64_t start = now_us();
    enum status status =
        inference_encode_into(listening->inference, network, heard->input, listening->seed,
                              listening->num_steps, heard->latent, listening->stats, error);
    if (status == STATUS_OK && network->handwriting.num_anchors)
        status = handwriting_locate(&network->handwriting, heard->latent, &heard->place, error);
    if (status == STATUS_OK)
        listening->places[listening->result->hearings++] = heard->place;
    listening->result->network_us += now_us() - start;
    return status;
}

static enum status hear_and_encode(struct listening *listening, const struct way *way,
                                   struct audio *audio, struct heard *heard, struct error *error)
{
    enum status status = hear(listening, way, audio, heard->input, error);
    return status == STATUS_OK ? encode(listening, heard, error) : status;
}

/* Hears a copy of the recording; *differs: this way is another than the plain one. */
static enum status hear_way(struct listening *listening, int way, const struct audio *audio,
                            struct heard *heard, bool *differs, struct error *error)
{
    const struct rng rng = {.index = (uint64_t)way, .stream = RNG_STREAM_MASK};
    struct audio copy = *audio;
    enum status status = STATUS_OK;
    *differs = ways[way].floors == 1 || listening->network->front_end.floor_removal > 0;
    if (!*differs)
        return STATUS_OK;
    copy.samples = mem_copy(audio->samples, audio->num_samples * sizeof *audio->samples);
    if (!copy.samples)
        return error_plain(error, STATUS_NO_MEMORY);
    if (ways[way].mask > 0)
        status = masking_add(&copy, ways[way].mask, &rng, differs, error);
    if (status == STATUS_OK && *differs)
        status = hear_and_encode(listening, &ways[way], &copy, heard, error);
    audio_free(&copy);
    return status;
}

static void swap(struct heard *a, struct heard *b, size_t num_inputs)
{
    struct raster latent = *a->latent;
    *a->latent = *b->latent;
    *b->latent = latent;
    a->place = b->place;
    for (size_t i = 0; i < num_inputs; i++)
        a->input[i] = b->input[i]; /* of the worse one nobody asks */
}

/* Leaves in `best` what is heard best. */
static enum status hear_again(struct listening *listening, const struct audio *audio,
                              struct heard *best, struct error *error)
{
    size_t num_inputs = network_num_inputs(listening->network);
    struct raster latent = {0};
    struct heard other = {.input = mem_alloc(num_inputs, sizeof *other.input), .latent = &latent};
    enum status status = other.input ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    for (int way = 1; way < NUM_WAYS && status == STATUS_OK; way++) {
        bool differs;
        struct error reason = {.status = STATUS_OK};
        status = hear_way(listening, way, audio, &other, &differs, &reason);
        if (status == STATUS_OK && differs &&
            other.place.margin > best->place.margin + listen_clearly)
            swap(best, &other, num_inputs);
        if (status == STATUS_UNUSABLE)
            status = STATUS_OK; /* the plain hearing was not */
        else if (status != STATUS_OK)
            status = error_set(error, status, "%s", reason.detail);
    }
    mem_free(other.input);
    raster_free(&latent);
    return status;
}

static double agreement(const struct listening *listening, const struct heard *best)
{
    int hearings = listening->result->hearings;
    double sum = 0;
    for (int i = 0; i < hearings; i++) {
        const struct handwriting_place *place = &listening->places[i];
        sum += place->nearest == best->place.nearest ? place->margin : -fabs(place->margin);
    }
    return hearings ? sum / hearings : 0;
}

enum status listen_run(struct inference *inference, const struct network *network,
                       struct audio *audio, uint64_t seed, int num_steps, real *input,
                       struct raster *latent, struct inference_stats *stats,
                       struct listen_result *result, struct error *error)
{
    struct listening listening = {.inference = inference,
                                  .network = network,
                                  .seed = seed,
                                  .num_steps = num_steps,
                                  .stats = stats,
                                  .result = result};
    struct heard best = {.input = input, .latent = latent};
    *result = (struct listen_result){0};
    bool doubts = may_doubt(network, audio), differs;
    enum status status = doubts ? hear_way(&listening, 0, audio, &best, &differs, error)
                                : hear_and_encode(&listening, &ways[0], audio, &best, error);
    if (status == STATUS_OK && doubts && best.place.margin < network->front_end.doubt_margin)
        status = hear_again(&listening, audio, &best, error);
    result->margin = agreement(&listening, &best);
    return status;
}
