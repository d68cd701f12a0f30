/*
 * A test split in memory, of images or of speech.
 */
#ifndef SPIKELOOM_TRAIN_TEST_SPLIT_H
#define SPIKELOOM_TRAIN_TEST_SPLIT_H

#include "core/base/status.h"
#include "train/dataset.h"

/* One of the two sets is empty. */
struct test_split {
    bool is_speech;
    struct image_set images;
    struct speech_set speech;
};

/*
 * Loads the test split of KIND:DIR, at most `limit` samples of it, evenly spread (0: all);
 * recordings that are left out are told on standard error. Released by test_split_free, which
 * allows a zeroed one. Errors as image_set_load.
 */
enum status test_split_load(const char *spec, const struct dataset_division *division,
                            uint32_t limit, struct test_split *split, struct error *error);
void test_split_free(struct test_split *split);

uint32_t test_split_count(const struct test_split *split);

#endif
