/* Any upload to a cochleagram and the input of a network: what /v1/synthesize does before spikes.
 */
#include "core/base/mem.h"
#include "core/media/audio.h"
#include "models/front_end.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_models.h"

#include <math.h>

static const struct audio_limits limits = {.max_seconds = 0.5,
                                           .max_channels = 8,
                                           .min_sample_rate_hz = 4000,
                                           .max_sample_rate_hz = 192000};

static void check_audio(const struct audio *audio)
{
    FUZZ_PROMISE(audio->num_samples > 0);
    FUZZ_PROMISE((double)audio->num_samples <= limits.max_seconds * audio->sample_rate_hz);
    for (size_t i = 0; i < audio->num_samples; i++)
        FUZZ_PROMISE(isfinite(audio->samples[i]));
}

static void check_input(const struct network *network, struct audio *audio)
{
    struct error error;
    uint32_t count = network_num_inputs(network);
    real *input = mem_alloc(count, sizeof *input);
    FUZZ_PROMISE(input);
    size_t most = (size_t)audio->sample_rate_hz / 10; /* more would only take longer */
    audio->num_samples = audio->num_samples < most ? audio->num_samples : most;
    enum status status = front_end_run(network, audio, input, &error);
    FUZZ_PROMISE(status == STATUS_OK || status == STATUS_UNUSABLE);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        FUZZ_PROMISE(isfinite(input[i]));
    mem_free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct network *network;
    struct audio audio = {0};
    struct error error;
    if (!network)
        network = small_models_audiocoder();
    enum status status = audio_decode(bytes, size, &limits, &audio, &error);
    FUZZ_PROMISE(status_http_code(status) < 500);
    if (status == STATUS_OK) {
        check_audio(&audio);
        check_input(network, &audio);
    }
    audio_free(&audio);
    return 0;
}
