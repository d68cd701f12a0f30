/*
 * Listening to speech: a recording to the latent of an audiocoder. Where the first hearing leaves
 * doubt, which is a latent that lies about as far from its nearest anchor as from another one
 * (handwriting.h), the recording is heard again in other ways: masked by a little noise and by
 * more, since what is faint (breath, a room) misleads most about voices that the network does not
 * know; with more of each channel's noise floor taken off, since noise misleads as well; and a
 * little faster and slower. The anchor counts that all hearings are nearest to in the mean, and
 * the latent that is nearest to it. Anchors have no names, so no class comes in between.
 */
#ifndef SPIKELOOM_MODELS_LISTEN_H
#define SPIKELOOM_MODELS_LISTEN_H

#include "core/media/audio.h"
#include "models/inference.h"

enum { LISTEN_MAX_SECONDS = 3 };

/* How it went. */
struct listen_result {
    int hearings;
    uint64_t ear_us, network_us; /* by the system's clock */
    /*
     * Of the mean distances of all hearings to the anchors, which is what the confidence is to be
     * of; 0 without anchors.
     */
    double margin;
};

/*
 * Hears `audio`, which may be changed, and writes the input [network_num_inputs] and the latent of
 * what counts: that of inference_encode_into with that input, seed and number of steps. A network
 * without anchors, or whose front end has no doubt_margin, hears once, and so is a recording of
 * more than LISTEN_MAX_SECONDS. stats are added to, by all hearings. UNUSABLE as
 * front_end_run says it of the first hearing; NO_MEMORY, INVALID_ARGUMENT.
 */
enum status listen_run(struct inference *inference, const struct network *network,
                       struct audio *audio, uint64_t seed, int num_steps, real *input,
                       struct raster *latent, struct inference_stats *stats,
                       struct listen_result *result, struct error *error);

#endif
