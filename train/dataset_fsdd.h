/*
 * The Free Spoken Digit Dataset: recordings named {digit}_{speaker}_{take}.wav, of which takes 0
 * to 4 are the test split (the division that its authors publish).
 */
#ifndef SPIKELOOM_TRAIN_DATASET_FSDD_H
#define SPIKELOOM_TRAIN_DATASET_FSDD_H

#include "train/corpus.h"

/*
 * Lists the .wav files of dir/recordings, or of `dir` where there is no such folder. MALFORMED
 * names a file that is not named as above. Errors as for speech_set_load; what was listed is
 * released by corpus_free in any case.
 */
enum status dataset_fsdd_list(const char *dir, struct corpus *corpus, struct error *error);

#endif
