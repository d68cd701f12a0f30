/*
 * The Free Spoken Digit Dataset: recordings named {digit}_{speaker}_{take}.wav, of which takes 0
 * to 4 are the test split (the division that its authors publish).
 */
#ifndef SPIKELOOM_TRAIN_DATASET_FSDD_H
#define SPIKELOOM_TRAIN_DATASET_FSDD_H

#include "train/dataset.h"

/*
 * Reads the .wav files of dir/recordings, or of `dir` where there is no such folder. Speakers are
 * numbered in the order of their names, the same in both splits. MALFORMED names a file that is
 * not named as above. Errors and ownership as for speech_set_load; on failure `set` may hold
 * parts, which speech_set_free releases.
 */
enum status dataset_fsdd_load(const char *dir, enum dataset_split split, struct speech_set *set,
                              struct error *error);

#endif
