#include "server/infer_speech.h"

#include "models/listen.h"
#include "server/infer_input.h"

enum status infer_speech_check(const struct request *request, struct error *error)
{
    const struct query *query = &request->query;
    const struct handwriting *handwriting = &request->network->handwriting;
    if (request->network->task != NETWORK_SYNTHESIZE)
        return query->given & INFER_SPEECH_PARAMETERS
                   ? error_set(error, STATUS_INVALID_ARGUMENT,
                               "style, min_confidence and split are for recordings alone.")
                   : STATUS_OK;
    if (query->style && !handwriting->num_hands)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' knows no handwriting but style 0.",
                         request->network->name);
    if ((query->given & QUERY_MIN_CONFIDENCE) && !handwriting->calibrated)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "The model '%s' has no confidence to be compared with min_confidence.",
                         request->network->name);
    return STATUS_OK;
}

enum status infer_speech_listen(struct request *request, struct inference *scratch,
                                struct audio *audio, real *input, struct raster *latent,
                                struct inference_stats *stats, struct error *error)
{
    int asked = request->query.steps, num_steps = asked ? asked : request->network->num_steps;
    struct listen_result result;
    enum status status = listen_run(scratch, request->network, audio, request->seed, num_steps,
                                    input, latent, stats, &result, error);
    request->durations.cochlea += result.ear_us;
    request->durations.network += result.network_us;
    request->has_margin = true;
    request->margin = result.margin;
    return status;
}

enum status infer_speech_hear(struct request *request, struct inference *scratch,
                              const uint8_t *bytes, size_t size, real *input, struct error *error)
{
    struct audio audio = {0};
    enum status status = infer_input_audio(request, bytes, size, &audio, error);
    if (status == STATUS_OK)
        status = infer_speech_listen(request, scratch, &audio, input, &scratch->latent,
                                     &request->stats, error);
    audio_free(&audio);
    return status;
}

enum status infer_speech_weigh(struct request *request, struct raster *latent, struct error *error)
{
    const struct handwriting *handwriting = &request->network->handwriting;
    struct handwriting_place place;
    if (!handwriting->num_anchors)
        return STATUS_OK;
    enum status status = handwriting_locate(handwriting, latent, &place, error);
    if (status != STATUS_OK)
        return status;
    if (request->has_margin)
        place.margin = request->margin;
    if (handwriting->calibrated) {
        request->has_confidence = true;
        request->confidence = handwriting_confidence(handwriting, &place);
        if (request->confidence < request->query.min_confidence)
            return error_set(error, STATUS_UNUSABLE,
                             "The confidence is %.4f, which is below min_confidence.",
                             request->confidence);
    }
    return handwriting_steer(handwriting, &place, request->query.style, latent, error);
}
