/*
 * Data sets of one's own: a folder per class, its name the class's name, every file in it one
 * picture (PNG) or one utterance (any audio that core/media/audio.h reads).
 */
#ifndef SPIKELOOM_TRAIN_DATASET_FOLDER_H
#define SPIKELOOM_TRAIN_DATASET_FOLDER_H

#include "train/corpus.h"

enum { DATASET_FOLDER_TEST_EVERY = 7 }; /* without train/ and test/: every seventh file */

/*
 * dir/train/CLASS and dir/test/CLASS where both folders exist, otherwise dir/CLASS divided as
 * above. The classes are those of the training split; a class that only the test split knows, a
 * class without files for training and a split of pictures without files are MALFORMED. Pictures
 * are scaled to DATASET_PICTURE_SIZE pixels a side and not inverted: strokes are bright on black.
 * Errors and ownership as for image_set_load and speech_set_load; on failure what was made is
 * released by image_set_free and corpus_free.
 */
enum status dataset_folder_load_images(const char *dir, enum dataset_split split,
                                       struct image_set *set, struct error *error);
enum status dataset_folder_list_speech(const char *dir, struct corpus *corpus, struct error *error);

#endif
