/*
 * AudioMNIST: spoken digits of 60 speakers at 48 kHz, DIR/data/NN/{digit}_{speaker}_{take}.wav
 * with NN the speaker. It has no official division.
 */
#ifndef SPIKELOOM_TRAIN_DATASET_AUDIOMNIST_H
#define SPIKELOOM_TRAIN_DATASET_AUDIOMNIST_H

#include "train/corpus.h"

/*
 * Lists the .wav files in the folders of dir/data, or of `dir` where there is no such folder.
 * MALFORMED names a file that is not named as above or lies in another speaker's folder. Errors as
 * for speech_set_load; what was listed is released by corpus_free in any case.
 */
enum status dataset_audiomnist_list(const char *dir, struct corpus *corpus, struct error *error);

#endif
