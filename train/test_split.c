#include "train/test_split.h"

enum status test_split_load(const char *spec, const struct dataset_division *division,
                            uint32_t limit, struct test_split *split, struct error *error)
{
    *split = (struct test_split){.is_speech = dataset_is_speech(spec)};
    enum status status;
    if (split->is_speech) {
        status = speech_set_load_divided(spec, DATASET_TEST, division, &split->speech, error);
        speech_set_report_skipped(&split->speech);
    } else {
        status = image_set_load(spec, DATASET_TEST, &split->images, error);
    }
    image_set_limit(&split->images, limit);
    speech_set_limit(&split->speech, limit);
    return status;
}

void test_split_free(struct test_split *split)
{
    image_set_free(&split->images);
    speech_set_free(&split->speech);
}

uint32_t test_split_count(const struct test_split *split)
{
    return split->is_speech ? split->speech.num_utterances : split->images.num_images;
}
