/*
 * TI-46 (LDC93S9), isolated words of 16 speakers: train|test/SPEAKER/NAME.wav, speakers f1 to f8
 * and m1 to m8, in NIST SPHERE or WAV. The first two characters of a name say the word; 00 to 09
 * are the digits, as in 01f1set0.wav. The corpus is licensed; nothing here fetches it.
 */
#ifndef SPIKELOOM_TRAIN_DATASET_TI46_H
#define SPIKELOOM_TRAIN_DATASET_TI46_H

#include "train/corpus.h"

/*
 * Lists the digits in dir/train and dir/test; words that are no digits and folders that are no
 * speakers are passed over. Errors as for speech_set_load; what was listed is released by
 * corpus_free in any case.
 */
enum status dataset_ti46_list(const char *dir, struct corpus *corpus, struct error *error);

#endif
