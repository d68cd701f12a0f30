/*
 * Conditions under which speech is scored: silence around a recording, white noise in it, another
 * sample rate of it. They show how far a network stands what it was not trained for.
 */
#ifndef SPIKELOOM_TRAIN_CONDITION_H
#define SPIKELOOM_TRAIN_CONDITION_H

#include "core/base/status.h"
#include "train/dataset.h"

#include <stdbool.h>
#include <stdint.h>

/* What is done to a recording, in this order; zeroed: nothing. */
struct condition {
    double silence_seconds; /* before and after it */
    bool noisy;
    double noise_db; /* mean power of the recording, without that silence, over that of the noise */
    int sample_rate_hz; /* that it is converted to; 0: none */
};

/*
 * Reads "noise=10dB", "silence=0.3" (seconds) and "rate=8000" (Hz), several of them with commas
 * between. INVALID_ARGUMENT for anything else and for values beyond -20 to 60 dB, 0 to 5 s,
 * 4,000 to 192,000 Hz.
 */
enum status condition_parse(const char *text, struct condition *condition, struct error *error);

/* Changes a recording; the noise is a function of seed and index. NO_MEMORY: it stays as it was. */
enum status condition_apply(const struct condition *condition, uint64_t seed, uint64_t index,
                            struct audio *audio, struct error *error);

/* The same for each recording of a set, by its place in the set. */
enum status condition_apply_all(const struct condition *condition, uint64_t seed,
                                struct speech_set *set, struct error *error);

#endif
