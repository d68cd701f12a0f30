#include "models/listen.h"

#include "core/base/mem.h"
#include "core/media/masking.h"
#include "models/front_end.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* Ways to hear a recording, the plain one first. */
struct way {
    double mask;   /* power of the noise, as a share of the recording's; 0: none */
    double floors; /* so many times the noise floor that front_end_settings take off */
    double pace;   /* as if it were played so much faster */
};

static const struct way ways[] = {{0, 1, 1},   {0.01, 1, 1}, {0.063, 1, 1}, /* 20 and 12 dB */
                                  {0, 1.5, 1}, {0, 2, 1},    {0, 1.5, 1.06}, {0, 1.5, 0.94}};

enum { NUM_WAYS = sizeof ways / sizeof *ways };

/* What one call works on. */
struct listening {
    struct inference *inference;
    const struct network *network;
    uint64_t seed;
    int num_steps;
    struct inference_stats *stats;
    struct listen_result *result;
    double distances[NUM_WAYS][HANDWRITING_MAX_ANCHORS]; /* of each hearing's latent */
};

/* What a recording was heard as. */
struct heard {
    real *input;
    struct raster *latent;
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

static enum status encode(struct listening *listening, const struct heard *heard,
                          struct error *error)
{
    const struct network *network = listening->network;
    uint64_t start = now_us();
    enum status status =
        inference_encode_into(listening->inference, network, heard->input, listening->seed,
                              listening->num_steps, heard->latent, listening->stats, error);
    if (status == STATUS_OK && network->handwriting.num_anchors)
        status = handwriting_distances(&network->handwriting, heard->latent,
                                       listening->distances[listening->result->hearings], error);
    if (status == STATUS_OK)
        listening->result->hearings++;
    listening->result->network_us += now_us() - start;
    return status;
}

static enum status hear_and_encode(struct listening *listening, const struct way *way,
                                   struct audio *audio, const struct heard *heard,
                                   struct error *error)
{
    enum status status = hear(listening, way, audio, heard->input, error);
    return status == STATUS_OK ? encode(listening, heard, error) : status;
}

/* Hears a copy of the recording, unless this way would be the plain one. */
static enum status hear_way(struct listening *listening, int way, const struct audio *audio,
                            const struct heard *heard, struct error *error)
{
    const struct rng rng = {.index = (uint64_t)way, .stream = RNG_STREAM_MASK};
    struct audio copy = *audio;
    enum status status = STATUS_OK;
    bool differs = ways[way].floors == 1 || listening->network->front_end.floor_removal > 0 ||
                   ways[way].pace != 1;
    if (!differs)
        return STATUS_OK;
    copy.samples = mem_copy(audio->samples, audio->num_samples * sizeof *audio->samples);
    if (!copy.samples)
        return error_plain(error, STATUS_NO_MEMORY);
    if (ways[way].mask > 0)
        status = masking_add(&copy, ways[way].mask, &rng, &differs, error);
    copy.sample_rate_hz = (int)lround(copy.sample_rate_hz * ways[way].pace);
    if (status == STATUS_OK && differs)
        status = hear_and_encode(listening, &ways[way], &copy, heard, error);
    audio_free(&copy);
    return status;
}

/* Where the latents of all hearings lie together: the mean of their distances to each anchor. */
static struct handwriting_place agree(const struct listening *listening)
{
    const struct handwriting *handwriting = &listening->network->handwriting;
    double mean[HANDWRITING_MAX_ANCHORS] = {0};
    for (int hearing = 0; hearing < listening->result->hearings; hearing++)
        for (uint32_t anchor = 0; anchor < handwriting->num_anchors; anchor++)
            mean[anchor] += listening->distances[hearing][anchor] / listening->result->hearings;
    return handwriting_place(handwriting, mean);
}

/* The hearing whose latent is nearest to an anchor. */
static int nearest_hearing(const struct listening *listening, uint32_t anchor)
{
    int nearest = 0;
    for (int hearing = 1; hearing < listening->result->hearings; hearing++)
        if (listening->distances[hearing][anchor] < listening->distances[nearest][anchor])
            nearest = hearing;
    return nearest;
}

/* Hears in all other ways and leaves in `first` what counts, which is one of them. */
static enum status hear_again(struct listening *listening, const struct audio *audio,
                              const struct heard *first, struct error *error)
{
    size_t num_inputs = network_num_inputs(listening->network);
    struct raster latents[NUM_WAYS] = {{0}}; /* by hearing, as the inputs; the first has its own */
    real *inputs = mem_alloc(NUM_WAYS * num_inputs, sizeof *inputs);
    enum status status = inputs ? STATUS_OK : error_plain(error, STATUS_NO_MEMORY);
    for (int way = 1; way < NUM_WAYS && status == STATUS_OK; way++) {
        int hearing = listening->result->hearings;
        struct heard heard = {inputs + (size_t)hearing * num_inputs, &latents[hearing]};
        struct error reason = {.status = STATUS_OK};
        status = hear_way(listening, way, audio, &heard, &reason);
        if (status == STATUS_UNUSABLE)
            status = STATUS_OK; /* the plain hearing was not */
        else if (status != STATUS_OK)
            status = error_set(error, status, "%s", reason.detail);
    }
    int best = nearest_hearing(listening, agree(listening).nearest);
    if (status == STATUS_OK && best > 0) {
        struct raster plain = *first->latent;
        *first->latent = latents[best];
        latents[best] = plain;
        memcpy(first->input, inputs + (size_t)best * num_inputs, num_inputs * sizeof *inputs);
    }
    for (int hearing = 1; hearing < NUM_WAYS; hearing++)
        raster_free(&latents[hearing]);
    mem_free(inputs);
    return status;
}

enum status listen_run(struct inference *inference, const struct network *network,
                       struct audio *audio, uint64_t seed, int num_steps, real *input,
                       struct raster *latent, struct inference_stats *stats,
                       struct listen_result *result, struct error *error)
{
    struct listening listening;
    struct heard first = {.input = input, .latent = latent};
    listening.inference = inference; /* the distances need not be cleared */
    listening.network = network;
    listening.seed = seed;
    listening.num_steps = num_steps;
    listening.stats = stats;
    listening.result = result;
    *result = (struct listen_result){0};
    bool doubts = may_doubt(network, audio);
    enum status status = doubts ? hear_way(&listening, 0, audio, &first, error)
                                : hear_and_encode(&listening, &ways[0], audio, &first, error);
    if (status == STATUS_OK && doubts && agree(&listening).margin < network->front_end.doubt_margin)
        status = hear_again(&listening, audio, &first, error);
    if (status == STATUS_OK && network->handwriting.num_anchors)
        result->margin = agree(&listening).margin;
    return status;
}
