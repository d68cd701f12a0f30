/*
 * Calibrating a network's confidence, and measuring what it is worth, on recordings of what the
 * network was taught (digits) and of what it was not (non-digits).
 *
 * Both take recordings that the network was not trained on. Of each class of a test split the first
 * half, in the order of names, calibrates and the second measures, so that mostly other speakers,
 * words and sounds measure than have calibrated.
 */
#ifndef SPIKELOOM_TRAIN_CONFIDENCE_H
#define SPIKELOOM_TRAIN_CONFIDENCE_H

#include "core/base/status.h"
#include "models/network.h"
#include "train/dataset.h"
#include "train/json_log.h"

#include <stdbool.h>
#include <stdint.h>

/* Recordings by the margins of their latents (handwriting.h). Begins zeroed. */
struct confidence_set {
    uint32_t count;
    double *margins;  /* [count] */
    uint16_t *labels; /* [count] */
    bool *calibrates; /* [count]: whether it is of the half that calibrates */
};

void confidence_set_free(struct confidence_set *set);

/*
 * Hears every recording and adds it to the set; what is added at once is divided by itself.
 * Recordings without sound are left out. `threads`: 0 uses all processors.
 */
enum status confidence_set_hear(const struct network *network, const struct speech_set *speech,
                                int threads, struct confidence_set *set, struct error *error);

/*
 * Fits slope and midpoint by maximum likelihood (Platt, "Probabilistic outputs for support vector
 * machines", 1999, with his targets that keep separable sets finite), digits and non-digits having
 * the same weight in all. INVALID_ARGUMENT where digits do not have the larger margins.
 */
enum status confidence_fit(const struct confidence_set *digits,
                           const struct confidence_set *non_digits, struct handwriting *handwriting,
                           struct error *error);

/*
 * On the halves that measure, at the highest threshold that keeps 95 % of the digits, as an object:
 * "confidence_threshold", "digits_kept", "turned_away" (the share of all non-digits) and
 * "turned_away_KIND" for each of their kinds, and "calibration_error", the expected calibration
 * error over ten bins. NULL when memory is out.
 */
json_t *confidence_measure(const struct handwriting *handwriting,
                           const struct confidence_set *digits,
                           const struct confidence_set *non_digits, const struct class_list *kinds);

#endif
